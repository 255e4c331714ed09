// What the threads of a process share of what CNK keeps for it, in memory of its own: what signals do, and who has which addresses. A process
// of one thread has the same in memory that nobody shares, and takes no lock. All is zero when a process begins.
//
//   int32   space: LOCK LOWEST BREAK .       see ../memory/address-space
//           actions: LOCK . . .              see ../signals/signal-actions
//           65 actions of 5 words each
//   +4096   a byte for each 4 KiB of the memory: whose it is
//           as many: whether anything may have been stored there

import { PAGES_A_WASM_PAGE } from '../memory/address-space.ts';
import { ACTION_WORDS } from '../signals/signal-actions.ts';

const HEADER_BYTES = 4096;
const SPACE_WORDS = 4;

export interface ProcessState {
  readonly space: Int32Array;
  readonly actions: Int32Array;
  readonly owners: Uint8Array;
  readonly touched: Uint8Array;
}

/** @param maximumPages of 64 KiB, the most that its memory may have */
export function processStateBytes(maximumPages: number): number {
  return HEADER_BYTES + 2 * PAGES_A_WASM_PAGE * maximumPages;
}

/** Views of it. @param buffer may be larger */
export function viewProcessState(buffer: ArrayBufferLike, maximumPages: number): ProcessState {
  const pages = PAGES_A_WASM_PAGE * maximumPages;
  return {
    space: new Int32Array(buffer, 0, SPACE_WORDS),
    actions: new Int32Array(buffer, SPACE_WORDS * Int32Array.BYTES_PER_ELEMENT, ACTION_WORDS),
    owners: new Uint8Array(buffer, HEADER_BYTES, pages),
    touched: new Uint8Array(buffer, HEADER_BYTES + pages, pages),
  };
}
