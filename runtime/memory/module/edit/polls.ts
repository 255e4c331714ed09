// Puts a call of an empty function before each instruction that may take long: bulk ones, on memory and tables. Engines look for
// a request to end a thread where a function begins, but in the loops of unoptimised code only once in about a million bytes of
// executed instructions: nothing for arithmetic, 2 s (V8 11.3) to 15 s (14.6) for copies of 8 MiB each. With the calls it is
// one instruction's time. In programs that have threads see fresh-pages.ts too. Called by rewrite.ts, through code.ts.

import { BULK, BULK_PREFIX } from '../instructions.ts';
import { u32Behind } from './bytes.ts';
import type { CallRule } from './code.ts';

const OF_TABLES: readonly number[] = [BULK.tableInit, BULK.tableCopy, BULK.tableGrow, BULK.tableFill];
const OF_MEMORY: readonly number[] = [BULK.memoryInit, BULK.memoryCopy, BULK.memoryFill];

/** Before bulk instructions of all kinds. */
export const POLL = pollBefore([...OF_MEMORY, ...OF_TABLES]);
/** Before those on tables alone. */
export const POLL_TABLES = pollBefore(OF_TABLES);

function pollBefore(numbers: readonly number[]): CallRule {
  const slow = new Set(numbers);
  return {
    opcode: BULK_PREFIX,
    matches: (bytes, at) => slow.has(u32Behind(bytes, at)),
    isReplaced: false,
    types: [[0x60, 0, 0]], // (func)
    body: () => [0, 0x0b],
  };
}
