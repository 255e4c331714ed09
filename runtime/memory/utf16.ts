// Strings as AssemblyScript keeps them: UTF-16, the length in bytes in the word before the first unit. Guest memory is hostile:
// the length is read once, bounded, and what it spans is copied. A pointer that leads nowhere gives an empty text, for who reads
// these has no way to fail.

import { ASSEMBLYSCRIPT_STRING } from '../abi/wasi/structs.ts';
import type { GuestMemory } from './guest-memory.ts';

/** A text of more bytes than this is cut: it is a message, and the whole of it is held twice. */
const MOST_BYTES = 1 << 20;
const WORD_BYTES = 4;

const decoder = new TextDecoder('utf-16le');

export function readUtf16(memory: GuestMemory, pointer: number): string {
  const address = pointer >>> 0;
  const lengthAt = address + ASSEMBLYSCRIPT_STRING.byteLength;
  if (lengthAt < 0 || !memory.contains(lengthAt, WORD_BYTES)) return '';
  const length = Math.min(memory.readU32(lengthAt), MOST_BYTES) & ~1;
  return memory.contains(address, length) ? decoder.decode(memory.copyOut(address, length)) : '';
}
