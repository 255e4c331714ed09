// Replaces `memory.atomic.wait32`, `wait64` and `notify` by calls of the machine's, through its table (see memory-table.ts): so that a
// thread that waits can be ended, sleeps on one word whatever it waits for, and is seen by who looks for deadlocks; and because an
// engine is known that compiles them wrong. What an instruction does before it sleeps stays in WebAssembly: an atomic load at the same
// address traps as the instruction would, and a value that differs is told without leaving the guest. No 64-bit number but an expected
// one crosses: a time-out does as a float. Called by rewrite.ts, through code.ts.
// Source: threads proposal, memory.atomic.wait and notify.

import { mayBeBehind, u32Behind, u32sBehind } from './bytes.ts';
import type { CallRule } from './code.ts';
import { END, F64, FUNC, I32, I64, local, MEMORY_CALL, through } from './memory-table.ts';

const ATOMIC_PREFIX = 0xfe;
/** By the number behind the prefix. */
const WAITS = { notify: 0, wait32: 1, wait64: 2 } as const;
const LOAD = { i32: 0x10, i64: 0x11 } as const;
const I32_CONST = 0x41;
/** Bit of an alignment that says that the number of a memory follows. */
const HAS_MEMORY = 0x40;

/** @param tableIndex of the machine's table */
export function waitRules(tableIndex: number): CallRule[] {
  const i32 = { bytes: 4, value: I32, load: [ATOMIC_PREFIX, LOAD.i32, 2, 0], ne: 0x47 };
  const i64 = { bytes: 8, value: I64, load: [ATOMIC_PREFIX, LOAD.i64, 3, 0], ne: 0x52 };
  const wait = (number: number, { bytes, value, load, ne }: typeof i32, entry: number): CallRule => ({
    ...ruleOf(number, bytes),
    types: [
      [FUNC, 4, I32, value, I64, I32, 1, I32],
      [FUNC, 3, I32, value, F64, 1, I32],
    ],
    body: (firstType) => [
      ...[0, ...addressPlusOffset(3)],
      ...[...local(0), ...load, ...local(1), ne, 0x04, I32, I32_CONST, 1, 0x05], // if (result i32) differs: 1, else
      ...[...local(0), ...local(1), ...local(2), 0xb9, ...through(entry, firstType + 1, tableIndex), END, END], // f64.convert_i64_s
    ],
  });
  const notify: CallRule = {
    ...ruleOf(WAITS.notify, 4),
    types: [
      [FUNC, 3, I32, I32, I32, 1, I32],
      [FUNC, 2, I32, I32, 1, I32],
    ],
    body: (firstType) => [
      ...[0, ...addressPlusOffset(2)],
      ...[...local(0), ...i32.load, 0x1a], // drop
      ...[...local(0), ...local(1), ...through(MEMORY_CALL.notify, firstType + 1, tableIndex), END],
    ],
  };
  return [wait(WAITS.wait32, i32, MEMORY_CALL.wait32), wait(WAITS.wait64, i64, MEMORY_CALL.wait64), notify];
}

/** The function is given the instruction's operands and its offset. @param bytes that the instruction looks at */
function ruleOf(number: number, bytes: number): Pick<CallRule, 'opcode' | 'matches' | 'isReplaced' | 'operand'> {
  return {
    opcode: ATOMIC_PREFIX,
    // Of a larger alignment or another memory it is not valid, and is left for the engine to say so; of a smaller one some take it.
    matches: (code, at) => {
      if (!mayBeBehind(code, at, number) || u32Behind(code, at) !== number) return false;
      const { alignment, memory } = partsOf(code, at);
      return 2 ** alignment <= bytes && memory === 0;
    },
    isReplaced: true,
    operand: (instruction) => i32Const(partsOf(instruction, 0).offset),
  };
}

/** Adds the offset to the address in local 0; an address beyond 32 bits is out of bounds. */
function addressPlusOffset(offset: number): number[] {
  const isCarried = [...local(0), ...local(offset), 0x6a, 0x22, 0, ...local(offset), 0x49]; // i32.add, local.tee, i32.lt_u
  const farthest = [I32_CONST, 0x7f, 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a]; // i32.load, drop
  return [...isCarried, 0x04, 0x40, ...farthest, END];
}

/** The numbers behind the prefix: which instruction, alignment, maybe the number of the memory, offset. */
function partsOf(bytes: Uint8Array, at: number): { alignment: number; memory: number; offset: number } {
  const [, flags = 0, second = -1, third = -1] = u32sBehind(bytes, at, 4);
  const alignment = flags & ~HAS_MEMORY;
  return alignment === flags ? { alignment, memory: 0, offset: second } : { alignment, memory: second, offset: third };
}

function i32Const(value: number): Uint8Array {
  const encoded = [I32_CONST];
  let rest = value | 0;
  for (; rest < -64 || rest >= 64; rest >>= 7) encoded.push((rest & 0x7f) | 0x80);
  return Uint8Array.of(...encoded, rest & 0x7f);
}
