// Strings of C in a guest's memory: names of objects, keys and values. Here a character is a byte, so that a text in any encoding comes back as
// it was.

import { MPI_ERR_ARG } from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { checkPlace, storeInt } from './arguments.ts';
import { MpiError } from './errors.ts';

/** Up to its NUL, cut off after so many bytes. Errors: MPI_ERR_ARG: it does not end inside the memory. */
export function readText(memory: GuestMemory, address: number, most: number): string {
  checkPlace(memory, address, 1, 'a string');
  const start = address >>> 0;
  let text = '';
  for (let at = start; at < start + most; at++) {
    const byte = memory.bytes[at];
    if (byte === undefined) throw new MpiError(MPI_ERR_ARG, 'a string does not end');
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Stores a string and its NUL. @returns its bytes without the NUL. Errors: MPI_ERR_ARG: it does not fit into the memory. */
export function writeText(memory: GuestMemory, address: number, text: string): number {
  checkPlace(memory, address, text.length + 1, 'a string');
  const start = address >>> 0;
  for (let i = 0; i < text.length; i++) memory.bytes[start + i] = text.charCodeAt(i);
  memory.bytes[start + text.length] = 0;
  return text.length;
}

/** Stores a string, its NUL and elsewhere its bytes without that. @returns MPI_SUCCESS. Errors: MPI_ERR_ARG */
export function storeText(memory: GuestMemory, address: number, length: number, text: string): number {
  return storeInt(memory, length, writeText(memory, address, text), 'the length');
}
