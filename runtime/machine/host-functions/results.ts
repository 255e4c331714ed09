// What host functions give back, checked against the type with which the program imports them; and the error that tells of one
// that failed.

import { FusedError } from '../errors.ts';
import { checkArray, invalidType, invalidValue } from '../values/arguments.ts';
import { checkWasmValue, type NumberType, type WasmValue } from '../values/wasm-values.ts';
import type { HostImport } from './imports.ts';

/**
 * The values that a function gave, one a result.
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_INVALID_ARG_VALUE, which name the function.
 */
export function checkResults({ module, name, results }: HostImport, value: unknown): WasmValue[] {
  const what = `result of ${module}.${name}`;
  const types = results as readonly NumberType[];
  if (types.length === 0) return [];
  const [first] = types;
  if (types.length === 1 && first !== undefined) return [checkWasmValue(what, value, first)];
  checkArray(what, value);
  if (value.length !== types.length) throw invalidValue(what, value, `must have ${types.length} values`);
  return types.map((type, i) => checkWasmValue(`${what}[${i}]`, value[i], type));
}

/** As checkResults, for a function that cannot be waited for. @returns the value as the engine wants it */
export function checkResultNow(host: HostImport, value: unknown): unknown {
  if (value instanceof Promise) {
    value.catch(() => {});
    throw invalidType(`result of ${host.module}.${host.name}`, 'a value: nobody can wait for a promise here', value);
  }
  const values = checkResults(host, value);
  return values.length < 2 ? values[0] : values;
}

/** A host function threw, or gave what the program cannot take: the program is ended by it. */
export function hostFunctionError({ module, name }: Pick<HostImport, 'module' | 'name'>, cause: unknown): FusedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FusedError('EHOSTFUNC', `the host function ${module}.${name} failed: ${reason}`, { cause });
}
