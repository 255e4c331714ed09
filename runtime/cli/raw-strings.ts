// The process's own arguments and variables byte by byte: Node decodes both as UTF-8, with U+FFFD for what is not. Linux tells
// the bytes in /proc/self; elsewhere they stay as Node has them.
// See: proc(5), cmdline and environ.

import { readFileSync } from 'node:fs';
import { pathText } from '../machine/linux/checkpoint.ts';

const REPLACEMENT = '\ufffd';
const EQUALS = 61;

/** @param args the last of the process's arguments, as Node has them */
export function rawArguments(args: readonly string[]): readonly string[] {
  const raw = stringsOf('cmdline').slice(-args.length);
  // What was changed since the start is no longer there, and a command such as fusedos-cc adds one.
  return args.map((text, i) => {
    const bytes = raw[i];
    return raw.length === args.length && bytes !== undefined && Buffer.from(bytes).toString() === text
      ? pathText(bytes)
      : text;
  });
}

/** @param name may have bytes that are not UTF-8, too */
export function rawVariable(name: string): string | undefined {
  const value = process.env[name];
  if (value !== undefined && !value.includes(REPLACEMENT)) return value;
  for (const bytes of stringsOf('environ')) {
    const at = bytes.indexOf(EQUALS);
    if (at > 0 && pathText(bytes.slice(0, at)) === name) return pathText(bytes.slice(at + 1));
  }
  return value;
}

function stringsOf(file: 'cmdline' | 'environ'): Uint8Array<ArrayBuffer>[] {
  const strings: Uint8Array<ArrayBuffer>[] = [];
  const bytes = readOwn(file);
  for (let at = 0, end = bytes.indexOf(0); end >= 0; at = end + 1, end = bytes.indexOf(0, at)) {
    strings.push(Uint8Array.from(bytes.subarray(at, end)));
  }
  return strings;
}

function readOwn(file: string): Uint8Array {
  try {
    return readFileSync(`/proc/self/${file}`);
  } catch {
    return new Uint8Array(0);
  }
}
