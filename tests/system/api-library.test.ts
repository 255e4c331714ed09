// machine.load: functions of a program, called from outside.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Library, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
const OUT_OF_RANGE = expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
let machine: Machine;
let library: Library;

beforeAll(async () => {
  machine = await boot({ appCores: 2, linuxProcesses: 0 });
  library = await machine.load(guestPath('library'));
});
afterAll(() => machine.close());

test('names its own functions, nothing else, and their types', () => {
  expect([...library.exports].sort()).toEqual(['_initialize', 'add', 'calls', 'crash', 'samples', 'sum', 'wide']);
  expect(library.types['wide']).toEqual({ params: ['i64'], results: ['i64'] });
  expect(library.types['sum']).toEqual({ params: ['i32'], results: ['f64'] });
});

test('calls run one after another and keep the program’s state', async () => {
  const before = (await library.call('calls')) as number;
  const results = await Promise.all([
    library.call('add', 2, 3),
    library.call('wide', 4_000_000_000n),
    library.call('add', -1, 1),
  ]);
  expect(results).toEqual([5, 8_000_000_000n, 0]);
  expect(await library.call('calls')).toBe(before + 3);
});

test('memory is read and written by copy', async () => {
  const address = (await library.call('samples')) as number;
  library.write(address, new Uint8Array(Float64Array.of(1.5, 2.5, 3).buffer));
  expect(await library.call('sum', 3)).toBe(7);
  const copy = new Float64Array(library.read(address, 24).buffer);
  expect([...copy]).toEqual([1.5, 2.5, 3]);
  copy.fill(0);
  expect(await library.call('sum', 3)).toBe(7);
});

describe('what cannot be', () => {
  test.for<[string, readonly unknown[], string]>([
    ['missing', [], 'ERR_INVALID_ARG_VALUE'],
    ['memory', [], 'ERR_INVALID_ARG_VALUE'],
    ['wide', ['1'], 'ERR_INVALID_ARG_TYPE'],
    ['add', [1n, 2n], 'ERR_INVALID_ARG_TYPE'],
    ['add', [1], 'ERR_INVALID_ARG_VALUE'],
    ['add', [1, 2, 3], 'ERR_INVALID_ARG_VALUE'],
    ['add', [1, 2 ** 32], 'ERR_OUT_OF_RANGE'],
    ['add', [1, 0.5], 'ERR_OUT_OF_RANGE'],
    ['add', [1, {}], 'ERR_INVALID_ARG_VALUE'],
    ['add', [1, 2, { timeout: 5 }], 'ERR_INVALID_ARG_VALUE'],
    ['add', [1, 2, { timeoutMs: -1 }], 'ERR_OUT_OF_RANGE'],
    ['add', [1, 2, { signal: 1 }], 'ERR_INVALID_ARG_TYPE'],
  ])('%s of %o: %s', async ([name, args, code]) => {
    await expect(library.call(name, ...(args as number[]))).rejects.toMatchObject({ code });
    expect(await library.call('add', 1, 2)).toBe(3);
  });

  test('a name that is nearly one is told', async () => {
    await expect(library.call('sums', 1)).rejects.toThrow(/did you mean sum\?/);
  });

  test('memory outside of the program’s', () => {
    const size = library.memoryBytes;
    for (const [address, length] of [
      [-1, 1],
      [size, 1],
      [size - 4, 8],
      [0, size + 1],
      [Number.NaN, 1],
      [0, -1],
    ] as const) {
      expect(() => library.read(address, length)).toThrow(OUT_OF_RANGE);
    }
    expect(() => library.write(size - 1, new Uint8Array(2))).toThrow(OUT_OF_RANGE);
    expect(() => library.readArray(Float64Array, size - 8, 2)).toThrow(OUT_OF_RANGE);
    expect(() => library.readString(size + 1)).toThrow(OUT_OF_RANGE);
    expect(() => library.writeString(size - 2, 'abc')).toThrow(OUT_OF_RANGE);
    expect(() => library.writeString(0, 'abc', { capacity: 3 })).toThrow(OUT_OF_RANGE);
  });
});

test('a trap ends the program and fails the calls that wait', async () => {
  const other = await machine.load(guestPath('library'));
  const crash = other.call('crash');
  const after = other.call('add', 1, 2);
  await expect(crash).rejects.toMatchObject({ code: 'ESRCH', message: expect.stringMatching(/unreachable/) });
  await expect(after).rejects.toMatchObject({ code: 'ESRCH' });
  await expect(other.call('add', 1, 2)).rejects.toMatchObject({ code: 'ESRCH', exit: { signal: 'SIGILL' } });
  expect(() => other.read(0, 1)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  expect(() => other.write(0, Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  expect(await other.process.exit).toMatchObject({ exitCode: 132, signal: 'SIGILL' });
});

test('closing gives the core back', async () => {
  await vi.waitFor(() => expect(machine.freeCores).toBe(1)); // the library of the first tests has the other
  {
    await using other = await machine.load(guestPath('library'));
    expect(await other.call('add', 1, 1)).toBe(2);
    expect(machine.freeCores).toBe(0);
  }
  expect((await machine.run(guestPath('status'), { queue: true, args: ['4'] })).exitCode).toBe(4);
});

test('what is no program rejects', async () => {
  await expect(machine.load(new TextEncoder().encode('nonsense'))).rejects.toMatchObject({ code: 'ENOEXEC' });
});
