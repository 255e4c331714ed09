// The types of a program's imports against the rows of the table, before anything runs.

import { describe, expect, test } from 'vitest';
import { signatureOf, TABLE } from '../../../runtime/abi/table.ts';
import { checkImports, stubResult } from '../../../runtime/core/linkage.ts';
import type { FunctionType, ModuleImport, ValueType } from '../../../runtime/memory/module/index.ts';

function imported(module: string, name: string, type: FunctionType): ModuleImport {
  return { module, name, kind: 'function', type };
}

test('every row links with its own type', () => {
  const imports = TABLE.map((row) => imported(row.module, row.name, signatureOf(row)));
  expect(checkImports(imports)).toEqual([]);
});

describe.each(TABLE.map((row) => [`${row.module}.${row.name}`, row] as const))('%s', (_name, row) => {
  const { params, results } = signatureOf(row);
  const isWideEnd = row.result === 'never' && row.wideResult === true;

  test('is refused with any one parameter of another type, one more, one less, another result', () => {
    const wrong: FunctionType[] = [
      ...params.flatMap((right, i) =>
        (['i32', 'i64', 'f32', 'f64', 'v128', 'externref'] as const)
          .filter((type) => type !== right)
          .map((type) => ({ params: params.with(i, type as 'i32'), results })),
      ),
      { params: [...params, 'i32'], results },
      ...(params.length > 0 ? [{ params: params.slice(1), results }] : []),
      ...(isWideEnd ? [] : [{ params, results: results.length === 0 ? ['i32' as const] : [] }]),
      { params, results: results[0] === 'i64' ? ['i32'] : ['i64'] },
    ];
    for (const type of wrong) {
      expect(() => checkImports([imported(row.module, row.name, type)])).toThrow(
        expect.objectContaining({ name: 'ModuleError', code: 'ENOEXEC' }),
      );
    }
  });
});

test('a call of Linux that never returns may be imported without its result', () => {
  expect(checkImports([imported('wali', 'SYS_exit', { params: ['i32'], results: [] })])).toEqual([]);
});

test('the refusal names module, function, what was found and what is wanted', () => {
  const type: FunctionType = { params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'] };
  expect(() => checkImports([imported('wasi_snapshot_preview1', 'fd_write', type)])).toThrow(
    'the program imports "wasi_snapshot_preview1"."fd_write" as (i32, i64, i32, i32) → i32, but it is (i32, i32, i32, i32) → i32',
  );
});

test('what nobody provides is told with its type', () => {
  const type: FunctionType = { params: ['externref'], results: ['i64', 'f32'] };
  expect(checkImports([imported('env', 'mine', type)])).toEqual([
    { module: 'env', name: 'mine', params: ['externref'], results: ['i64', 'f32'] },
  ]);
});

test.each(['v128', 'exnref'] as const)('a function with %s is refused: no host could provide it', (odd) => {
  for (const type of [
    { params: [odd], results: [] },
    { params: [], results: [odd] },
  ]) {
    expect(() => checkImports([imported('env', 'mine', type)])).toThrow(`no host can provide a function with ${odd}`);
  }
});

test('imports that are no functions are refused', () => {
  const global: ModuleImport = { module: 'env', name: 'g', kind: 'global', type: { value: 'i32', isMutable: false } };
  expect(() => checkImports([global])).toThrow('the program imports the global "env"."g", which nobody provides');
});

test.each<[ValueType[], unknown]>([
  [[], undefined],
  [['i32'], 52],
  [['f64'], 52],
  [['funcref'], null],
])('a stub of %j returns %j', (results, value) => {
  expect(stubResult(results, 52)).toEqual(value);
});

test('a stub of 64-bit integers returns bigints', () => {
  expect(stubResult(['i64'], 52)).toBe(52n);
  expect(stubResult(['i64', 'externref', 'f32'], 52)).toEqual([52n, null, 52]);
});
