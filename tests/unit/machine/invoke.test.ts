// What text stands for what value, by the type of the parameter.

import { describe, expect, test } from 'vitest';
import type { Program } from '../../../runtime/machine/program.ts';
import { invocationOf } from '../../../runtime/machine/resident/invoke.ts';
import type { ValueType } from '../../../runtime/memory/module/index.ts';

function call(params: readonly ValueType[], args: readonly string[], results: readonly ValueType[] = []): unknown {
  const program = {
    exports: [
      { name: 'f', kind: 'function', type: { params, results } },
      { name: 'memory', kind: 'memory', type: undefined },
    ],
  } as unknown as Program;
  return invocationOf(program, { invoke: { name: 'f', args } })?.args;
}

test.for<[ValueType, string, unknown]>([
  ['i32', '5', 5],
  ['i32', '+5', 5],
  ['i32', '-2147483648', -(2 ** 31)],
  ['i32', '4294967295', 2 ** 32 - 1],
  ['i32', '0xff', 255],
  ['i64', '20', 20n],
  ['i64', '20n', 20n],
  ['i64', '-9223372036854775808', -(2n ** 63n)],
  ['i64', '18446744073709551615', 2n ** 64n - 1n],
  ['f32', '0.5', 0.5],
  ['f32', '3e38', 3e38],
  ['f64', '-1e308', -1e308],
  ['f64', '7', 7],
  ['f64', '-inf', Number.NEGATIVE_INFINITY],
  ['f64', 'Infinity', Number.POSITIVE_INFINITY],
  ['f64', 'nan', Number.NaN],
])('of %s, %s is a value', ([type, text, value]) => {
  expect(call([type], [text])).toEqual([value]);
});

test.for<[ValueType, string]>([
  ['i32', ''],
  ['i32', ' '],
  ['i32', 'x'],
  ['i32', '3n'],
  ['i32', '0.5'],
  ['i32', '1e3'],
  ['i32', '4294967296'],
  ['i32', '-2147483649'],
  ['i64', '0.5'],
  ['i64', '18446744073709551616'],
  ['i64', '-9223372036854775809n'],
  ['f32', '1e39'],
  ['f64', '1e309'],
  ['f64', '5n'],
  ['f64', ''],
  ['f64', 'toString'],
])('of %s, "%s" is refused', ([type, text]) => {
  expect(() => call([type], [text])).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`"${text}" is not an ${type}`) }),
  );
});

describe('a call', () => {
  test('has as many arguments as the function takes', () => {
    expect(() => call(['i32', 'i64'], ['1'])).toThrow('f takes 2 (i32, i64), got 1');
    expect(() => call([], ['1'])).toThrow('f takes no arguments, got 1');
  });

  test.each(['v128', 'externref', 'funcref'] as const)('of a function with a %s is refused', (type) => {
    for (const foreign of [() => call([type], ['1']), () => call([], [], [type])]) {
      expect(foreign).toThrow(expect.objectContaining({ code: 'ENOEXEC', message: expect.stringContaining(type) }));
    }
  });

  test('of what is no function is refused', () => {
    const program = { exports: [{ name: 'memory', kind: 'memory', type: undefined }] } as unknown as Program;
    expect(() => invocationOf(program, { invoke: { name: 'memory', args: [] } })).toThrow('no function memory');
  });
});
