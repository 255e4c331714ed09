// Imports whose 64-bit result becomes one of 32: every call of theirs is widened, and one that is more than called stays.

import { describe, expect, test } from 'vitest';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec, u32 } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

const LIMIT = { maximumPages: 8, isNarrow: (module: string, name: string) => module === 'wali' && name !== 'wide' };
const NARROWED = 'fusedos_machine:wali';
const I32_TO_I64 = { params: ['i32'], results: ['i64'] } as const;
const ADD64 = [0x7c];
const call = (index: number, padTo = 1): Bytes => concat(i32Const(5), [0x10], u32(index, padTo));

/** `run` has the body; `wali.f` is function 0, `wali.g` 1, `wali.wide` 2. */
function moduleOf(body: Bytes, more: Partial<ModuleSpec> = {}): Uint8Array<ArrayBuffer> {
  const input = buildModule({
    types: [I32_TO_I64, { results: ['i64'] }],
    imports: ['f', 'g', 'wide'].map((name) => ({ module: 'wali', name, func: 0 })),
    functions: [{ type: 1, body }],
    exports: [{ name: 'run', kind: 'func', index: 3 }],
    ...more,
  });
  expect(WebAssembly.validate(input)).toBe(true);
  return input;
}

/** The modules that each import is then taken from. */
function placesOf(bytes: Uint8Array<ArrayBuffer>): string[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ module, name }) => `${module}.${name}`);
}

function run(input: Uint8Array<ArrayBuffer>): unknown {
  const rewritten = rewriteModule(input, LIMIT);
  const narrow = { f: (n: number) => -n, g: (n: number) => n * 100 };
  const wide = {
    f: (n: number) => BigInt(-n),
    g: (n: number) => BigInt(n * 100),
    wide: (n: number) => BigInt(n) << 40n,
  };
  const { exports } = instantiateRewritten(rewritten, undefined, { [NARROWED]: narrow, wali: wide });
  return (exports['run'] as () => unknown)();
}

test('a call gives what the function returns, with its sign', () => {
  const input = moduleOf(call(0));
  expect(placesOf(rewriteModule(input, LIMIT).bytes)).toEqual([`${NARROWED}.f`, `${NARROWED}.g`, 'wali.wide']);
  expect(run(input)).toBe(-5n);
});

test('several calls, of narrow and wide ones, in one body', () => {
  expect(run(moduleOf(concat(call(0), call(1), ADD64, call(2), ADD64, call(1, 5), ADD64)))).toBe(995n + (5n << 40n));
});

test('a tail call', () => {
  expect(run(moduleOf(concat(i32Const(7), [0x12, 1])))).toBe(700n);
});

test('bytes like a call inside of other instructions are left alone', () => {
  const body = concat([0x41, 0x90, 0x00], [0x1a], [0x42, 0x10], call(0), ADD64);
  expect(run(moduleOf(body))).toBe(11n);
});

test('with a memory that the module defines, and one that it imports', () => {
  expect(run(moduleOf(call(0), { memories: [{ initial: 1 }] }))).toBe(-5n);
  const imports = [
    { module: 'wali', name: 'f', func: 0 },
    { module: 'env', name: 'memory', memory: { initial: 1, maximum: 1 } },
    { module: 'wali', name: 'g', func: 0 },
  ] as const;
  const own = { imports, exports: [{ name: 'run', kind: 'func', index: 2 }] } as const;
  expect(run(moduleOf(concat(call(0), call(1), ADD64), own))).toBe(495n);
});

test('without any call nothing is narrowed', () => {
  expect(placesOf(rewriteModule(moduleOf([0x42, 1]), LIMIT).bytes)).toEqual(['wali.f', 'wali.g', 'wali.wide']);
});

describe('one that is more than called keeps its type', () => {
  const SEGMENTS: readonly (readonly [string, Bytes])[] = [
    ['active', concat([0], i32Const(0), [0x0b, 1, 0])],
    ['passive', [1, 0, 1, 0]],
    ['active in a table that is named', concat([2, 0], i32Const(0), [0x0b, 0, 1, 0])],
    ['declared', [3, 0, 1, 0]],
    ['active, of expressions', concat([4], i32Const(0), [0x0b, 1, 0xd2, 0, 0x0b])],
    ['passive, of expressions', [5, 0x70, 1, 0xd2, 0, 0x0b]],
    ['declared, of expressions', [7, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd2, 0, 0x0b]],
  ];
  test.each(SEGMENTS)('in a segment: %s', (_name, segment) => {
    const input = moduleOf(concat(call(0), call(1), ADD64), { tables: [{ initial: 1 }], elements: [segment] });
    expect(placesOf(rewriteModule(input, LIMIT).bytes)).toEqual(['wali.f', `${NARROWED}.g`, 'wali.wide']);
    expect(run(input)).toBe(495n);
  });

  test('as an export', () => {
    const exports = [
      { name: 'run', kind: 'func', index: 3 },
      { name: 'f', kind: 'func', index: 0 },
    ] as const;
    expect(placesOf(rewriteModule(moduleOf(call(0), { exports }), LIMIT).bytes)[0]).toBe('wali.f');
  });
});

test('another type than that result is left to the check of imports', () => {
  const types = [{ params: ['i32'], results: ['i32'] }, { results: ['i32'] }] as const;
  expect(placesOf(rewriteModule(moduleOf(call(0), { types }), LIMIT).bytes)[0]).toBe('wali.f');
});
