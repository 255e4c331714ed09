// Which programs may have threads, which are refused, and whether a thread's instance may serve the next thread.

import { describe, expect, it, test } from 'vitest';
import { ModuleError, rewriteModule } from '../../../runtime/memory/module/index.ts';
import {
  type Bytes,
  buildModule,
  concat,
  i32Const,
  type ModuleSpec,
  name,
  sized,
  u32,
  vector,
} from '../../support/module-builder.ts';

const LIMIT = { maximumPages: 64 };
const SHARED = [{ initial: 1, maximum: 1, shared: true }];
const TYPES = [
  {},
  { params: ['i32'], results: ['i32'] },
  { params: ['i32', 'i32'] },
  { params: ['i32', 'i32'], results: ['i32'] },
] as const;
const [NO_ARGUMENTS, SPAWN, START, WALI_SPAWN] = [0, 1, 2, 3];
/** Imports are functions first: the first own function. */
const OWN = 1;
/** Drops the result of i32.atomic.rmw.cmpxchg of address 0 from 0 to 1. */
const CMPXCHG = [0x41, 0, 0x41, 0, 0x41, 1, 0xfe, 0x48, 2, 0, 0x1a];
const STORE = [0x41, 0, 0x41, 7, 0x36, 2, 0];

function repeated(byte: number, count: number): number[] {
  return new Array<number>(count).fill(byte);
}

/** A program of the wasi-threads ABI: function OWN is wasi_thread_start, the next ones are given. */
function wasiProgram(more: ModuleSpec = {}, bodies: readonly Bytes[] = []): Uint8Array<ArrayBuffer> {
  const functions = bodies.map((body) => ({ type: NO_ARGUMENTS, body }));
  return buildModule({
    types: TYPES,
    imports: [{ module: 'wasi', name: 'thread-spawn', func: SPAWN }],
    memories: SHARED,
    functions: [{ type: START, body: [] }, ...functions],
    exports: [{ name: 'wasi_thread_start', kind: 'func', index: OWN }],
    ...more,
  });
}

/** As a program of WALI's. */
function waliProgram(more: ModuleSpec = {}): Uint8Array<ArrayBuffer> {
  return buildModule({
    types: TYPES,
    imports: [{ module: 'wali', name: '__wasm_thread_spawn', func: WALI_SPAWN }],
    memories: SHARED,
    tables: [{ initial: 1, maximum: 1 }],
    ...more,
  });
}

function refusalOf(input: Uint8Array): string {
  try {
    rewriteModule(input, LIMIT);
  } catch (error) {
    if (error instanceof ModuleError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'admitted';
}

/** What is against a second instance, with the reason. */
const UNFIT: readonly (readonly [what: string, spec: ModuleSpec, reason: RegExp])[] = [
  ['memory of its own', { memories: [{ initial: 1, maximum: 1 }] }, /its memory is not shared/],
  ['no memory', { memories: [] }, /its memory is not shared/],
  ['an active data segment', { data: [{ at: 0, bytes: [1] }] }, /active data segments/],
];

describe('a program of the wasi-threads ABI', () => {
  it('that is made for threads spawns them', () => {
    const input = wasiProgram({ data: [{ bytes: [1] }], dataCount: true });
    expect(rewriteModule(input, LIMIT)).toMatchObject({ spawnsThreads: true, reusesInstance: true });
  });

  it.each(UNFIT)('with %s is refused', (_what, spec, reason) => {
    expect(refusalOf(wasiProgram(spec))).toMatch(reason);
  });

  it.each<[string, ModuleSpec]>([
    ['no wasi_thread_start', { exports: [] }],
    ['a wasi_thread_start of another type', { exports: [{ name: 'wasi_thread_start', kind: 'func', index: 0 }] }],
    ['a memory of that name', { exports: [{ name: 'wasi_thread_start', kind: 'memory', index: 0 }] }],
  ])('with %s is refused', (_what, spec) => {
    expect(refusalOf(wasiProgram(spec))).toMatch(/^ENOEXEC: unsupported module: .*wasi_thread_start.*; build it/);
  });

  const started = (...bodies: Bytes[]): string => refusalOf(wasiProgram({ start: OWN + 1 }, bodies));

  it.each<[string, Bytes[]]>([
    ['does nothing', [[0x01]]],
    ['reads', [concat(i32Const(0), [0x28, 2, 0, 0x1a])]],
    ['lets one instance alone go on', [concat([0x02, 0x40], CMPXCHG, STORE, [0x0b])]],
    ['calls a function that lets one instance alone go on', [concat([0x10, OWN + 2], STORE), concat(CMPXCHG, STORE)]],
  ])('may have a start function that %s', (_what, bodies) => {
    expect(started(...bodies)).toBe('admitted');
  });

  it.each<[string, Bytes[]]>([
    ['stores', [STORE]],
    ['stores before it asks who is first', [concat(STORE, CMPXCHG)]],
    ['fills memory', [concat(i32Const(0), i32Const(0), i32Const(9), [0xfc, 0x0b, 0])]],
    ['stores atomically', [concat(i32Const(0), i32Const(1), [0xfe, 0x17, 2, 0])]],
    ['holds the bytes of a guard in a constant', [concat([0x41, 0xfe, 0xc8, 0x02, 0x1a], STORE)]],
    ['calls one that stores', [[0x10, OWN + 2], STORE]],
    ['calls an import', [concat(i32Const(0), [0x10, 0, 0x1a])]],
    ['calls itself', [[0x10, OWN + 1]]],
    ['calls one that does nothing, and stores', [concat([0x10, OWN + 2], STORE), [0x01]]],
    ['is no code', [repeated(0xfe, 9)]],
    ['calls through a table', [concat(i32Const(0), [0x11, 0, 0])]],
    ['grows memory', [concat(i32Const(1), [0x40, 0, 0x1a])]],
  ])('with a start function that %s is refused', (_what, bodies) => {
    expect(started(...bodies)).toMatch(/its start function would run again in each thread/);
  });

  it('that only names the function as another kind is no such program', () => {
    const imports = [{ module: 'wasi', name: 'thread-spawn', global: { type: 'i32' } }] as const;
    expect(rewriteModule(buildModule({ imports }), LIMIT).spawnsThreads).toBe(false);
  });
});

describe('a program of WALI’s', () => {
  it('that is made for threads spawns them', () => {
    expect(rewriteModule(waliProgram(), LIMIT)).toMatchObject({ spawnsThreads: true, reusesInstance: true });
  });

  it.each<readonly [what: string, spec: ModuleSpec]>([
    ...UNFIT.map(([what, spec]) => [what, spec] as const),
    ['no table for the functions of threads', { tables: [] }],
  ])('with %s runs, with one thread', (_what, spec) => {
    expect(rewriteModule(waliProgram(spec), LIMIT)).toMatchObject({ spawnsThreads: false, reusesInstance: false });
  });
});

test('a program that starts no threads has none', () => {
  expect(rewriteModule(buildModule({ memories: SHARED }), LIMIT).spawnsThreads).toBe(false);
});

describe('an instance serves one thread after another', () => {
  const [stack, tls] = [
    { type: 'i32', mutable: true, init: i32Const(70112) },
    { type: 'i32', mutable: true, init: i32Const(0) },
  ] as const;
  const constant = { type: 'i32', init: i32Const(5) } as const;
  const named = (...names: string[]): NonNullable<ModuleSpec['customs']> => {
    const entries = names.map((each, index) => concat(u32(index), name(each)));
    return [{ name: 'name', contents: concat([7], sized(vector(entries))) }];
  };
  const isReused = (spec: ModuleSpec): boolean => rewriteModule(waliProgram(spec), LIMIT).reusesInstance;

  it.each<[string, ModuleSpec]>([
    ['that has no globals', {}],
    ['whose globals are constants', { globals: [constant, constant, constant] }],
    ['that has a stack pointer', { globals: [stack, constant] }],
    ['that has a stack pointer and a base of its storage', { globals: [stack, tls, constant] }],
    ['and the end of its stack', { globals: [stack, tls, tls, constant] }],
    ['of those names, wherever they stand', { globals: [tls, stack], customs: named('__tls_base', '__stack_pointer') }],
  ])('%s', (_what, spec) => {
    expect(isReused(spec)).toBe(true);
  });

  it.each<[string, ModuleSpec]>([
    ['one more', { globals: [stack, tls, tls, tls] }],
    ['a counter', { globals: [tls] }],
    ['one of another type', { globals: [{ type: 'i64', mutable: true, init: [0x42, 1] }] }],
    ['one of another name', { globals: [stack, tls], customs: named('__stack_pointer', 'count') }],
    [
      'one that it imports',
      {
        imports: [
          { module: 'wali', name: '__wasm_thread_spawn', func: WALI_SPAWN },
          { module: 'env', name: 'count', global: { type: 'i64', mutable: true } },
        ],
      },
    ],
  ])('but not with a global that may change besides: %s', (_what, spec) => {
    expect(isReused(spec)).toBe(false);
  });
});
