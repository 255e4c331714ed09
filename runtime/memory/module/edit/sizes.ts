// Replaces `memory.size` and `memory.grow` by calls of the machine's. An engine's memory cannot shrink, so one that is used
// again is as large as its largest user made it; with the calls every program finds the size that it declares, and may grow
// to its own limit. A new import would shift the indexes of functions: the calls go through a table of the machine's own,
// appended to the module's, which is filled when the instance is there (core/memory-calls.ts). An instance's start function may
// call them already, so it becomes an export that is called after that.
// Called by rewrite.ts, through code.ts.

import { LIMIT_FLAG } from '../features.ts';
import { concatenated, u32Bytes } from './bytes.ts';
import type { CallRule } from './code.ts';

/** Entries of the table. */
export const MEMORY_CALL = { size: 0, grow: 1 } as const;
const ENTRIES = 2;
const I32 = 0x7f;
const FUNCREF = 0x70;
/** Most bytes of the number of a memory. */
const INDEX_BYTES = 5;

/** The table, as an entry of the table section. */
export const MEMORY_CALLS_TABLE = [FUNCREF, LIMIT_FLAG.maximum, ENTRIES, ENTRIES] as const;

/** @param tableIndex of the machine's table */
export function sizeRules(tableIndex: number): CallRule[] {
  const through = (entry: number, typeIndex: number): Uint8Array =>
    concatenated([0x41, entry, 0x11], u32Bytes(typeIndex), u32Bytes(tableIndex), [0x0b]); // i32.const, call_indirect, end
  const size: CallRule = {
    opcode: 0x3f,
    matches: isOfMemory0,
    isReplaced: true,
    type: [0x60, 0, 1, I32],
    body: (typeIndex) => concatenated([0], through(MEMORY_CALL.size, typeIndex)),
  };
  const grow: CallRule = {
    opcode: 0x40,
    matches: isOfMemory0,
    isReplaced: true,
    type: [0x60, 1, I32, 1, I32],
    body: (typeIndex) => concatenated([0, 0x20, 0], through(MEMORY_CALL.grow, typeIndex)), // local.get 0
  };
  return [size, grow];
}

/** There is one memory; its number, 0, may be written with more bytes than it needs. */
function isOfMemory0(bytes: Uint8Array, at: number): boolean {
  for (let i = 1; i <= INDEX_BYTES; i++) {
    const byte = bytes[at + i];
    if (byte === 0) return true;
    if (byte !== 0x80) return false;
  }
  return false;
}
