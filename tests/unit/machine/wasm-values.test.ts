// What may be passed to a WebAssembly function from JavaScript, at each type's edges.

import { describe, expect, test } from 'vitest';
import { checkWasmValue, checkWasmValues, type NumberType } from '../../../runtime/machine/values/wasm-values.ts';

const WRONG_TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

describe('a value', () => {
  test.for<[NumberType, unknown, unknown]>([
    ['i32', 0, 0],
    ['i32', -(2 ** 31), -(2 ** 31)],
    ['i32', 2 ** 32 - 1, 2 ** 32 - 1],
    ['i64', 5n, 5n],
    ['i64', 5, 5n],
    ['i64', -(2 ** 53) + 1, -(2n ** 53n) + 1n],
    ['i64', -(2n ** 63n), -(2n ** 63n)],
    ['i64', 2n ** 64n - 1n, 2n ** 64n - 1n],
    ['f32', 0.1, 0.1],
    ['f64', Number.NaN, Number.NaN],
    ['f64', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('of %s may be %s', ([type, value, passed]) => {
    expect(checkWasmValue('args[0]', value, type)).toBe(passed);
  });

  test.for<[NumberType, unknown, string]>([
    ['i32', 1n, WRONG_TYPE],
    ['i32', '1', WRONG_TYPE],
    ['i32', undefined, WRONG_TYPE],
    ['i32', null, WRONG_TYPE],
    ['i32', true, WRONG_TYPE],
    ['i32', 0.5, RANGE],
    ['i32', Number.NaN, RANGE],
    ['i32', -(2 ** 31) - 1, RANGE],
    ['i32', 2 ** 32, RANGE],
    ['i64', '1', WRONG_TYPE],
    ['i64', undefined, WRONG_TYPE],
    ['i64', 2 ** 53, RANGE],
    ['i64', 0.5, RANGE],
    ['i64', 2n ** 64n, RANGE],
    ['i64', -(2n ** 63n) - 1n, RANGE],
    ['f32', 1n, WRONG_TYPE],
    ['f64', {}, WRONG_TYPE],
    ['f64', undefined, WRONG_TYPE],
  ])('of %s cannot be %s', ([type, value, code]) => {
    expect(() => checkWasmValue('args[0]', value, type)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('"args[0]"') }),
    );
  });
});

describe('arguments', () => {
  const type = { params: ['i32', 'i64'], results: ['f64'] } as const;

  test('become what the engine takes', () => {
    expect(checkWasmValues('args', [1, 2], type, 'f')).toEqual([1, 2n]);
  });

  test.for([[[1]], [[1, 2, 3]], [[]]])('are as many as the function takes: not %s', ([values]) => {
    expect(() => checkWasmValues('args', values ?? [], type, 'f')).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining('2 values, as f takes'),
      }),
    );
  });

  test('cannot be given to a function of vectors or references', () => {
    for (const foreign of ['v128', 'externref', 'funcref'] as const) {
      for (const odd of [
        { params: [foreign], results: [] },
        { params: [], results: [foreign] },
      ]) {
        expect(() => checkWasmValues('args', [], odd, 'f')).toThrow(
          expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining(foreign) }),
        );
      }
    }
  });
});
