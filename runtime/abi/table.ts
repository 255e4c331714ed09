// The table of calls: the one list that routing, import objects, mailboxes, traces, counters, the manual page and the
// sweeps of bad arguments derive from. A new ABI is a folder with rows of numbers of their own, and is listed here.

import { ASSEMBLYSCRIPT } from './env/rows.ts';
import { LINUX } from './linux/rows.ts';
import { FOREIGN_MPI } from './mpi/foreign.ts';
import { MPI } from './mpi/rows.ts';
import { type Abi, type Row, type WasmType, wasmTypeOf } from './row.ts';
import { WASI } from './wasi/rows.ts';
import { WASI_UNSTABLE } from './wasi/unstable.ts';
import { WASI_THREADS } from './wasi-threads/rows.ts';

/** The calls of some ABIs. */
export class CallTable {
  /** By rising number. */
  readonly rows: readonly Row[];
  readonly #byName = new Map<string, Row>();
  readonly #abis = new Map<string, Abi>();

  constructor(abis: readonly Abi[]) {
    this.rows = abis.flatMap(({ rows }) => rows).sort((a, b) => a.number - b.number);
    for (const row of this.rows) this.#byName.set(nameKey(row.module, row.name), row);
    for (const abi of abis) for (const { module } of abi.rows) this.#abis.set(module, abi);
  }

  /** The row that serves an import, or undefined when nobody provides it. For link time. */
  find(module: string, name: string): Row | undefined {
    return this.#byName.get(nameKey(module, name));
  }

  /** The ABI that is imported by a module's name. For link time. */
  abiOf(module: string): Abi | undefined {
    return this.#abis.get(module);
  }
}

export const CALLS = new CallTable([WASI, FOREIGN_MPI, ASSEMBLYSCRIPT, WASI_UNSTABLE, WASI_THREADS, LINUX, MPI]);
export const TABLE = CALLS.rows;
/** One more than the highest call number: the length of an array that is indexed by call numbers. */
export const TABLE_SIZE = (TABLE.at(-1)?.number ?? 0) + 1;

export function findRow(module: string, name: string): Row | undefined {
  return CALLS.find(module, name);
}

/** A function's type as a module's import section gives it. */
export interface Signature {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** The type with which a module imports a row. For link time. */
export function signatureOf(row: Row): Signature {
  return { params: row.params.map(wasmTypeOf), results: resultTypes(row) };
}

function resultTypes(row: Row): readonly WasmType[] {
  if (row.wideResult) return ['i64'];
  switch (row.result) {
    case 'errno':
    case 'value':
      return ['i32'];
    case 'value64':
      return ['i64'];
    case 'number':
      return ['f64'];
    case 'none':
    case 'never':
      return [];
  }
}

// A NUL keeps module and name apart: ('a.b', 'c') is not ('a', 'b.c').
function nameKey(module: string, name: string): string {
  return `${module}\0${name}`;
}
