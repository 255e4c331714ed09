// The clocks of processor time count from the process's start, wherever its calls are served.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
let machine: Machine;

beforeAll(async () => {
  machine = await boot({ appCores: 1 });
});
afterAll(() => machine.close());

test.each(['cnk', 'fused', 'linux', 'library'] as const)('under %s', async (placement) => {
  // Each run makes the machine older than any later one takes.
  for (let run = 0; run < 3; run++) {
    const began = performance.now();
    const { exitCode, stdout } = await machine.run(guestPath('clocks'), { placement });
    const tookNs = (performance.now() - began) * 1e6;
    expect(exitCode).toBe(0);
    const told = stdout.text().trim().split('\n').map(Number);
    expect(told).toHaveLength(2);
    for (const ns of told) expect(ns).toBeLessThan(tookNs);
  }
});
