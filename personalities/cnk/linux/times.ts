// Times as Linux has them in memory: seconds and a part, 64 bits each, read and stored without a bigint.

import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

export const TIMESPEC_BYTES = 16;
const TWO_32 = 2 ** 32;
export const NS_PER_S = 1e9;
export const US_PER_S = 1e6;

/** At a checked address. @param part nanoseconds or microseconds */
export function storeTime(memory: GuestMemory, at: number, seconds: number, part: number): void {
  if ((at & 3) !== 0) {
    memory.writeU64Halves(at, seconds >>> 0, seconds / TWO_32);
    memory.writeU64Halves(at + 8, part, 0);
    return;
  }
  const { words } = memory;
  const index = at >>> 2;
  words[index] = seconds;
  words[index + 1] = seconds / TWO_32;
  words[index + 2] = part;
  words[index + 3] = 0;
}

/**
 * The time at a checked address, in milliseconds.
 *
 * @param partsASecond what the second half counts
 * @returns −1: it is none
 */
export function readTimeMs(memory: GuestMemory, at: number, partsASecond: number): number {
  const seconds = readS64(memory, at);
  const part = readS64(memory, at + 8);
  if (seconds < 0 || part < 0 || part >= partsASecond) return -1;
  return seconds * 1000 + (part * 1000) / partsASecond;
}

/** Stores a duration at a checked address. */
export function storeTimeMs(memory: GuestMemory, at: number, durationMs: number, partsASecond: number): void {
  const parts = Math.round((durationMs * partsASecond) / 1000);
  storeTime(memory, at, Math.floor(parts / partsASecond), parts % partsASecond);
}

function readS64(memory: GuestMemory, at: number): number {
  return (memory.readU32(at + 4) | 0) * TWO_32 + memory.readU32(at);
}
