// What a status keeps in the words that are ours: how many bytes came. See: STATUS in runtime/abi/mpi/structs.

import { STATUS } from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { readCount, writeCount } from './arguments.ts';

/** Of the message, as it was packed. The status was checked. */
export function statusBytes(memory: GuestMemory, status: number): number {
  return readCount(memory, status + STATUS.RESERVED);
}

export function setStatusBytes(memory: GuestMemory, status: number, bytes: number): void {
  writeCount(memory, status + STATUS.RESERVED, bytes);
}
