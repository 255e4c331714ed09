// Generates, without any compiler, the guest that measures a call: a small module that times batches of the call from
// inside, with the clock that it imports. One and the same module runs under every host that is compared. Its imports have
// the signatures of the table of calls. Knows no host and no particular call; see calls.ts for those.
//
//   memory   0      variables, structs and paths that the operations name
//            64 KiB SAMPLES: float64 milliseconds, one a batch
//            128 KiB BUFFER: 64 KiB for transfers
//
// Source: WebAssembly core specification, chapter 5.

import type { Row, WasmType } from '../abi/row.ts';
import { findRow, signatureOf } from '../abi/table.ts';

/** Where calls are imported from. */
const MODULES = ['wasi_snapshot_preview1', 'env', 'wali'] as const;

export const SAMPLES = 0x10000;
export const BUFFER = 0x20000;
export const BUFFER_BYTES = 0x10000;
export const BATCHES_MAX = (BUFFER - SAMPLES) / 8;
const PAGES = 3;

/** A constant, or the 32-bit word at an address when the call is made. */
export type Operand = number | bigint | { readonly load: number };

export interface Operation {
  /** A name of the table. */
  readonly call: string;
  readonly operands: readonly Operand[];
}

/** What the guest does. All operations must succeed: error numbers are collected. */
export interface GuestPlan {
  readonly data: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Names of empty files in its directory, which must be there before `prepare`. */
  readonly entries: readonly string[];
  /** Makes them, where the host has not. */
  readonly populate: readonly Operation[];
  /** Once, before anything is measured. */
  readonly prepare: readonly Operation[];
  /** Before each batch, not timed. */
  readonly reset: readonly Operation[];
  /** What is timed. */
  readonly measured: readonly Operation[];
  /** Once, at the end. */
  readonly finish: readonly Operation[];
}

/** The exported functions; each returns 0, or the bits of all error numbers that it met. */
export interface GuestExports {
  populate(): number;
  prepare(): number;
  /** Times `batches` batches of `calls` calls each into SAMPLES. */
  sample(batches: number, calls: number): number;
  finish(): number;
}

/** The row of a measured call, by its name. */
export function rowOf(call: string): Row | undefined {
  return MODULES.map((module) => findRow(module, call)).find((row) => row !== undefined);
}

/** The bytes of the module; it exports its memory as `memory` and the functions of GuestExports. */
export function generateGuest(plan: GuestPlan): Uint8Array<ArrayBuffer> {
  const imports = new Imports([...plan.populate, ...plan.prepare, ...plan.reset, ...plan.measured, ...plan.finish]);
  const none = imports.type([], ['i32']);
  const pair = imports.type(['i32', 'i32'], ['i32']);
  const bodies = [
    ...[plan.populate, plan.prepare, plan.finish].map((operations) => simpleBody(imports, operations)),
    sampleBody(imports, plan),
  ];
  const first = imports.count;
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(imports.types)),
    ...section(2, vector(imports.entries)),
    ...section(3, vector([none, none, none, pair].map(unsigned))),
    ...section(5, vector([[1, ...unsigned(PAGES), ...unsigned(PAGES)]])),
    ...section(
      7,
      vector([
        [...name('memory'), 2, 0],
        [...name('populate'), 0, ...unsigned(first)],
        [...name('prepare'), 0, ...unsigned(first + 1)],
        [...name('finish'), 0, ...unsigned(first + 2)],
        [...name('sample'), 0, ...unsigned(first + 3)],
      ]),
    ),
    ...section(10, vector(bodies.map((body) => [...unsigned(body.length), ...body]))),
    ...section(
      11,
      vector(plan.data.map(({ at, bytes }) => [0, ...constant('i32', at), END, ...unsigned(bytes.length), ...bytes])),
    ),
  ]);
}

const TYPE_BYTES: { readonly [type in WasmType]: number } = { i32: 0x7f, i64: 0x7e, f64: 0x7c };
const END = 0x0b;
const I32_EQZ = 0x45;
const I64_LT_S = 0x53;
const I32_ADD = 0x6a;
const I32_OR = 0x72;
const F64_SUB = 0xa1;
const CLOCK: Operation = { call: 'performance.now', operands: [] };

/** The functions that a module imports, each once, and the types of all its functions. */
class Imports {
  readonly types: number[][] = [];
  readonly entries: number[][] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #rows = new Map<string, Row>();

  constructor(operations: readonly Operation[]) {
    for (const { call } of [...operations, CLOCK]) {
      if (this.#indexOf.has(call)) continue;
      const row = rowOf(call);
      if (row === undefined) throw new Error(`there is no call ${call}`);
      const { params, results } = signatureOf(row);
      this.#rows.set(call, row);
      this.#indexOf.set(call, this.entries.length);
      this.entries.push([...name(row.module), ...name(call), 0, ...unsigned(this.type(params, results))]);
    }
  }

  get count(): number {
    return this.entries.length;
  }

  type(params: readonly WasmType[], results: readonly WasmType[]): number {
    const of = (types: readonly WasmType[]): number[] => vector(types.map((type) => [TYPE_BYTES[type]]));
    return this.types.push([0x60, ...of(params), ...of(results)]) - 1;
  }

  /** Instructions that make the call and leave its result on the stack. */
  call({ call, operands }: Operation): number[] {
    const row = this.#rows.get(call);
    const index = this.#indexOf.get(call);
    if (row === undefined || index === undefined) throw new Error(`${call} was not imported`);
    const { params } = signatureOf(row);
    if (params.length !== operands.length) throw new Error(`${call} takes ${params.length} operands`);
    // Of a call of Linux's whether it failed is told by the sign.
    const error = row.wideResult ? [...constant('i64', 0), I64_LT_S] : [];
    return [...params.flatMap((type, i) => push(type, operands[i])), 0x10, ...unsigned(index), ...error];
  }
}

function push(type: WasmType, operand: Operand | undefined): number[] {
  if (typeof operand === 'object') return [...constant('i32', operand.load), 0x28, 2, 0];
  return constant(type, operand ?? 0);
}

function constant(type: WasmType, value: number | bigint): number[] {
  if (type === 'f64') throw new Error('no call that is measured takes a float');
  return [type === 'i32' ? 0x41 : 0x42, ...signed(BigInt(value))];
}

/** Makes operations one after another, collecting error numbers in a local. */
function perform(imports: Imports, operations: readonly Operation[], errors: number): number[] {
  return operations.flatMap((operation) => [0x20, errors, ...imports.call(operation), I32_OR, 0x21, errors]);
}

function simpleBody(imports: Imports, operations: readonly Operation[]): number[] {
  return [...[1, 1, TYPE_BYTES.i32], ...perform(imports, operations, 0), 0x20, 0, END];
}

/** Locals: 0 batches, 1 calls, 2 errors, 3 address of the next sample, 4 calls to make, 5 start. */
function sampleBody(imports: Imports, { reset, measured }: GuestPlan): number[] {
  const [batches, calls, errors, at, left, start] = [0, 1, 2, 3, 4, 5] as const;
  const decrement = (local: number): number[] => [0x20, local, ...constant('i32', -1), I32_ADD, 0x22, local];
  const batch = [
    ...perform(imports, reset, errors),
    ...[0x20, calls, 0x21, left],
    ...[...imports.call(CLOCK), 0x21, start],
    // Guarded, so that no calls at all give the clock's own cost.
    ...[0x20, calls, I32_EQZ, I32_EQZ, 0x04, 0x40, 0x03, 0x40],
    ...perform(imports, measured, errors),
    ...[...decrement(left), 0x0d, 0, END, END],
    ...[0x20, at, ...imports.call(CLOCK), 0x20, start, F64_SUB, 0x39, 3, 0],
    ...[0x20, at, ...constant('i32', 8), I32_ADD, 0x21, at],
  ];
  return [
    ...[2, 3, TYPE_BYTES.i32, 1, TYPE_BYTES.f64],
    ...[...constant('i32', SAMPLES), 0x21, at],
    ...[0x03, 0x40, ...batch, ...decrement(batches), 0x0d, 0, END],
    ...[0x20, errors, END],
  ];
}

function section(id: number, body: readonly number[]): number[] {
  return [id, ...unsigned(body.length), ...body];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
