// memory.size and memory.grow as calls of the machine's: where they stand in the code, which names lead to them, that the start
// function comes after them, and that whoever uses neither stays as it is.

import { describe, expect, test } from 'vitest';
import { MemoryCalls } from '../../../runtime/core/memory-calls.ts';
import { MEMORY_CALL, MEMORY_IMPORT, rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

const LIMIT = { maximumPages: 8, importMaximumPages: 64 };
const TO_I32 = { params: ['i32'], results: ['i32'] } as const;
const SIZE: Bytes = [0x3f, 0];
const GROW: Bytes = concat([0x20, 0], [0x40, 0]);

function moduleOf(body: Bytes, more: Partial<ModuleSpec> = {}): Uint8Array<ArrayBuffer> {
  return buildModule({
    types: [TO_I32],
    functions: [{ type: 0, body }],
    memories: [{ initial: 2, maximum: 6 }],
    exports: [{ name: 'run', kind: 'func', index: 0 }],
    ...more,
  });
}

function memoryOf(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: 64, shared: true });
}

function runner(input: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): (argument: number) => number {
  return instantiateRewritten(rewriteModule(input, LIMIT), memory).exports['run'] as (argument: number) => number;
}

describe('on a fresh memory and on one that has grown', () => {
  test.each([2, 6, 50])('of %i pages a program finds its own size, and grows to its own limit', (pages) => {
    const memory = memoryOf(pages);
    const size = concat(SIZE);
    const run = runner(moduleOf(concat(GROW, i32Const(100), [0x6c], size, [0x6a])), memory); // 100 * grow(n) + size
    expect([0, 1, 2, 0, 2, 1, 1, -1].map(run)).toEqual([202, 203, 305, 505, -95, 506, -94, -94]);
    expect(memory.buffer.byteLength).toBe(Math.max(pages, 6) * 65536);
  });

  test('the engine may refuse: the size stays', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 4, shared: true });
    const run = runner(moduleOf(concat(GROW, i32Const(100), [0x6c], SIZE, [0x6a])), memory);
    expect([3, 2, 1, 0].map(run)).toEqual([-98, 204, -96, 404]);
  });

  test('bytes like theirs inside of other instructions are left alone', () => {
    const drop = [0x1a];
    const body = concat([0x41, 0xbf, 0x00], drop, [0x41, 0xc0, 0x00], drop, [0x02, 0x40, 0x01, 0x0b], SIZE);
    expect(runner(moduleOf(body), memoryOf(40))(0)).toBe(2);
    const constants = rewriteModule(moduleOf(concat([0x41, 0xbf, 0x00], drop, [0x41, 0xc0, 0x00])), LIMIT);
    expect(constants.memoryCalls).toBeNull();
  });

  test('in a try, its catches and what they throw on, they are calls like elsewhere', () => {
    // try { grow(n); throw tag } catch tag { size } catch_all { 0 } end, in a try of its own whose delegate goes out
    const inner = concat([0x06, 0x7f], GROW, [0x1a, 0x08, 0, 0x07, 0], SIZE, [0x19], i32Const(0), [0x0b]);
    const outer = concat([0x06, 0x7f], inner, [0x19], i32Const(-1), [0x0b]);
    const delegated = concat([0x06, 0x7f], outer, [0x18, 0], SIZE, [0x6a]);
    const run = runner(moduleOf(delegated, { types: [TO_I32, {}], tags: [1] }), memoryOf(40));
    expect([0, 1, 2].map(run)).toEqual([4, 6, 10]);
  });

  test('they do not change the indexes of functions, tables and types', () => {
    const input = buildModule({
      types: [{}, TO_I32],
      imports: [{ module: 'env', name: 'before', func: 1 }],
      tables: [{ initial: 1, maximum: 1 }],
      elements: [concat([0], i32Const(0), [0x0b, 1, 1])],
      functions: [
        { type: 1, body: concat(SIZE, [0x20, 0], [0x10, 0], [0x6a]) }, // size + before(n)
        { type: 1, body: concat([0x20, 0], i32Const(0), [0x11, 1, 0]) }, // call_indirect
      ],
      memories: [{ initial: 3 }],
      exports: [{ name: 'run', kind: 'func', index: 2 }],
    });
    expect(WebAssembly.validate(input)).toBe(true);
    const instance = instantiateRewritten(rewriteModule(input, LIMIT), memoryOf(9), {
      env: { before: (value: number) => value * 10 },
    });
    expect((instance.exports['run'] as (n: number) => number)(4)).toBe(43);
  });
});

describe('a start function', () => {
  const start: ModuleSpec = {
    types: [{}, { results: ['i32'] }],
    functions: [
      { type: 0, body: concat(i32Const(0), i32Const(2), [0x40, 0], [0x36, 2, 0]) }, // mem[0] = grow(2)
      { type: 1, body: concat(i32Const(0), [0x28, 2, 0], i32Const(100), [0x6c], SIZE, [0x6a]) },
    ],
    memories: [{ initial: 1 }],
    exports: [{ name: 'run', kind: 'func', index: 1 }],
    start: 0,
  };

  test.each([1, 30])('may grow a memory of %i pages already', (pages) => {
    expect(runner(buildModule(start), memoryOf(pages))(0)).toBe(103);
  });

  test('that is an import runs too', () => {
    const calls: string[] = [];
    const input = buildModule({
      types: [{}, { results: ['i32'] }],
      imports: [{ module: 'env', name: 'begin', func: 0 }],
      functions: [{ type: 1, body: SIZE }],
      memories: [{ initial: 1 }],
      start: 0,
    });
    instantiateRewritten(rewriteModule(input, LIMIT), memoryOf(1), { env: { begin: () => calls.push('begun') } });
    expect(calls).toEqual(['begun']);
  });

  test('of a module that does not ask for its size runs as the engine has it', () => {
    const input = buildModule({
      types: [{}],
      functions: [{ type: 0, body: [1] }],
      memories: [{ initial: 1 }],
      start: 0,
    });
    const result = rewriteModule(input, LIMIT);
    expect(result).toMatchObject({ memoryCalls: null, hasStart: true });
    expect(WebAssembly.Module.exports(new WebAssembly.Module(result.bytes))).toEqual([]);
  });
});

describe('the names that the loader adds', () => {
  test('are never those of the guest', () => {
    const names = ['fusedos_memory_calls', 'fusedos_start', 'fusedos_memory_calls_2'];
    const exports = names.map((name) => ({ name, kind: 'func', index: 0 }) as const);
    const input = moduleOf(SIZE, {
      exports,
      types: [{}, { results: ['i32'] }],
      functions: [
        { type: 1, body: SIZE },
        { type: 0, body: [1] },
      ],
      start: 1,
    });
    const { memoryCalls, bytes } = rewriteModule(input, LIMIT);
    expect(memoryCalls).toMatchObject({ table: 'fusedos_memory_calls_3', start: 'fusedos_start_2' });
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test('are not there for a module that uses neither, nor where the memory is the guest’s alone', () => {
    const neither = rewriteModule(moduleOf([0x20, 0]), LIMIT);
    expect(neither.memoryCalls).toBeNull();
    expect(WebAssembly.Module.exports(new WebAssembly.Module(neither.bytes))).toHaveLength(1);
    const alone = rewriteModule(moduleOf(concat(GROW)), { ...LIMIT, isShared: false });
    expect(alone.memoryCalls).toBeNull();
  });
});

test('a guest at the end of its stack is no guest whose memory cannot grow', () => {
  // run(n) = n + grow(0) * 0 + run(n + 1): without end
  const body = concat(i32Const(0), [0x40, 0], i32Const(0), [0x6c], [0x20, 0], i32Const(1), [0x6a], [0x10, 0], [0x6a]);
  expect(() => runner(moduleOf(body), memoryOf(2))(0)).toThrow(/call stack/);
});

test('threads that grow one memory at a time never get the same page', () => {
  // Two instances on one memory and one word, by turns: the second sees what the first one grew.
  const { bytes, memory: declared, memoryCalls } = rewriteModule(moduleOf(GROW), LIMIT);
  const memory = memoryOf(2);
  const words = new Int32Array(new SharedArrayBuffer(8));
  words[1] = 2;
  const grows = [0, 1].map(() => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
    });
    if (memoryCalls === null) throw new Error('no calls');
    const calls = new MemoryCalls(words, 1);
    calls.take(memory, declared?.maximumPages ?? 0);
    calls.bind(instance, memoryCalls);
    expect((instance.exports[memoryCalls.table] as WebAssembly.Table).get(MEMORY_CALL.grow)).toBeTypeOf('function');
    return instance.exports['run'] as (pages: number) => number;
  });
  expect([0, 1, 1, 0, 1].map((instance) => grows[instance]?.(1))).toEqual([2, 3, 4, 5, -1]);
  expect([...words]).toEqual([0, 6]);
});
