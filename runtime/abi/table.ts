// The table of calls: the one list that routing, import objects, mailboxes, traces, counters, the manual page and the
// sweeps of bad arguments derive from. A new ABI adds a file of rows with numbers of its own and is listed here.

import { ASSEMBLYSCRIPT_ROWS } from './env/rows.ts';
import { type Row, type WasmType, wasmTypeOf } from './row.ts';
import { WASI_ROWS } from './wasi/rows.ts';
import { UNSTABLE_ROWS } from './wasi/unstable.ts';

/** Every row, by rising number. */
export const TABLE: readonly Row[] = [...WASI_ROWS, ...ASSEMBLYSCRIPT_ROWS, ...UNSTABLE_ROWS].sort(
  (a, b) => a.number - b.number,
);

const BY_NUMBER: readonly (Row | undefined)[] = TABLE.reduce<(Row | undefined)[]>(
  (rows, row) => {
    rows[row.number] = row;
    return rows;
  },
  [undefined],
);

/** One more than the highest call number: the length of an array that is indexed by call numbers. */
export const TABLE_SIZE = BY_NUMBER.length;

const BY_NAME: ReadonlyMap<string, Row> = new Map(TABLE.map((row) => [nameKey(row.module, row.name), row]));

/** A function's type as a module's import section gives it. */
export interface Signature {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** The row of a call number; undefined for one that has none, also for zero. Any number is allowed. */
export function rowByNumber(number: number): Row | undefined {
  return BY_NUMBER[number];
}

/** The row that serves an import, or undefined when nobody provides it. For link time. */
export function findRow(module: string, name: string): Row | undefined {
  return BY_NAME.get(nameKey(module, name));
}

/** The type with which a module imports a row. For link time. */
export function signatureOf(row: Row): Signature {
  return { params: row.params.map(wasmTypeOf), results: resultTypes(row) };
}

function resultTypes(row: Row): readonly WasmType[] {
  switch (row.result) {
    case 'errno':
      return ['i32'];
    case 'f64':
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
