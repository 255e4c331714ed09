// Libraries called often: batches, limits of a call, a new start, strings and memory of the program's own allocator.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BatchCall, Library, Machine, ProgramEndedError } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule } from '../support/module-builder.ts';

const { boot } = await importBuilt();
let machine: Machine;
let library: Library;

beforeAll(async () => {
  machine = await boot({ appCores: 2, linuxProcesses: 1 });
  library = await machine.load(guestPath('embedded'));
});
beforeEach(async () => {
  if (!library.process.isRunning) await library.restart();
});
afterAll(() => machine.close());

describe('a batch', () => {
  test('gives the results in order, of every type', async () => {
    const results = await library.batch([
      ['step'],
      ['wide', 2n ** 62n, -1n],
      ['half', 3],
      ['nothing'],
      ['step'],
      ['mix', -1, 2, 0.5, 0.25, 4],
      ['wide', 1, 2n ** 64n - 1n],
    ]);
    expect(results).toEqual([1, 2n ** 62n - 1n, 1.5, undefined, 2, 5.75, 0n]);
  });

  test('of 10,000 calls keeps each one’s result', async () => {
    const calls = Array.from({ length: 10_000 }, (_, i): BatchCall => ['wide', BigInt(i), 1n]);
    expect(await library.batch(calls)).toEqual(calls.map((_, i) => BigInt(i) + 1n));
  });

  test('may be empty', async () => {
    expect(await library.batch([])).toEqual([]);
  });

  test('takes earlier results for arguments', async () => {
    const text = await library.newString('stressed');
    const results = await library.batch([
      ['reverse', text],
      ['reverse', { result: 0 }],
      ['free', { result: 0 }],
    ]);
    expect(library.readString(results[1] as number)).toBe('stressed');
    expect(
      await library.batch([
        ['wide', -5n, 2n],
        ['wide', { result: 0 }, { result: 0 }],
      ]),
    ).toEqual([-3n, -6n]);
    await library.free(text);
  });

  test.for<[unknown, string, string]>([
    [[['step'], ['stop']], 'ERR_INVALID_ARG_VALUE', 'calls[1][0]'],
    [[['step'], ['half', '1']], 'ERR_INVALID_ARG_TYPE', 'calls[1][1]'],
    [[['half']], 'ERR_INVALID_ARG_VALUE', 'calls[0]'],
    [[['half', 1, 2]], 'ERR_INVALID_ARG_VALUE', 'calls[0]'],
    [[['crash', 2 ** 33]], 'ERR_OUT_OF_RANGE', 'calls[0][1]'],
    [[['half', { result: 0 }]], 'ERR_INVALID_ARG_VALUE', 'calls[0][1].result'],
    [[['step'], ['half', { result: 0 }]], 'ERR_INVALID_ARG_VALUE', 'calls[1][1].result'],
    [[['nothing'], ['half', { result: 0 }]], 'ERR_INVALID_ARG_VALUE', 'gives nothing'],
    [[['step'], ['half', { results: 0 }]], 'ERR_INVALID_ARG_VALUE', 'calls[1][1]'],
    [['step'], 'ERR_INVALID_ARG_TYPE', 'calls[0]'],
    [undefined, 'ERR_INVALID_ARG_TYPE', 'calls'],
  ])('%o is refused whole: %s names %s', async ([calls, code, text]) => {
    const [before] = await library.batch([['step']]);
    await expect(library.batch(calls as BatchCall[])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
    expect(await library.call('step')).toBe((before as number) + 1);
  });

  test('that ends the program tells by which call, and gives what came before', async () => {
    await library.restart();
    const error = await library.batch([['step'], ['step'], ['crash', 1], ['step']]).then(
      () => undefined,
      (reason: ProgramEndedError) => reason,
    );
    expect(error).toMatchObject({ name: 'FusedError', code: 'ESRCH', index: 2, results: [1, 2] });
    expect(error?.exit).toMatchObject({ signal: 'SIGILL', trap: { message: 'unreachable' } });
    expect(error?.message).toMatch(/unreachable/);
  });

  test('runs functions of several results', async () => {
    const pair = await machine.load(
      buildModule({
        types: [{ params: ['i64', 'f32'], results: ['f32', 'i64'] }],
        functions: [{ type: 0, body: [0x20, 1, 0x20, 0] }],
        exports: [{ name: 'swap', kind: 'func', index: 0 }],
      }),
    );
    expect(await pair.call('swap', 7n, 0.5)).toEqual([0.5, 7n]);
    expect(
      await pair.batch([
        ['swap', 1, 2],
        ['swap', -(2n ** 63n), -0],
      ]),
    ).toEqual([
      [2, 1n],
      [-0, -(2n ** 63n)],
    ]);
    expect(pair.memoryBytes).toBe(0);
    await expect(pair.alloc(1)).rejects.toMatchObject({ code: 'ENOSYS', message: expect.stringContaining('malloc') });
    await pair.close();
  });
});

describe('a limit of a call', () => {
  test('rejects it when its time is up, and ends the program', async () => {
    await expect(library.call('spin', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(library.call('step')).rejects.toMatchObject({ code: 'ESRCH' });
    expect(await library.process.exit).toMatchObject({ signal: 'SIGKILL' });
    await library.restart();
    expect(await library.call('step')).toBe(1);
  });

  test('holds for a batch too, by a signal', async () => {
    const controller = new AbortController();
    const running = library.batch([['step'], ['spin']], { signal: controller.signal });
    const behind = library.call('step');
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(behind).rejects.toMatchObject({ code: 'ESRCH' });
  });

  test('that is not reached costs nothing', async () => {
    const { signal } = new AbortController();
    expect(await library.call('half', 5, { timeoutMs: 60_000, signal })).toBe(2.5);
    expect(await library.call('half', 5, { timeoutMs: Number.POSITIVE_INFINITY })).toBe(2.5);
    expect(await library.call('half', 5)).toBe(2.5);
  });

  test('spares the program when the call has not begun', async () => {
    const controller = new AbortController();
    const [first, given, last] = [
      library.call('step'),
      library.call('spin', { signal: controller.signal }),
      library.call('step'),
    ];
    controller.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    expect(await last).toBe(((await first) as number) + 1);
    await expect(library.call('spin', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await library.call('nothing')).toBeUndefined();
  });
});

describe('a new start', () => {
  test('has the program’s first state, its options and another process', async () => {
    const other = await machine.load(guestPath('embedded'), { cwd: '/tmp' });
    await other.call('step');
    const { pid } = other.process;
    const waiting = other.call('spin').catch((error: unknown) => error);
    await other.restart();
    expect(await waiting).toMatchObject({ code: 'ESRCH' });
    expect(other.process.pid).not.toBe(pid);
    expect(await other.call('step')).toBe(1);
    const [path, line] = [await other.newString('notes'), await other.newString('one')];
    expect(await other.call('note', path, line)).toBe(0);
    expect(await machine.fs.readFile('/tmp/notes', 'utf8')).toBe('one\n');
    await other.close();
  });

  test('follows a trap, an exit and a kill', async () => {
    for (const end of [
      () => library.call('crash', 1),
      () => library.call('leave', 3),
      async () => void library.process.kill('SIGKILL'),
    ]) {
      await end().catch(() => {});
      await library.process.exit;
      await library.restart();
      expect(await library.call('step')).toBe(1);
    }
  });

  test('of a closed machine is refused', async () => {
    const small = await boot({ appCores: 1, linuxProcesses: 0 });
    const other = await small.load(guestPath('embedded'));
    await small.close();
    await expect(other.restart()).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });
});

describe('memory', () => {
  test('of the program’s allocator takes arrays and strings', async () => {
    const a = await library.alloc(24);
    const b = await library.alloc(24);
    expect(b).not.toBe(a);
    library.write(a, Float64Array.of(1, 2, 3));
    library.write(b, Float64Array.of(4, 5, 6));
    expect(await library.call('dot', a, b, 3)).toBe(32);
    expect(library.readArray(Float64Array, a, 3)).toEqual(Float64Array.of(1, 2, 3));
    expect(library.readArray(Uint8Array, a + 7, 1)).toEqual(Uint8Array.of(0x3f));
    expect(library.readArray(BigInt64Array, b + 1, 1)).toHaveLength(1);
    await library.batch([
      ['free', a],
      ['free', b],
    ]);
  });

  test('has strings in UTF-8 and UTF-16', async () => {
    const text = 'ä€😀';
    const address = await library.newString(text);
    expect(library.readString(address)).toBe(text);
    expect(library.readString(address, { length: 5 })).toBe('ä€');
    expect(library.writeString(address, 'ü')).toBe(3);
    expect(library.readString(address)).toBe('ü');
    expect(library.writeString(address, 'hé', { encoding: 'utf16' })).toBe(4);
    expect(library.readString(address, { encoding: 'utf16', length: 4 })).toBe('hé');
    await library.free(address);
  });

  test('that it does not have is ENOMEM', async () => {
    await expect(library.alloc(2 ** 31)).rejects.toMatchObject({ code: 'ENOMEM' });
    expect(await library.call('nothing')).toBeUndefined();
  });
});
