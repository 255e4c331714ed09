// Names between bytes and strings. Linux names are bytes; here they are strings, so that maps find them quickly: see
// runtime/memory/escaped-text. Here are the quick ways for those that are short, ASCII, or were seen lately.

import { decodeEscaped, encodeEscaped } from '../../../runtime/memory/escaped-text.ts';

export { escapedLength as nameLength } from '../../../runtime/memory/escaped-text.ts';

/** Longest run that is turned into a string by one call with that many arguments. */
const ASCII_RUN = 512;
const SHORT = 64;

/** Decodes bytes that nobody else can change (a copy, not guest memory). */
export function decodeName(bytes: Uint8Array<ArrayBuffer>): string {
  if (bytes.length <= ASCII_RUN && isAscii(bytes)) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  return decodeEscaped(bytes);
}

/** Paths that were decoded lately, by a hash of their bytes. */
const recent = new Array<{ readonly bytes: Uint8Array; readonly text: string } | undefined>(256);
const LONGEST_RECENT = 128;

/**
 * As `decodeName`, of the first bytes of a buffer; a path that was asked for lately is the same string again, which also has
 * its hash already when a directory looks it up.
 */
export function decodePath(buffer: Uint8Array<ArrayBuffer>, length: number): string {
  if (length > LONGEST_RECENT) return decodeName(buffer.subarray(0, length));
  let hash = length;
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + (buffer[i] as number)) | 0;
  const index = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & 0xff;
  const entry = recent[index];
  if (entry !== undefined && startsWith(buffer, entry.bytes, length)) return entry.text;
  const bytes = buffer.slice(0, length);
  const text = decodeName(bytes);
  recent[index] = { bytes, text };
  return text;
}

export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  // Most names are short and ASCII: TextEncoder takes several times as long for them.
  if (name.length <= SHORT) {
    const bytes = new Uint8Array(name.length);
    let i = 0;
    for (; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code >= 0x80) break;
      bytes[i] = code;
    }
    if (i === name.length) return bytes;
  }
  return encodeEscaped(name);
}

function startsWith(buffer: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (buffer[i] !== bytes[i]) return false;
  return true;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] as number) >= 0x80) return false;
  }
  return true;
}
