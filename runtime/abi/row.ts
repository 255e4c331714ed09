// The shape of a row of the table of calls, and the types that derive from it.
// Rows are plain values: routing, imports, mailboxes, traces, the manual page and the sweeps of bad arguments read them.

import type { ErrnoName } from './errno.ts';
import type { StructName } from './structs.ts';
import type { Fd, GuestPtr } from './types.ts';

/**
 * What a parameter is:
 * `fd` a descriptor; `ptr` an address (see `to`, `direction`, `count`); `size` a count of elements or bytes of the pointer
 * parameter that names it; `u32`, `s32` and `f64` numbers; `u64`, `s64` 64-bit integers, a `bigint` for the handler; `long` a
 * signed one that handlers take as a number, exact up to 2^53: core/narrow converts it, at a tenth of a bigint's cost.
 */
export type ParamKind = 'fd' | 'ptr' | 'size' | 'u32' | 's32' | 'u64' | 's64' | 'f64' | 'long';
export type WasmType = 'i32' | 'i64' | 'f64';

export interface Param {
  readonly name: string;
  readonly kind: ParamKind;
  /** A named type of the ABI, for traces and the manual: `clockid`, `oflags`, `timestamp` … */
  readonly type?: string;
  /** kind `ptr`: what stands there. */
  readonly to?: StructName;
  /** kind `ptr`: whether the call reads (`in`) or writes (`out`) it. */
  readonly direction?: 'in' | 'out';
  /** kind `ptr`: the name of the parameter that gives the number of elements; absent: one. */
  readonly count?: string;
}

/**
 * `errno`: whether it worked; `value`: a count, an address or the like in 32 bits, `value64` in 64 bits; `number`: any float;
 * `none`: no value; `never`: does not return.
 */
export type ResultKind = 'errno' | 'value' | 'value64' | 'number' | 'none' | 'never';
export type Support = 'full' | 'partial' | 'none';

export interface Row {
  readonly module: string;
  readonly name: string;
  /** Unique over all modules; what a mailbox carries. Zero is the monitor's own (see channel/layout). */
  readonly number: number;
  /**
   * Whose call it is: `cnk`, CNK's own; `core`, the guest's own thread's, under every placement; `linux`; `fd`, of whoever owns the descriptor that its first `fd` parameter names. Each home
   * is a service that core/bind is given.
   */
  readonly home: string;
  readonly summary: string;
  readonly params: readonly Param[];
  readonly result: ResultKind;
  /** The import's result is so wide, whatever the handler's is: core/narrow widens it. */
  readonly wideResult?: true;
  /** Error and cause. */
  readonly errors: { readonly [name in ErrnoName]?: string };
  /** Whether it may wait for an event. */
  readonly blocks: boolean;
  /** A signal's handler ends its wait for good; others go on after a handler that was set so (SA_RESTART). */
  readonly isCutShort?: true;
  readonly support: Support;
  /** What of it is not supported, or differs from its standard. */
  readonly note?: string;
}

/** A row that differs in something. Parameters that are made when they are asked for stay so. */
export function variant(row: Row, other: Partial<Row>): Row {
  return Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(row),
    ...Object.getOwnPropertyDescriptors(other),
  }) as Row;
}

type ValueOf<K extends ParamKind> = K extends 'fd'
  ? Fd
  : K extends 'ptr'
    ? GuestPtr
    : K extends 'u64' | 's64'
      ? bigint
      : number;
type ValuesOf<P extends readonly Param[]> = { -readonly [I in keyof P]: ValueOf<P[I]['kind']> };

/** What modules import from one place, or from several versions of it. */
export interface Abi {
  readonly rows: readonly Row[];
  /** What a guest is given for an error, by Linux's number. What is no error it is given as it is. */
  encodeError(errno: number): number;
}

/**
 * The function that serves a row: arguments as the guest gave them (pointers unchecked, `u32` not yet unsigned);
 * the result is 0 or the value, or −errno by Linux's number; −ERESTART and NOT_SERVED are answers of their own. Of a `number` row
 * it is the number, whatever it is.
 */
export type HandlerOf<R extends Row, Context> = (context: Context, ...args: ValuesOf<R['params']>) => number;

/** One handler a row, by the row's name. */
export type HandlersOf<R extends Row, Context> = {
  readonly [Name in R['name']]: HandlerOf<Extract<R, { name: Name }>, Context>;
};

/** A handler whose row is not known at compile time. */
export type AnyHandler<Context> = (context: Context, ...args: never[]) => number;
/** Index: call number. */
export type HandlerTable<Context> = readonly (AnyHandler<Context> | undefined)[];

/** @param parts rows, and the handlers of some of them by name; a later one of the same row counts */
export function handlersByNumber<Context>(
  ...parts: readonly (readonly [readonly Row[], { readonly [name: string]: AnyHandler<Context> }])[]
): HandlerTable<Context> {
  const handlers: (AnyHandler<Context> | undefined)[] = [];
  for (const [rows, named] of parts)
    for (const { number, name } of rows) handlers[number] = named[name] ?? handlers[number];
  return handlers;
}

const WASM_TYPES: { readonly [kind in ParamKind]: WasmType } = {
  fd: 'i32',
  ptr: 'i32',
  size: 'i32',
  u32: 'i32',
  s32: 'i32',
  u64: 'i64',
  s64: 'i64',
  f64: 'f64',
  long: 'i64',
};

/** Whether a row's result is more than 32 bits: a float64 in a mailbox, as which a `value64` is exact up to 2^53. */
export function isWide({ result }: Row): boolean {
  return result === 'number' || result === 'value64';
}

/** The WebAssembly type that a parameter has in an import. */
export function wasmTypeOf(param: Param): WasmType {
  return WASM_TYPES[param.kind];
}

/** The type as which a handler takes a parameter and a mailbox carries it. */
export function carriedTypeOf({ kind }: Param): WasmType {
  return kind === 'long' ? 'f64' : WASM_TYPES[kind];
}
