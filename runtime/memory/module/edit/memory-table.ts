// The machine's own table in a guest: what calls of the machine go through that stand for instructions (see sizes.ts, waits.ts). A new
// import would shift the indexes of functions; so the table is appended to the module's, and filled when the instance is there
// (core/memory-calls.ts). An instance's start function may make such calls already, so it becomes an export that is called after that.

import { LIMIT_FLAG } from '../features.ts';
import { concatenated, u32Bytes } from './bytes.ts';

/** Entries of the table. */
export const MEMORY_CALL = { size: 0, grow: 1, wait32: 2, wait64: 3, notify: 4 } as const;
const SIZE_ENTRIES = 2;
const ALL_ENTRIES = 5;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
/** The form of a function type. */
export const FUNC = 0x60;
export const END = 0x0b;
const FUNCREF = 0x70;

/** The table, as an entry of the table section. @param hasWaits whether it has more entries than `size` and `grow` */
export function memoryTable(hasWaits: boolean): readonly number[] {
  const entries = hasWaits ? ALL_ENTRIES : SIZE_ENTRIES;
  return [FUNCREF, LIMIT_FLAG.maximum, entries, entries];
}

/** Calls the function at an entry: i32.const, call_indirect. */
export function through(entry: number, typeIndex: number, tableIndex: number): Uint8Array {
  return concatenated([0x41, entry, 0x11], u32Bytes(typeIndex), u32Bytes(tableIndex));
}

/** Takes a local's value. */
export function local(index: number): readonly [number, number] {
  return [0x20, index];
}
