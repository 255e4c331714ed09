// Many calls of a library in one message: checked and encoded on the booting thread, run and answered by `batch-run`. Only
// numbers cross, in a few buffers: a structured clone of each call would cost more than the call.
//
//   calls       int32 a call: the index of its function
//   args        8 bytes an argument: a float64, or an int64 for an i64; in the order of the calls
//   references  int32 an argument: 1 + the index of the earlier result that it is, 0: none. Absent: there is none.
//   results     8 bytes a result, as args

import type { FunctionType } from '../../memory/module/index.ts';
import { checkArray, checkKnown, checkString, invalidValue, nearest } from '../values/arguments.ts';
import { checkCount, checkWasmValue, isWasmValue, type NumberType, type WasmValue } from '../values/wasm-values.ts';

/** The result of an earlier call of the same batch, by that call's index. */
export interface EarlierResult {
  readonly result: number;
}

/** A call of a batch: the function's name, then its arguments. */
export type BatchCall = readonly [name: string, ...args: (WasmValue | EarlierResult)[]];

export interface BatchFunction {
  readonly name: string;
  readonly params: readonly NumberType[];
  readonly results: readonly NumberType[];
}

/** As it crosses to the core. */
export interface Batch {
  readonly functions: readonly BatchFunction[];
  readonly calls: Int32Array<ArrayBuffer>;
  readonly args: ArrayBuffer;
  readonly references: Int32Array<ArrayBuffer> | undefined;
  /** Of all calls together. */
  readonly resultCount: number;
}

/** The functions that a program exports, by name. */
export type Functions = ReadonlyMap<string, FunctionType>;

/** A function of the program's. Errors: ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE when there is none, with the nearest. */
export function findFunction(option: string, name: unknown, functions: Functions): FunctionType {
  checkString(option, name);
  const type = functions.get(name);
  if (type !== undefined) return type;
  const names = [...functions.keys()];
  const near = nearest(name, names);
  const hint = near === undefined ? `: ${names.join(', ')}` : `; did you mean ${near}?`;
  throw invalidValue(option, name, `must be a function that the program exports${hint}`);
}

/**
 * Checks and encodes the calls of a batch.
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, which name the call: `calls[3][1]`.
 */
export function encodeBatch(calls: unknown, functions: Functions): Batch {
  checkArray('calls', calls);
  return new Encoder(calls, functions).encode();
}

class Encoder {
  readonly #calls: readonly unknown[];
  readonly #known: Functions;
  readonly #functions: BatchFunction[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #code: Int32Array<ArrayBuffer>;
  readonly #f64: Float64Array<ArrayBuffer>;
  readonly #i64: BigInt64Array<ArrayBuffer>;
  #references: Int32Array<ArrayBuffer> | undefined;
  #args = 0;
  /** The first result of each call. */
  readonly #results: Int32Array;
  #resultCount = 0;

  constructor(calls: readonly unknown[], functions: Functions) {
    this.#calls = calls;
    this.#known = functions;
    let args = 0;
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i];
      if (!Array.isArray(call)) checkArray(`calls[${i}]`, call);
      args += Math.max(0, (call as readonly unknown[]).length - 1);
    }
    this.#code = new Int32Array(calls.length);
    this.#results = new Int32Array(calls.length);
    this.#f64 = new Float64Array(args);
    this.#i64 = new BigInt64Array(this.#f64.buffer);
  }

  encode(): Batch {
    for (let i = 0; i < this.#calls.length; i++) this.#call(i, this.#calls[i] as readonly unknown[]);
    return {
      functions: this.#functions,
      calls: this.#code,
      args: this.#f64.buffer,
      references: this.#references,
      resultCount: this.#resultCount,
    };
  }

  #call(i: number, call: readonly unknown[]): void {
    const index = this.#indexes.get(call[0] as string) ?? this.#addFunction(i, call[0]);
    const { name, params, results } = this.#functions[index] as BatchFunction;
    if (call.length - 1 !== params.length) checkCount(`calls[${i}]`, call.slice(1), { params, results }, name);
    for (let j = 0; j < params.length; j++) this.#argument(i, j, call[j + 1], params[j] as NumberType);
    this.#code[i] = index;
    this.#results[i] = this.#resultCount;
    this.#resultCount += results.length;
  }

  #addFunction(i: number, name: unknown): number {
    const type = findFunction(`calls[${i}][0]`, name, this.#known);
    // Also refuses what JavaScript has no values for, so that only numbers are left.
    checkCount(`calls[${i}]`, (this.#calls[i] as readonly unknown[]).slice(1), type, String(name));
    const index = this.#functions.push({ name, ...type } as BatchFunction) - 1;
    this.#indexes.set(String(name), index);
    return index;
  }

  #argument(i: number, j: number, value: unknown, type: NumberType): void {
    const at = this.#args++;
    if (type !== 'i64' && isWasmValue(value, type)) this.#f64[at] = value as number;
    else if (typeof value === 'object' && value !== null) this.#reference(i, j, at, value, type);
    else this.#put(at, checkWasmValue(`calls[${i}][${j + 1}]`, value, type));
  }

  #put(at: number, value: WasmValue): void {
    if (typeof value === 'bigint') this.#i64[at] = value;
    else this.#f64[at] = value;
  }

  #reference(i: number, j: number, at: number, value: object, type: NumberType): void {
    const name = `calls[${i}][${j + 1}]`;
    checkKnown(name, value, ['result']);
    const { result } = value;
    if (typeof result !== 'number' || !Number.isInteger(result) || result < 0 || result >= i) {
      throw invalidValue(`${name}.result`, result, `must be the index of an earlier call of the batch`);
    }
    const { name: earlier, results } = this.#functions[this.#code[result] as number] as BatchFunction;
    if (results.length !== 1 || results[0] !== type) {
      const given = results.length === 0 ? 'nothing' : results.join(' and ');
      throw invalidValue(`${name}.result`, result, `must be a call that gives an ${type}: ${earlier} gives ${given}`);
    }
    this.#references ??= new Int32Array(this.#f64.length);
    this.#references[at] = (this.#results[result] as number) + 1;
  }
}

/** The results of the first `count` calls of a batch, as those calls would have given them. */
export function decodeResults({ functions, calls }: Batch, results: ArrayBuffer, count: number): unknown[] {
  const f64 = new Float64Array(results);
  const i64 = new BigInt64Array(results);
  const values: unknown[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { results: types } = functions[calls[i] as number] as BatchFunction;
    const read = (k: number): WasmValue => (types[k] === 'i64' ? (i64[at + k] as bigint) : (f64[at + k] as number));
    values.push(types.length === 0 ? undefined : types.length === 1 ? read(0) : types.map((_, k) => read(k)));
    at += types.length;
  }
  return values;
}
