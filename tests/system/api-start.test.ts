// What happens between a call and the start of its program: an abort, a close, a limit of time. Whoever waits is answered,
// whatever just starts.

import { describe, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();

const PLACEMENTS = ['cnk', 'linux', 'library'] as const;

/** How a program that would run for ever has ended, or why it never began. */
function endOf(machine: Machine, options: Parameters<Machine['run']>[1]): Promise<string | undefined> {
  return machine.run(guestPath('hang'), { args: ['spin'], ...options }).then(
    ({ signal }) => signal,
    (error: Error & { code?: string }) => (error.name === 'FusedError' ? error.code : error.name),
  );
}

describe.each(PLACEMENTS)('placement %s', (placement) => {
  test('an abort ends the program, wherever its start is', { timeout: 60_000 }, async () => {
    for (const delayMs of [0, 5, 20, 40]) {
      await using machine = await boot({ appCores: 1, linuxProcesses: 1, spareCores: 0 });
      const end = await endOf(machine, { placement, signal: AbortSignal.timeout(delayMs) });
      expect(end).toMatch(/^(SIGKILL|TimeoutError)$/);
      const next = await machine.run(guestPath('status'), { placement, args: ['7'] });
      expect(next.exitCode).toBe(7);
    }
  });

  test('close ends whatever just starts', { timeout: 60_000 }, async () => {
    for (const delayMs of [0, 5, 20]) {
      const machine = await boot({ appCores: 1, linuxProcesses: 1, spareCores: 0 });
      const ends = [endOf(machine, { placement }), endOf(machine, { placement })];
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await machine.close();
      for (const end of await Promise.all(ends)) expect(end).toMatch(/^(SIGKILL|ESHUTDOWN)$/);
    }
  });

  test('close while a core is replaced answers whoever queues', { timeout: 60_000 }, async () => {
    for (const delayMs of [8, 20]) {
      const machine = await boot({ appCores: 1, linuxProcesses: 1, spareCores: 0 });
      const stuck = await machine.spawn(guestPath('hang'), { placement, args: ['spin'] });
      const queued = endOf(machine, { placement });
      stuck.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await machine.close();
      expect(await queued).toMatch(/^(SIGKILL|ESHUTDOWN)$/);
    }
  });
});

test('an abort does not wait for what a program’s bytes come from', async () => {
  const { createServer } = await import('node:http');
  await using machine = await boot({ appCores: 1 });
  const server = createServer(() => {}); // never answers
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const run = machine.run(`http://127.0.0.1:${address.port}/x.wasm`, { signal: AbortSignal.timeout(50) });
  await expect(run).rejects.toMatchObject({ name: 'TimeoutError' });
  server.closeAllConnections();
  server.close();
});

test('a limit of time may be longer than a timer counts', async () => {
  await using machine = await boot({ appCores: 1 });
  for (const timeoutMs of [1e6, 2 ** 31 - 1, 2 ** 31, 3e9, 2 ** 40, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    const { exitCode, hasTimedOut } = await machine.run(guestPath('status'), { args: ['3'], timeoutMs });
    expect([timeoutMs, exitCode, hasTimedOut]).toEqual([timeoutMs, 3, false]);
  }
});
