// machine.load: functions of a program, called from outside.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Library, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
let machine: Machine;
let library: Library;

beforeAll(async () => {
  machine = await boot({ appCores: 2, linuxProcesses: 0 });
  library = await machine.load(guestPath('library'));
});
afterAll(() => machine.close());

test('names its functions', () => {
  expect(library.exports).toEqual(expect.arrayContaining(['add', 'wide', 'samples', 'sum']));
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
  test('a function that there is not, or an argument of another type', async () => {
    await expect(library.call('missing')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(library.call('wide', 1)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(library.call('add', 1n, 2n)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(await library.call('add', 1, 2)).toBe(3);
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
      expect(() => library.read(address, length)).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    }
    expect(() => library.write(size - 1, new Uint8Array(2))).toThrow(expect.objectContaining({ code: 'EFAULT' }));
  });
});

test('a trap ends the program and fails the calls that wait', async () => {
  const other = await machine.load(guestPath('library'));
  const crash = other.call('crash');
  const after = other.call('add', 1, 2);
  await expect(crash).rejects.toMatchObject({ code: 'ESRCH', message: expect.stringMatching(/unreachable/) });
  await expect(after).rejects.toMatchObject({ code: 'ESRCH' });
  await expect(other.call('add', 1, 2)).rejects.toMatchObject({ code: 'ESRCH' });
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
