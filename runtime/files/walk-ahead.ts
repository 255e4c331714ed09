// Several lookups in one request, one below the other, so that a path costs one crossing and not one a name. Each name is
// looked up as by itself, from its directory's handle; the first that is no directory, or fails, is the last.
// Written by mounted-directory and opfs/requests, read by whoever takes the answer (no builtins at load).
//
//   a lookup found: result │ ino (a 64-bit integer) │ the other attributes      float64 each

import { ATTRIBUTE_NUMBERS, attributesAt, emptyAttributes, type HostAttributes, putAttributes } from './attributes.ts';

/** What one lookup answers: see `HostDirectory.lookup`. */
export interface Found {
  readonly result: number;
  readonly attributes: HostAttributes | undefined;
}

const NUMBERS = 2 + ATTRIBUTE_NUMBERS;
const BYTES = NUMBERS * 8;
const SLASH = 0x2f;

// One answer on its way, before it is put where it may not be aligned.
const numbers = new Float64Array(NUMBERS);
const integers = new BigInt64Array(numbers.buffer);
const bytes = new Uint8Array(numbers.buffer);
const attributes = emptyAttributes();

/** What can be walked; one that cannot open while it looks up answers as if it had not been asked to. */
export interface Walkable {
  /** @returns the number of the node when it is a directory, else 0, or −errno */
  lookup(directory: number, name: Uint8Array, into: HostAttributes): number;
  lookupToOpen?(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): Looked;
}

/** What a lookup that opens has found. */
export interface Looked {
  /** As `lookup` answers. */
  node: number;
  /** The descriptor; negative: not opened. */
  file: number;
}

/** How a walk ends. */
export interface Walked {
  /** Bytes put, at least one answer. */
  readonly length: number;
  /** The descriptor of the file at the end; negative: not opened. */
  readonly file: number;
}

/**
 * @param names with `/` between them
 * @param access with which the last is opened, if it is a regular file; 0: not at all
 * @param ino see HostDirectory.lookupToOpen
 * @param given is told each directory node that a lookup gave
 */
export function walkAhead(
  directory: Walkable,
  start: number,
  names: Uint8Array,
  access: number,
  ino: bigint,
  into: Uint8Array,
  given: (node: number) => void,
): Walked {
  let length = 0;
  let node = start;
  for (let at = 0; at <= names.length && length + BYTES <= into.length; ) {
    const name = nameAt(names, at);
    at += name.length + 1;
    const { node: found, file } = lookOrOpen(directory, node, name, ino, at > names.length ? access : 0, attributes);
    length = putFound(found, into, length);
    if (found <= 0) return { length, file };
    given(found);
    node = found;
  }
  return { length, file: -1 };
}

/** One lookup, which opens what it finds too if that is wanted and can be done. @param access 0: not wanted */
export function lookOrOpen(
  directory: Walkable,
  node: number,
  name: Uint8Array,
  ino: bigint,
  access: number,
  into: HostAttributes,
): Looked {
  if (access !== 0 && directory.lookupToOpen !== undefined) {
    return directory.lookupToOpen(node, name, ino, access, into);
  }
  return { node: directory.lookup(node, name, into), file: -1 };
}

/** As `walkAhead` without opening, where a lookup takes time. One walk at a time. @returns bytes put */
export async function walkAheadLater(
  directory: { lookup(directory: number, name: Uint8Array, into: HostAttributes): Promise<number> },
  start: number,
  names: Uint8Array,
  into: Uint8Array,
  given: (node: number) => void,
): Promise<number> {
  let length = 0;
  let node = start;
  for (let at = 0; at <= names.length && length + BYTES <= into.length; ) {
    const name = nameAt(names, at);
    at += name.length + 1;
    const found = await directory.lookup(node, name, attributes);
    length = putFound(found, into, length);
    if (found <= 0) return length;
    given(found);
    node = found;
  }
  return length;
}

/** The name that begins at an index. */
function nameAt(names: Uint8Array, at: number): Uint8Array {
  const slash = names.indexOf(SLASH, at);
  return names.subarray(at, slash < 0 ? names.length : slash);
}

/** Puts the answer of one lookup, which has left `attributes`. @returns where the next goes */
function putFound(found: number, into: Uint8Array, at: number): number {
  numbers[0] = Math.min(found, 0);
  integers[1] = attributes.ino;
  putAttributes(attributes, numbers, 2);
  into.set(bytes, at);
  return at + BYTES;
}

/** The answers that `walkAhead` has put. */
export function takeFound(from: Uint8Array): Found[] {
  // A copy of its own begins at an address that suits numbers.
  const { buffer } = new Uint8Array(from);
  const numbers = new Float64Array(buffer);
  const integers = new BigInt64Array(buffer);
  const all: Found[] = [];
  for (let at = 0; at + NUMBERS <= numbers.length; at += NUMBERS) {
    const result = numbers[at] as number;
    const attributes = result < 0 ? undefined : attributesAt(numbers, at + 2, integers[at + 1] as bigint);
    all.push({ result, attributes });
  }
  return all;
}
