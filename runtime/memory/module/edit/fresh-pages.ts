// Lets bulk instructions reach pages that another thread has just grown. An engine compares their range with a size that it keeps for
// each instance, and brings up to date in other threads a little later (V8: when they next look for interrupts): until then they trap
// there, while plain loads and stores do not. `memory.grow` by nothing brings it up to date, but takes long (6 to 20 µs); so `memory.copy`
// and `memory.fill` become calls of functions that do it only when the range is beyond the size that the instance knows. `memory.init`
// names its segment: before it stands a call of such a function, which gives its operands back. The calls are polls at once (see polls.ts).
// For programs that have threads. Called by rewrite.ts, through code.ts.

import { BULK, BULK_PREFIX } from '../instructions.ts';
import { mayBeBehind, u32sBehind } from './bytes.ts';
import type { CallRule } from './code.ts';
import { END, FUNC, I32, local } from './memory-table.ts';

const I64_EXTEND_I32_U = 0xad;
/** i32.const 0, memory.grow, drop. */
const REFRESH = [0x41, 0, 0x40, 0, 0x1a];
/** (func (param i32 i32 i32)) */
const TAKES_RANGE = [FUNC, 3, I32, I32, I32, 0];

export const FRESH_PAGES: readonly CallRule[] = [
  {
    ...ruleOf(BULK.memoryCopy, 2),
    isReplaced: true,
    types: [TAKES_RANGE],
    // Of source and destination the higher one: i32.gt_u, select.
    body: () => withRange([...local(0), ...local(1), ...local(0), ...local(1), 0x4b, 0x1b], [BULK.memoryCopy, 0, 0]),
  },
  {
    ...ruleOf(BULK.memoryFill, 1),
    isReplaced: true,
    types: [TAKES_RANGE],
    body: () => withRange(local(0), [BULK.memoryFill, 0]),
  },
  {
    ...ruleOf(BULK.memoryInit),
    isReplaced: false,
    types: [[FUNC, 3, I32, I32, I32, 3, I32, I32, I32]],
    body: () => withRange(local(0)),
  },
];

/** @param memories how many of its numbers are that of a memory: of another than the first it is left for the engine to refuse */
function ruleOf(number: number, memories = 0): Pick<CallRule, 'opcode' | 'matches'> {
  return {
    opcode: BULK_PREFIX,
    matches: (bytes, at) => {
      if (!mayBeBehind(bytes, at, number)) return false;
      const [first, ...rest] = u32sBehind(bytes, at, 1 + memories);
      return first === number && rest.every((memory) => memory === 0);
    },
  };
}

/**
 * A function's body, with a range's length as its third parameter.
 *
 * @param start puts the beginning of the range on the stack
 * @param instruction without its prefix; absent: the function returns its parameters
 */
function withRange(start: readonly number[], instruction?: readonly number[]): number[] {
  return [
    ...[0, ...start, I64_EXTEND_I32_U, ...local(2), I64_EXTEND_I32_U, 0x7c], // i64.add
    ...[0x3f, 0, I64_EXTEND_I32_U, 0x42, 16, 0x86, 0x56], // memory.size, i64.const 16, i64.shl, i64.gt_u
    ...[0x04, 0x40, ...REFRESH, END], // if
    ...[...local(0), ...local(1), ...local(2), ...(instruction ? [BULK_PREFIX, ...instruction] : []), END],
  ];
}
