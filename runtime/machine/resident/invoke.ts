// Calling an exported function whose arguments are text: they are read by the function's type, on the booting thread, before
// anything runs.

import type { FunctionType } from '../../memory/module/index.ts';
import { FusedError } from '../errors.ts';
import type { Invocation } from '../messages.ts';
import type { SpawnOptions } from '../options.ts';
import type { Program } from '../program.ts';
import { isWasmValue, type NumberType, uncallable, type WasmValue } from '../values/wasm-values.ts';

/** What a number of each type looks like. */
const FORMS: Readonly<Record<NumberType, string>> = {
  i32: 'a whole number of 32 bits, signed or unsigned',
  i64: 'a whole number of 64 bits, signed or unsigned',
  f32: 'a number of single precision',
  f64: 'a number',
};
const WHOLE = /^([+-]?)(\d+|0[xX][\da-fA-F]+)(n?)$/;
const NOT_FINITE: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
};

/**
 * The call that the option `invoke` asks for; undefined when it asks for none.
 *
 * Errors: ENOEXEC, there is no such function, or it takes or gives what is no number; EINVAL, an argument that does not fit.
 */
export function invocationOf({ exports }: Program, { invoke }: SpawnOptions): Invocation | undefined {
  if (invoke === undefined) return undefined;
  const { name, args } = invoke;
  const type = exports.find((each) => each.kind === 'function' && each.name === name)?.type;
  if (type === undefined) throw new FusedError('ENOEXEC', `the program exports no function ${name}`);
  const foreign = uncallable(type);
  if (foreign !== undefined) {
    throw new FusedError(
      'ENOEXEC',
      `the function ${name} takes or gives a ${foreign}, which cannot be written as text`,
    );
  }
  return { name, args: readArguments(name, args, type) };
}

function readArguments(name: string, args: readonly string[], { params }: FunctionType): WasmValue[] {
  if (args.length !== params.length) {
    const wanted = params.length === 0 ? 'no arguments' : `${params.length} (${params.join(', ')})`;
    throw new FusedError('EINVAL', `${name} takes ${wanted}, got ${args.length}`);
  }
  return args.map((text, index) => {
    const type = params[index] as NumberType;
    const value = read(text, type);
    if (value !== undefined && isWasmValue(value, type)) return value;
    throw new FusedError('EINVAL', `${name}: "${text}" is not an ${type}: ${FORMS[type]}`);
  });
}

/** @returns undefined for text that is no number of the type; it may still be out of its range */
function read(text: string, type: NumberType): WasmValue | undefined {
  const [, sign, digits, suffix] = WHOLE.exec(text) ?? [];
  switch (type) {
    case 'i64':
      return digits === undefined ? undefined : sign === '-' ? -BigInt(digits) : BigInt(digits);
    case 'i32':
      // `n` is a 64-bit integer's.
      if (digits === undefined || suffix !== '') return undefined;
      return sign === '-' ? 0 - Number(digits) : Number(digits);
    case 'f32':
    case 'f64':
      return readFloat(text, type);
  }
}

function readFloat(text: string, type: 'f32' | 'f64'): number | undefined {
  const [, sign = '', word = ''] = /^([+-]?)([a-z]+)$/i.exec(text) ?? [];
  const named = Object.hasOwn(NOT_FINITE, word.toLowerCase()) ? NOT_FINITE[word.toLowerCase()] : undefined;
  if (named !== undefined) return sign === '-' ? -named : named;
  if (text.trim() === '') return undefined;
  const value = Number(text);
  // A number that is written out and becomes infinite does not fit.
  return Number.isFinite(type === 'f32' ? Math.fround(value) : value) ? value : undefined;
}
