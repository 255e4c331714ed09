// machine.loadHere: functions of a program, called as functions in this thread, on the machine's files; with shared memory and
// without.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Volume } from 'memfs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HereLibrary, Machine, ProgramEndedError } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule } from '../support/module-builder.ts';

const { boot } = await importBuilt();
const embedded = guestPath('embedded');
vi.spyOn(console, 'warn').mockImplementation(() => {});

describe.each([
  ['with shared memory', true],
  ['without shared memory', false],
])('a machine %s', (_name, sharedMemory) => {
  let machine: Machine;
  let here: HereLibrary;

  beforeAll(async () => {
    machine = await boot({ appCores: 1, linuxProcesses: 0, sharedMemory });
    here = await machine.loadHere(embedded, { cwd: '/tmp' });
  });
  afterAll(() => machine.close());

  /** Calls a function with a string. */
  function callWith(name: string, ...texts: string[]): unknown {
    const addresses = texts.map((text) => here.newString(text));
    try {
      return here.exports[name]?.(...addresses);
    } finally {
      for (const address of addresses) here.free(address);
    }
  }

  test('gives the functions of a program as functions', () => {
    const { step, wide, half, nothing, mix } = here.exports;
    expect([step?.(), step?.()]).toEqual([1, 2]);
    expect(wide?.(2n ** 62n, -1)).toBe(2n ** 62n - 1n);
    expect(half?.(3)).toBe(1.5);
    expect(nothing?.()).toBeUndefined();
    expect(mix?.(-1, 2, 0.5, 0.25, 4)).toBe(5.75);
    expect(here.types['mix']).toEqual({ params: ['i32', 'i64', 'f32', 'f64', 'i32'], results: ['f64'] });
    expect(Object.keys(here.exports)).not.toContain('memory');
    expect(here.exit).toBeUndefined();
  });

  test.for<[string, unknown[], string]>([
    ['half', [], 'ERR_INVALID_ARG_TYPE'],
    ['half', ['1'], 'ERR_INVALID_ARG_TYPE'],
    ['crash', [1n], 'ERR_INVALID_ARG_TYPE'],
    ['crash', [2 ** 32], 'ERR_OUT_OF_RANGE'],
    ['wide', [1n, 0.5], 'ERR_OUT_OF_RANGE'],
    ['mix', [1, 2, 3, 4, null], 'ERR_INVALID_ARG_TYPE'],
  ])('checks arguments: %s of %o is %s', ([name, args, code]) => {
    expect(() => here.exports[name]?.(...(args as number[]))).toThrow(expect.objectContaining({ code }));
    expect(here.exit).toBeUndefined();
  });

  test('has memory and the program’s allocator', () => {
    const [a, b] = [here.alloc(24), here.alloc(24)];
    here.write(a, Float64Array.of(1, 2, 3));
    here.write(b, Float64Array.of(4, 5, 6));
    expect(here.exports['dot']?.(a, b, 3)).toBe(32);
    expect(here.readArray(Float64Array, b, 3)).toEqual(Float64Array.of(4, 5, 6));
    here.free(a);
    here.free(b);
    const reversed = callWith('reverse', 'stressed') as number;
    expect(here.readString(reversed)).toBe('desserts');
    here.free(reversed);
    expect(() => here.read(here.memoryBytes, 1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('follows the program’s memory as that grows', () => {
    const before = here.memoryBytes;
    const size = 2 * before + 20 * 2 ** 20;
    const address = here.alloc(size);
    expect(here.memoryBytes).toBeGreaterThan(before + size / 2);
    here.write(address + size - 8, Float64Array.of(7));
    expect(here.readArray(Float64Array, address + size - 8, 1)).toEqual(Float64Array.of(7));
    expect(here.exports['dot']?.(address + size - 8, address + size - 8, 1)).toBe(49);
    here.free(address);
    expect(() => here.alloc(2 ** 31)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  });

  test('works on the machine’s files', async () => {
    await machine.fs.writeFile('/tmp/notes', 'zero\n');
    expect(callWith('note', 'notes', 'one')).toBe(0);
    expect(await machine.fs.readFile('/tmp/notes', 'utf8')).toBe('zero\none\n');
    await machine.fs.writeFile('/tmp/notes', '');
    expect(callWith('size', '/tmp/notes')).toBe(0);
    expect(callWith('size', '/tmp/none')).toBe(-1);
  });

  test('keeps what it writes, however much that is at once', () => {
    const before = here.stdout.bytes.length;
    const line = 'x'.repeat(300_000); // more than a stream holds
    callWith('say', line);
    callWith('say', 'last');
    expect(here.stdout.text().slice(before)).toBe(`${line}\nlast\n`);
    expect(here.stderr.text()).toBe('');
  });

  test('is at the end of its stdin', () => {
    expect(here.exports['ask']?.()).toBe(-1);
  });

  test.for<[string, number, object]>([
    ['crash', 1, { exitCode: 132, signal: 'SIGILL', trap: { message: 'unreachable' } }],
    ['leave', 3, { exitCode: 3, signal: undefined, trap: undefined }],
  ])('throws the end of its program: %s(%i)', async ([name, argument, exit]) => {
    const other = await machine.loadHere(embedded);
    const text = other.newString('text');
    let error: unknown;
    try {
      other.exports[name]?.(argument);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'ESRCH', exit } satisfies Partial<ProgramEndedError> | object);
    expect(other.exit).toMatchObject(exit);
    expect(() => other.exports['step']?.()).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(() => other.read(text, 4)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(() => other.alloc(1)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(here.exports['nothing']?.()).toBeUndefined();
    expect(other.close()).toMatchObject(exit);
  });

  test('ends when it is closed, and gives its place back', async () => {
    for (let i = 0; i < 40; i++) {
      using other = await machine.loadHere(embedded);
      expect(other.exports['step']?.()).toBe(1);
      expect(await machine.fs.readdir('/proc')).toContain(String(other.pid));
    }
    await vi.waitFor(async () => {
      const pids = (await machine.fs.readdir('/proc')).filter((name) => Number(name) > 1);
      expect(pids).toEqual([String(here.pid)]);
    });
  });

  test('refuses what it cannot keep', async () => {
    const load = (options: object): Promise<unknown> => machine.loadHere(embedded, options);
    for (const options of [{ timeoutMs: 1 }, { signal: AbortSignal.timeout(1) }, { stdin: '' }, { placement: 'cnk' }]) {
      await expect(load(options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    }
    await expect(load({ cwd: '/none' })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(machine.loadHere(new Uint8Array(8))).rejects.toMatchObject({ code: 'ENOEXEC' });
  });

  test('tells a trap of a start function', async () => {
    const module = buildModule({
      types: [{}],
      functions: [
        { type: 0, body: [0] }, // unreachable
      ],
      exports: [{ name: 'f', kind: 'func', index: 0 }],
      start: 0,
    });
    await expect(machine.loadHere(module)).rejects.toMatchObject({ code: 'ESRCH', exit: { signal: 'SIGILL' } });
  });
});

test('a machine that closes ends its libraries', async () => {
  const machine = await boot({ appCores: 1, linuxProcesses: 0 });
  const here = await machine.loadHere(embedded);
  await machine.close();
  expect(() => here.exports['step']?.()).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  expect(here.exit).toMatchObject({ signal: 'SIGKILL' });
  await expect(machine.loadHere(embedded)).rejects.toMatchObject({ code: 'ESHUTDOWN' });
});

test('a directory of the host is the host’s', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'here-'));
  try {
    await using machine = await boot({ appCores: 1, linuxProcesses: 0, mounts: { '/host': directory } });
    const here = await machine.loadHere(embedded);
    const [path, line] = [here.newString('/host/note'), here.newString('seen')];
    expect(here.exports['note']?.(path, line)).toBe(0);
    expect(readFileSync(join(directory, 'note'), 'utf8')).toBe('seen\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a Volume, which this thread would have to serve meanwhile, excludes it', async () => {
  await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
  const here = await machine.loadHere(embedded);
  const volume = { type: 'memfs', volume: new Volume() } as const;
  await expect(machine.mount(volume, '/vol')).rejects.toMatchObject({ code: 'EBUSY' });
  here.close();
  await vi.waitFor(() => machine.mount(volume, '/vol'));
  await expect(machine.loadHere(embedded)).rejects.toMatchObject({ code: 'EDEADLK' });
  await machine.unmount('/vol');
  expect((await machine.loadHere(embedded)).exports['step']?.()).toBe(1);
});

test('there are not more than the machine has places for', async () => {
  await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
  const libraries = await Promise.all(Array.from({ length: 8 }, () => machine.loadHere(embedded)));
  await expect(machine.loadHere(embedded)).rejects.toMatchObject({ code: 'EAGAIN' });
  expect(libraries.map(({ exports }) => exports['step']?.())).toEqual(Array.from({ length: 8 }, () => 1));
  expect((await machine.run(guestPath('status'), { args: ['4'] })).exitCode).toBe(4);
  libraries[0]?.close();
  await vi.waitFor(async () => expect((await machine.loadHere(embedded)).exports['step']?.()).toBe(1));
});
