// Ending a program from outside, in every state that it may be in: its end is known soon, and the next one runs.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { rounds } from '../support/long.ts';

const { boot } = await importBuilt();

describe.each(['cnk', 'fused', 'linux', 'library'] as const)('placement %s', (placement) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await boot({ appCores: 1, linuxProcesses: 1 });
  });
  afterAll(() => machine.close());

  test.each(['spin', 'sleep', 'copy', 'read', 'calls', 'write'])('in state %s', async (state) => {
    const process = await machine.spawn(guestPath('hang'), { placement, args: [state] });
    const reader = process.stdout.getReader();
    await reader.read();
    expect(process.kill('SIGTERM')).toBe(true);
    const exit = await process.exit;
    expect(exit).toMatchObject({ exitCode: 143, signal: 'SIGTERM', trap: undefined });
    while (!(await reader.read()).done);
    const next = await machine.run(guestPath('status'), { placement, args: ['7'] });
    expect(next.exitCode).toBe(7);
  });

  // A guest that is killed between two calls may still post one, which nobody completes: the next guest of the core must
  // not wait for it.
  test('just as it begins to wait, again and again', { timeout: 60_000 }, async () => {
    const hang = await machine.compile(guestPath('hang'));
    const status = await machine.compile(guestPath('status'));
    for (let round = 0; round < rounds(100); round++) {
      const process = await machine.spawn(hang, { placement, args: ['sleep'] });
      await process.stdout.getReader().read();
      process.kill('SIGKILL');
      const next = await machine.run(status, { placement, args: ['7'], timeoutMs: 20_000 });
      expect([round, next.exitCode]).toEqual([round, 7]);
    }
  });

  test('at once, before it has done anything, again and again', async () => {
    for (let i = 0; i < 20; i++) {
      const process = await machine.spawn(guestPath('hang'), { placement, args: ['spin'] });
      process.kill('SIGKILL');
      expect((await process.exit).signal).toBe('SIGKILL');
    }
    expect((await machine.run(guestPath('status'), { placement, args: ['7'] })).exitCode).toBe(7);
  });
});
