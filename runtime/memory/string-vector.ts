// Lists of strings as a guest sees them: argv and environ. Encoded once; both personalities store them the same way.

import { Errno } from '../abi/errno.ts';
import { encodeEscaped } from './escaped-text.ts';
import type { GuestMemory } from './guest-memory.ts';

export interface StringVector {
  /** All strings, each ended by NUL. */
  readonly bytes: Uint8Array;
  /** Where each string starts in `bytes`. */
  readonly starts: readonly number[];
}

/** In UTF-8, but for bytes that are escaped. Errors: RangeError when a string holds NUL, which ends a string for the guest. */
export function encodeStrings(strings: readonly string[]): StringVector {
  const encoded = strings.map((string) => {
    if (string.includes('\0')) throw new RangeError(`a NUL character in ${JSON.stringify(string)} would end it there`);
    return encodeEscaped(string);
  });
  const bytes = new Uint8Array(encoded.reduce((sum, string) => sum + string.length + 1, 0));
  const starts: number[] = [];
  let at = 0;
  for (const string of encoded) {
    starts.push(at);
    bytes.set(string, at);
    at += string.length + 1;
  }
  return { bytes, starts };
}

/** Stores the count at one address and the bytes at the other. @returns 0 or −EFAULT */
export function storeSizes(memory: GuestMemory, vector: StringVector, count: number, size: number): number {
  if (!memory.contains(count, 4) || !memory.contains(size, 4)) return -Errno.EFAULT;
  memory.writeU32(count, vector.starts.length);
  memory.writeU32(size, vector.bytes.length);
  return 0;
}

/** Stores the pointers at one address and the strings at the other. @returns 0 or −EFAULT */
export function storeStrings(memory: GuestMemory, vector: StringVector, pointers: number, strings: number): number {
  if (!memory.containsArray(pointers, vector.starts.length, 4)) return -Errno.EFAULT;
  if (!memory.contains(strings, vector.bytes.length)) return -Errno.EFAULT;
  memory.copyIn(strings, vector.bytes);
  for (const [index, start] of vector.starts.entries()) memory.writeU32(pointers + 4 * index, strings + start);
  return 0;
}

/** The length of one string, without its NUL. @returns −EINVAL when there is none of that number */
export function stringLength({ bytes, starts }: StringVector, index: number): number {
  const start = starts[index >>> 0];
  if (start === undefined) return -Errno.EINVAL;
  return (starts[(index >>> 0) + 1] ?? bytes.length) - 1 - start;
}

/** Stores one string with its NUL. @returns its length without; −EINVAL, −EFAULT */
export function storeString(memory: GuestMemory, vector: StringVector, index: number, at: number): number {
  const length = stringLength(vector, index);
  if (length < 0) return length;
  if (!memory.contains(at, length + 1)) return -Errno.EFAULT;
  const start = vector.starts[index >>> 0] as number;
  memory.copyIn(at, vector.bytes.subarray(start, start + length + 1));
  return length;
}
