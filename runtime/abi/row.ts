// The shape of a row of the table of calls, and the types that derive from it.
// Rows are plain values: routing, imports, mailboxes, traces, the manual page and the sweeps of bad arguments read them.

import type { ErrnoName } from './errno.ts';
import type { Fd, GuestPtr } from './types.ts';
import type { StructName } from './wasi/structs.ts';

/**
 * What a parameter is:
 * `fd` a descriptor; `ptr` an address (see `to`, `direction`, `count`); `size` a count of elements or bytes of the pointer
 * parameter that names it; `u32`, `s32` and `f64` numbers; `u64`, `s64` 64-bit integers, `bigint` at the ABI.
 */
export type ParamKind = 'fd' | 'ptr' | 'size' | 'u32' | 's32' | 'u64' | 's64' | 'f64';
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

/** `cnk`: CNK's own; `linux`: Linux's; `fd`: whoever owns the descriptor that the first `fd` parameter names. */
export type Home = 'cnk' | 'linux' | 'fd';
/** `errno`: zero or an error number; `none`: no value; `never`: does not return; `f64`: a number. */
export type ResultKind = 'errno' | 'none' | 'never' | 'f64';
export type Support = 'full' | 'partial' | 'none';

export interface Row {
  readonly module: 'wasi_snapshot_preview1' | 'wasi_unstable' | 'env';
  readonly name: string;
  /** Unique over all modules; what a mailbox carries. Zero is the monitor's own (see channel/layout). */
  readonly number: number;
  readonly home: Home;
  readonly summary: string;
  readonly params: readonly Param[];
  readonly result: ResultKind;
  /** Error and cause. */
  readonly errors: { readonly [name in ErrnoName]?: string };
  /** Whether it may wait for an event. */
  readonly blocks: boolean;
  readonly support: Support;
  /** What of it is not supported, or differs from its standard. */
  readonly note?: string;
}

type ValueOf<K extends ParamKind> = K extends 'fd'
  ? Fd
  : K extends 'ptr'
    ? GuestPtr
    : K extends 'u64' | 's64'
      ? bigint
      : number;
type ValuesOf<P extends readonly Param[]> = { -readonly [I in keyof P]: ValueOf<P[I]['kind']> };

/**
 * The function that serves a row: arguments as the guest gave them (pointers unchecked, `u32` not yet unsigned);
 * the result is a Linux error number (0: success) or ERESTART, for an `f64` row its number.
 */
export type HandlerOf<R extends Row, Context> = (context: Context, ...args: ValuesOf<R['params']>) => number;

/** One handler a row, by the row's name. */
export type HandlersOf<R extends Row, Context> = {
  readonly [Name in R['name']]: HandlerOf<Extract<R, { name: Name }>, Context>;
};

/** A handler whose row is not known at compile time. */
export type AnyHandler<Context> = (context: Context, ...args: never[]) => number;

const WASM_TYPES: { readonly [kind in ParamKind]: WasmType } = {
  fd: 'i32',
  ptr: 'i32',
  size: 'i32',
  u32: 'i32',
  s32: 'i32',
  u64: 'i64',
  s64: 'i64',
  f64: 'f64',
};

/** The WebAssembly type that a parameter has in an import. */
export function wasmTypeOf(param: Param): WasmType {
  return WASM_TYPES[param.kind];
}
