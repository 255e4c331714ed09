// Puts a call of an empty function before each instruction that may take long: bulk ones, on memory and tables. Engines look for
// a request to end a thread where a function begins, but in the loops of unoptimised code only once in about a million bytes of
// executed instructions: nothing for arithmetic, 2 s (V8 11.3) to 15 s (14.6) for copies of 8 MiB each. With the calls it is
// one instruction's time. Called by rewrite.ts, through code.ts.

import { BULK, BULK_PREFIX } from '../instructions.ts';
import { u32Behind } from './bytes.ts';
import type { CallRule } from './code.ts';

const SLOW: ReadonlySet<number> = new Set([
  BULK.memoryInit,
  BULK.memoryCopy,
  BULK.memoryFill,
  BULK.tableInit,
  BULK.tableCopy,
  BULK.tableGrow,
  BULK.tableFill,
]);

export const POLL: CallRule = {
  opcode: BULK_PREFIX,
  matches: (bytes, at) => SLOW.has(u32Behind(bytes, at)),
  isReplaced: false,
  type: [0x60, 0, 0], // (func)
  body: () => [0, 0x0b],
};
