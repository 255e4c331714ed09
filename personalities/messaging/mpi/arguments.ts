// Arguments in a guest's memory, checked and copied once: arrays of numbers that a call reads, places where it stores a result. A pointer that a
// call needs may not be null, though 0 is an address like any other; for buffers of messages it is MPI_BOTTOM.

import {
  MPI_ERR_ARG,
  MPI_ERR_BUFFER,
  MPI_ERR_COUNT,
  MPI_ERR_NO_MEM,
  MPI_STRUCT_SIZES,
  MPI_SUCCESS,
  MPI_UNDEFINED,
} from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { Datatype } from './datatypes/datatype.ts';
import { hex, MpiError } from './errors.ts';

const INT_BYTES = 4;
const INT_MOST = 0x7fff_ffff;
const TWO_32 = 2 ** 32;

/** A longer array is not taken: one call of a program might fill the host's memory with it. */
const ARRAY_MOST = 2 ** 24;

/** Errors: MPI_ERR_COUNT: it is negative. */
export function checkCount(count: number): void {
  if (count < 0) throw new MpiError(MPI_ERR_COUNT, `a count of ${count}`);
}

/** Errors: MPI_ERR_ARG: nothing of that size is there. */
export function checkPlace(memory: GuestMemory, address: number, bytes: number, what: string): void {
  if (address !== 0 && memory.contains(address, bytes)) return;
  throw new MpiError(MPI_ERR_ARG, `${what}: ${hex(address)} is no address of ${bytes} bytes`);
}

/** Where an int or a handle goes, or is. Errors: MPI_ERR_ARG. */
export function checkResult(memory: GuestMemory, address: number, what = 'a result'): void {
  checkPlace(memory, address, INT_BYTES, what);
}

/** Stores an int or a handle. @returns MPI_SUCCESS. Errors: MPI_ERR_ARG: there is no place for it */
export function storeInt(memory: GuestMemory, address: number, value: number, what?: string): number {
  checkResult(memory, address, what);
  memory.writeU32(address, value);
  return MPI_SUCCESS;
}

/** As storeInt, of what is made when there is a place for its handle. */
export function storeNew(memory: GuestMemory, address: number, make: () => number, what?: string): number {
  checkResult(memory, address, what);
  return storeInt(memory, address, make());
}

/** A buffer of elements; MPI_BOTTOM is address 0, where absolute addresses count from. Errors: MPI_ERR_COUNT, MPI_ERR_BUFFER. */
export function checkBuffer(memory: GuestMemory, address: number, count: number, type: Datatype): void {
  checkCount(count);
  const bytes = type.reach(count);
  if (bytes > 0 && !memory.contains(address + type.lowest(count), bytes))
    throw new MpiError(MPI_ERR_BUFFER, `${count} elements at ${hex(address)} are not in the program's memory`);
}

function checkArray(memory: GuestMemory, address: number, count: number, bytes: number, what: string): void {
  checkPlace(memory, address, count * bytes, what);
  if (count > ARRAY_MOST) throw new MpiError(MPI_ERR_NO_MEM, `${what}: ${count} are too many`);
}

/** Ints, MPI_Aints or handles. Errors: MPI_ERR_ARG: they are not there; MPI_ERR_NO_MEM: they are too many. */
export function readInts(memory: GuestMemory, address: number, count: number, what: string): number[] {
  if (count === 0) return [];
  checkArray(memory, address, count, INT_BYTES, what);
  return Array.from({ length: count }, (_, index) => memory.readU32(address + index * INT_BYTES) | 0);
}

/** MPI_Counts, exact up to 2^53. Errors: MPI_ERR_ARG: they are not there; MPI_ERR_NO_MEM: they are too many. */
export function readCounts(memory: GuestMemory, address: number, count: number, what: string): number[] {
  if (count === 0) return [];
  checkArray(memory, address, count, MPI_STRUCT_SIZES.count, what);
  return Array.from({ length: count }, (_, index) => readCount(memory, address + index * MPI_STRUCT_SIZES.count));
}

/** At a checked address. */
export function readCount(memory: GuestMemory, address: number): number {
  return memory.readU32(address) + (memory.readU32(address + 4) | 0) * TWO_32;
}

/** An MPI_Count of either sign, at a checked address. */
export function writeCount(memory: GuestMemory, address: number, value: number): void {
  memory.writeU64Halves(address, value >>> 0, Math.floor(value / TWO_32) >>> 0);
}

/** Writes ints, at a checked address. */
export function writeInts(memory: GuestMemory, address: number, values: readonly number[]): void {
  for (const [index, value] of values.entries()) memory.writeU32(address + index * INT_BYTES, value);
}

/** What an int or an MPI_Aint can hold; MPI_UNDEFINED for what it cannot. */
export function asInt(value: number): number {
  return value === (value | 0) ? value : MPI_UNDEFINED;
}

/** The two widths of counts that a C function comes in. */
export interface Width {
  readonly isLarge: boolean;
  /** Bytes of a count in memory. */
  readonly bytes: number;
  /** The largest. */
  readonly most: number;
  /** Arrays of counts. */
  readonly read: typeof readInts;
  /** One, at a checked address. */
  readOne(memory: GuestMemory, address: number): number;
  /** Stores one, or MPI_UNDEFINED if it does not fit, at a checked address. */
  write(memory: GuestMemory, address: number, value: number): void;
}

export const SMALL: Width = {
  isLarge: false,
  bytes: INT_BYTES,
  most: INT_MOST,
  read: readInts,
  readOne: (memory, address) => memory.readU32(address) | 0,
  write: (memory, address, value) => memory.writeU32(address, asInt(value)),
};

export const LARGE: Width = {
  isLarge: true,
  bytes: MPI_STRUCT_SIZES.count,
  most: Number.MAX_SAFE_INTEGER,
  read: readCounts,
  readOne: readCount,
  write: writeCount,
};
