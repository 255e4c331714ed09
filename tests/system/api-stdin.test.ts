// The option `stdin` of a run, on machines with shared memory and without: what it may be, what becomes of the program and of
// the run when its source fails, and of the source when the program has read enough.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
const failure = new Error('the network is down');

describe.each([
  ['cnk', true],
  ['linux', true],
  ['library', true],
  ['library', false],
] as const)('placement %s, shared memory: %s', (placement, sharedMemory) => {
  let machine: Machine;
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    machine = await boot({ appCores: 1, linuxProcesses: 1, sharedMemory });
  });
  afterAll(() => machine.close());

  const run = (stdin: unknown, options: RunOptions = {}) =>
    machine.run(guestPath('copy'), { placement, stdin: stdin as RunOptions['stdin'] & {}, ...options });

  test('may be bytes in any form, streams and iterables', async () => {
    const sources = [
      new TextEncoder().encode('one two').buffer,
      new DataView(new TextEncoder().encode('one two').buffer),
      new Blob(['one two']),
      new Response('one two'),
      new Response('one two').body,
      Readable.from(['one ', 'two']),
      ['one ', new TextEncoder().encode('two')],
    ];
    for (const source of sources) expect((await run(source)).stdout.text()).toBe('one two');
    expect((await run(null)).stdout.text()).toBe('');
  });

  test.each([[5], [true], [{}], [() => {}], [new Date(0)]])('%o is refused', async (source) => {
    await expect(run(source)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    await vi.waitFor(() => expect(machine.freeCores).toBe(1));
  });

  test('a source that fails ends the program, and the run with its error', async () => {
    const sources = [
      new ReadableStream({ start: (controller) => controller.error(failure) }),
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('ab'));
          setTimeout(() => controller.error(failure), 20);
        },
      }),
      (async function* () {
        yield 'ab';
        throw failure;
      })(),
      (function* () {
        yield 'ab';
        throw failure;
      })(),
    ];
    for (const source of sources) await expect(run(source)).rejects.toBe(failure);
    await expect(run(createReadStream('/no/such/file'))).rejects.toMatchObject({ code: 'ENOENT' });
    const locked = new Blob(['abc']).stream();
    locked.getReader();
    await expect(run(locked)).rejects.toBeInstanceOf(TypeError);
    await expect(run(['ab', 5])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect((await run('still there')).stdout.text()).toBe('still there');
  });

  test('a source is let go when the program does not start', async () => {
    const cancel = vi.fn();
    const stdin = new ReadableStream({ cancel });
    const signal = AbortSignal.timeout(30);
    await expect(machine.run(guestPath('missing'), { placement, signal, stdin })).rejects.toThrow();
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test.skipIf(!sharedMemory)('a source is let go when the program has ended or closed its stdin', async () => {
    const cancel = vi.fn();
    const { exitCode } = await machine.run(guestPath('status'), {
      placement,
      args: ['3'],
      stdin: new ReadableStream({ cancel }),
    });
    expect(exitCode).toBe(3);
    expect(cancel).toHaveBeenCalledTimes(1);
    const stopped = vi.fn();
    function* endless(): Generator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1 << 16);
      } finally {
        stopped();
      }
    }
    await machine.run(guestPath('status'), { placement, stdin: endless() });
    expect(stopped).toHaveBeenCalledTimes(1);
  });
});

describe('a trace that throws', () => {
  test.each([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])('%s: the program has ended when the run rejects', async (_what, trace) => {
    for (const sharedMemory of [true, false]) {
      await using machine = await boot({ appCores: 1, sharedMemory });
      const run = machine.run(guestPath('hang'), { args: ['calls'], trace });
      await expect(run).rejects.toBe(failure);
      // The only core is free again.
      expect((await machine.run(guestPath('status'), { args: ['7'] })).exitCode).toBe(7);
      const process = await machine.spawn(guestPath('hang'), { args: ['calls'], trace });
      await expect(process.traced).rejects.toBe(failure);
      expect((await process.exit).signal).toBe('SIGKILL');
    }
  });
});
