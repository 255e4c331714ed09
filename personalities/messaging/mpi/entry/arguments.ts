// What the arguments of MPI's functions mean, and what is wrong with them.

import {
  MPI_ANY_SOURCE,
  MPI_ANY_TAG,
  MPI_ERR_ARG,
  MPI_ERR_BUFFER,
  MPI_ERR_COUNT,
  MPI_ERR_OTHER,
  MPI_ERR_RANK,
  MPI_ERR_TAG,
  MPI_ERR_TYPE,
  MPI_PROC_NULL,
} from '../../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import type { Datatype } from '../datatypes/datatype.ts';
import { MpiError } from '../errors.ts';
import { ANY } from '../matching.ts';

/** The highest tag: MPI_TAG_UB. */
export const TAG_MOST = 0x7fff_ffff;

/** Errors: MPI_ERR_OTHER: MPI is not initialized, or no longer. */
export function requireInitialized({ state }: MessagingContext): void {
  if (state.phase !== 'initialized') throw new MpiError(MPI_ERR_OTHER, `it was called ${state.phase}`);
}

/** Errors: MPI_ERR_COMM. */
export function communicatorOf(context: MessagingContext, handle: number): Communicator {
  requireInitialized(context);
  return context.communicators.get(handle);
}

/** A type for communication. Errors: MPI_ERR_TYPE. */
export function committedType({ datatypes }: MessagingContext, handle: number): Datatype {
  const type = datatypes.get(handle);
  if (!type.isCommitted) throw new MpiError(MPI_ERR_TYPE, `the datatype ${type.name || hex(handle)} is not committed`);
  return type;
}

/** Errors: MPI_ERR_COUNT, MPI_ERR_BUFFER. */
export function checkBuffer(memory: GuestMemory, address: number, count: number, type: Datatype): void {
  if (count < 0) throw new MpiError(MPI_ERR_COUNT, `a count of ${count}`);
  if (count === 0 || type.size === 0) return;
  const span = type.extent * (count - 1);
  const first = (address >>> 0) + type.trueLowerBound + Math.min(0, span);
  const length = type.trueExtent + Math.abs(span);
  // MPI_BOTTOM is address 0, where absolute addresses count from.
  if (first < 0 || !memory.contains(first, length)) {
    throw new MpiError(MPI_ERR_BUFFER, `${count} elements at ${hex(address)} are not in the program's memory`);
  }
}

/** Errors: MPI_ERR_TAG. */
export function checkTag(tag: number): void {
  if (tag < 0) throw new MpiError(MPI_ERR_TAG, `a tag of ${tag}`);
}

/** A tag to receive with, as matching has it. Errors: MPI_ERR_TAG. */
export function wantedTag(tag: number): number {
  if (tag === MPI_ANY_TAG) return ANY;
  checkTag(tag);
  return tag;
}

/** A source, as matching has it; not MPI_PROC_NULL. Errors: MPI_ERR_RANK. */
export function wantedSource(communicator: Communicator, source: number): number {
  return source === MPI_ANY_SOURCE ? ANY : communicator.jobRankOf(source);
}

/** Errors: MPI_ERR_RANK. */
export function requireRank(communicator: Communicator, rank: number): void {
  if (rank !== MPI_PROC_NULL) communicator.jobRankOf(rank);
}

/** Errors: MPI_ERR_RANK. @param rank of the local group */
export function requireLocalRank({ size }: Communicator, rank: number): void {
  if (rank < 0 || rank >= size) throw new MpiError(MPI_ERR_RANK, `there is no rank ${rank} among ${size}`);
}

/** Where a result of some bytes goes. Errors: MPI_ERR_ARG. */
export function checkResult(memory: GuestMemory, address: number, bytes = 4): void {
  if (address === 0 || !memory.contains(address, bytes)) {
    throw new MpiError(MPI_ERR_ARG, `there is no memory for a result at ${hex(address)}`);
  }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Writes a string that ends in NUL, cut to what is room for, and its length. Errors: MPI_ERR_ARG. */
export function writeString(memory: GuestMemory, address: number, length: number, text: string, most: number): void {
  const bytes = new TextEncoder().encode(text).subarray(0, most - 1);
  checkResult(memory, address, bytes.length + 1);
  checkResult(memory, length);
  memory.copyIn(address, bytes);
  memory.bytes[(address >>> 0) + bytes.length] = 0;
  memory.writeU32(length, bytes.length);
}

/** A string of the program's that ends in NUL. Errors: MPI_ERR_ARG: it does not, within so many bytes. */
export function readString(memory: GuestMemory, address: number, most: number): string {
  const start = address >>> 0;
  for (let length = 0; length < most && memory.contains(start + length, 1); length++) {
    if (memory.bytes[start + length] === 0) return new TextDecoder().decode(memory.copyOut(start, length));
  }
  throw new MpiError(MPI_ERR_ARG, `there is no string of at most ${most - 1} bytes at ${hex(address)}`);
}
