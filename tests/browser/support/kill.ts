// A kill is reported and its core replaced, on a page of either kind.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';

/** So long Chromium lets the loop of an ended worker run on. */
const CHROMIUM_ENDS_MS = 2000;

/** @param page once the tests run */
export function testKill(page: () => Page): void {
  test('reports the kill of a spinning program at once, and runs the next one', async () => {
    const outcome = await page().evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const spinning = await machine.spawn('guest/spin.wasm');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const killedMs = performance.now();
      spinning.kill();
      const { signal } = await spinning.exit;
      const statusMs = performance.now() - killedMs;
      const next = await machine.run('guest/args.wasm', { args: ['next'] });
      const nextMs = performance.now() - killedMs;
      const timedOut = await machine.run('guest/spin.wasm', { timeoutMs: 50 });
      await machine.close();
      return { signal, statusMs, nextMs, next: next.exitCode, hasTimedOut: timedOut.hasTimedOut };
    });
    expect(outcome).toMatchObject({ signal: 'SIGTERM', next: 0, hasTimedOut: true });
    // Neither the status nor the next program waits for the end of the worker.
    expect(Math.max(outcome.statusMs, outcome.nextMs)).toBeLessThan(CHROMIUM_ENDS_MS);
  });
}
