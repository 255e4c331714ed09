// Puts a check before what a function with a frame does first, `local.tee` and `global.set __stack_pointer`: a stack that has run over its
// lower end traps there as an access out of bounds, before anything is stored beyond. For programs whose libc says for each thread where
// that is, in a global that it exports; 0, as for the first thread, below whose stack there is no memory, checks nothing. A frame that is
// given back needs no check, and a function that calls nothing may leave the pointer as it is: the guard is for that. Called by
// rewrite.ts, through code.ts.
// Source: tool conventions, "Linking": `__stack_pointer`.

import type { ParsedModule } from '../parse.ts';
import { concatenated, u32Behind, u32Bytes } from './bytes.ts';
import type { InsertRule } from './code.ts';
import { END } from './memory-table.ts';

/** The export of programs that want it. */
const LIMIT = '__stack_limit';
/** wasm-ld defines it before all other globals. */
const STACK_POINTER = 0;
const [LOCAL_GET, LOCAL_TEE, GLOBAL_GET, GLOBAL_SET] = [0x20, 0x22, 0x23, 0x24];
/** i32.const -1, i32.load with the largest offset, drop. */
const OUT_OF_BOUNDS = [0x41, 0x7f, 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a];

/** @returns none when the program says nothing of its threads' stacks */
export function stackRules({ exports, imports, mutableGlobals }: ParsedModule): InsertRule[] {
  const limit = exports.find(({ name, kind }) => name === LIMIT && kind === 'global')?.index;
  const isNumber = (index: number | undefined) =>
    mutableGlobals.some((global) => global.index === index && global.value === 'i32');
  if (limit === undefined || !isNumber(limit) || !isNumber(STACK_POINTER)) return [];
  if (imports.some(({ kind }) => kind === 'global')) return [];
  const isBelow = concatenated([GLOBAL_GET], u32Bytes(limit), [0x49]); // i32.lt_u
  return [
    {
      opcode: LOCAL_TEE,
      matches: (bytes, at) => {
        let behind = at + 1;
        while ((bytes[behind] ?? 0) >= 0x80) behind++;
        return bytes[++behind] === GLOBAL_SET && u32Behind(bytes, behind) === STACK_POINTER;
      },
      replace: (tee) => concatenated(tee, [LOCAL_GET], tee.subarray(1), isBelow, [0x04, 0x40, ...OUT_OF_BOUNDS, END]), // if
    },
  ];
}
