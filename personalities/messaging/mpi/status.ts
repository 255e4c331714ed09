// MPI_Status in the guest's memory: source, tag and error, which programs read, and what functions tell of it.
// Reserved words: 0, 1: bytes that came, as 64 bits; 2: whether it was cancelled.

import {
  MPI_ANY_SOURCE,
  MPI_ANY_TAG,
  MPI_ERR_ARG,
  MPI_STATUS_IGNORE,
  STATUS,
} from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { hex, MpiError } from './errors.ts';

/** Offsets in bytes. */
const RESERVED = { BYTES: STATUS.RESERVED, CANCELLED: STATUS.RESERVED + 8 } as const;
const TWO_32 = 2 ** 32;

/** What a status tells. Source: a rank of the communicator. */
export interface Status {
  readonly source: number;
  readonly tag: number;
  readonly bytes: number;
  readonly isCancelled: boolean;
}

/** Of what communicated with nobody. See: MPI standard, "Null Processes", "Multiple Completions". */
export const EMPTY_STATUS: Status = { source: MPI_ANY_SOURCE, tag: MPI_ANY_TAG, bytes: 0, isCancelled: false };

/** Errors: MPI_ERR_ARG: there is no room for it. */
export function checkStatus(memory: GuestMemory, address: number, count = 1): void {
  if (address !== MPI_STATUS_IGNORE && !memory.containsArray(address, count, STATUS.BYTES)) {
    throw new MpiError(MPI_ERR_ARG, `there is no memory for a status at ${hex(address)}`);
  }
}

/** @param address MPI_STATUS_IGNORE: nobody wants it @param error what MPI_ERROR becomes; undefined: it stays */
export function writeStatus(memory: GuestMemory, address: number, status: Status, error?: number): void {
  if (address === MPI_STATUS_IGNORE) return;
  checkStatus(memory, address);
  memory.writeU32(address + STATUS.SOURCE, status.source);
  memory.writeU32(address + STATUS.TAG, status.tag);
  if (error !== undefined) memory.writeU32(address + STATUS.ERROR, error);
  setStatusBytes(memory, address, status.bytes);
  writeCancelled(memory, address, status.isCancelled);
}

export function statusBytes(memory: GuestMemory, address: number): number {
  return memory.readU32(address + RESERVED.BYTES) + memory.readU32(address + RESERVED.BYTES + 4) * TWO_32;
}

export function setStatusBytes(memory: GuestMemory, address: number, bytes: number): void {
  memory.writeNumber(address + RESERVED.BYTES, bytes);
}

export function isCancelled(memory: GuestMemory, address: number): boolean {
  return memory.readU32(address + RESERVED.CANCELLED) !== 0;
}

export function writeCancelled(memory: GuestMemory, address: number, isCancelled: boolean): void {
  memory.writeU32(address + RESERVED.CANCELLED, Number(isCancelled));
}
