// Replaces `memory.size` and `memory.grow` by calls of the machine's. An engine's memory cannot shrink, so one that is used
// again is as large as its largest user made it; with the calls every program finds the size that it declares, and may grow
// to its own limit. Called by rewrite.ts, through code.ts.

import type { CallRule } from './code.ts';
import { END, FUNC, I32, local, MEMORY_CALL, through } from './memory-table.ts';

/** Most bytes of the number of a memory. */
const INDEX_BYTES = 5;

/** @param tableIndex of the machine's table */
export function sizeRules(tableIndex: number): CallRule[] {
  const size: CallRule = {
    opcode: 0x3f,
    matches: isOfMemory0,
    isReplaced: true,
    types: [[FUNC, 0, 1, I32]],
    body: (type) => [0, ...through(MEMORY_CALL.size, type, tableIndex), END],
  };
  const grow: CallRule = {
    opcode: 0x40,
    matches: isOfMemory0,
    isReplaced: true,
    types: [[FUNC, 1, I32, 1, I32]],
    body: (type) => [0, ...local(0), ...through(MEMORY_CALL.grow, type, tableIndex), END],
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
