// Values that go from JavaScript into a WebAssembly function, checked against the function's type before they cross: the
// engine itself would wrap a number that is too large, take a missing one for 0, and throw only for a bigint in its place.
// Used by library calls and host functions on the booting thread, and by whoever turns text into arguments.
// See: WebAssembly JavaScript interface, ToWebAssemblyValue.

import type { FunctionType, ValueType } from '../../memory/module/index.ts';
import { invalidType, invalidValue, outOfRange } from './arguments.ts';

/** A value that a WebAssembly function takes or gives. */
export type WasmValue = number | bigint;

/** The types whose values JavaScript has: no vectors, no references. */
export type NumberType = 'i32' | 'i64' | 'f32' | 'f64';

/** Signed or unsigned, as the function takes it: both have the same bits. */
const I32 = { least: -(2 ** 31), most: 2 ** 32 - 1, range: '>= -(2 ** 31) && < 2 ** 32' } as const;
const I64_LEAST = -(2n ** 63n);
const I64_MOST = 2n ** 64n - 1n;
const I64_RANGE = '>= -(2n ** 63n) && < 2n ** 64n';

/** Whether values of a type can be passed. */
export function isNumberType(type: ValueType): type is NumberType {
  return type === 'i32' || type === 'i64' || type === 'f32' || type === 'f64';
}

/** The first type of a function's that JavaScript has no values for; undefined: it can be called. */
export function uncallable({ params, results }: FunctionType): ValueType | undefined {
  return [...params, ...results].find((type) => !isNumberType(type));
}

/** Whether a value is a bigint of 64 bits, signed or unsigned. */
export function isI64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= I64_LEAST && value <= I64_MOST;
}

/** Whether a value can be passed as it is: as checkWasmValue, without an error and without converting. */
export function isWasmValue(value: unknown, type: NumberType): boolean {
  switch (type) {
    case 'i32':
      // Signed and unsigned: one of both conversions leaves the number as it is.
      return typeof value === 'number' && ((value | 0) === value || value >>> 0 === value);
    case 'i64':
      return isI64(value);
    case 'f32':
    case 'f64':
      return typeof value === 'number';
  }
}

/**
 * Checks one value: an i32 is a whole number, signed or unsigned; an i64 a bigint, or a whole number that is exact; f32 and f64
 * are any number.
 *
 * @param name of the argument, for the error: `args[1]`
 * @returns the value as the engine wants it: a bigint for an i64
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
 */
export function checkWasmValue(name: string, value: unknown, type: NumberType): WasmValue {
  switch (type) {
    case 'i32':
      if (typeof value !== 'number') throw invalidType(name, 'of type number for an i32', value);
      if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
      if (value < I32.least || value > I32.most) throw outOfRange(name, I32.range, value);
      return value;
    case 'i64':
      return checkI64(name, value);
    case 'f32':
    case 'f64':
      if (typeof value !== 'number') throw invalidType(name, `of type number for an ${type}`, value);
      return value;
  }
}

function checkI64(name: string, value: unknown): bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw outOfRange(name, 'a safe integer, or a bigint', value);
    return BigInt(value);
  }
  if (typeof value !== 'bigint') throw invalidType(name, 'of type bigint or number for an i64', value);
  if (value < I64_LEAST || value > I64_MOST) throw outOfRange(name, I64_RANGE, value);
  return value;
}

/**
 * Checks the arguments of a call.
 *
 * @param name of the argument list, for the error: `args`
 * @param what the function's name
 * @returns the values as the engine wants them
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE; ERR_INVALID_ARG_VALUE: another number of them, or a function that takes or
 * gives what JavaScript has no values for.
 */
export function checkWasmValues(
  name: string,
  values: readonly unknown[],
  type: FunctionType,
  what: string,
): WasmValue[] {
  checkCount(name, values, type, what);
  return type.params.map((param, index) => checkWasmValue(`${name}[${index}]`, values[index], param as NumberType));
}

/** Whether a function can be called with so many arguments. Errors: ERR_INVALID_ARG_VALUE. */
export function checkCount(name: string, values: readonly unknown[], type: FunctionType, what: string): void {
  const foreign = uncallable(type);
  if (foreign !== undefined) {
    throw invalidValue(name, values, `cannot be given: ${what} takes or gives a ${foreign}, which JavaScript has not`);
  }
  const { length } = type.params;
  if (values.length !== length) {
    throw invalidValue(name, values, `must have ${length} ${length === 1 ? 'value' : 'values'}, as ${what} takes`);
  }
}
