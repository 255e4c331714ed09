// Several lookups in one request, one below the other, so that a path costs one crossing and not one a name. Each name is
// looked up as by itself, from its directory's handle; the first that is no directory, or fails, is the last.
// Written by host-directory-execute, read by whoever takes the answer (no builtins at load).
//
//   a lookup found: result │ ino (a 64-bit integer) │ the other attributes      float64 each

import { ATTRIBUTE_NAMES, emptyAttributes, type HostAttributes } from './host-attributes.ts';
import type { HostDirectory } from './host-directory.ts';

/** What one lookup answers: see `HostDirectory.lookup`. */
export interface Found {
  readonly result: number;
  readonly attributes: HostAttributes | undefined;
}

const NUMBERS = 2 + ATTRIBUTE_NAMES.length;
const BYTES = NUMBERS * 8;
const SLASH = 0x2f;

/** @param names with `/` between them @returns bytes put, at least one answer */
export function walkAhead(
  directory: Pick<HostDirectory, 'lookup'>,
  start: number,
  names: Uint8Array,
  into: Uint8Array,
): number {
  const numbers = new Float64Array(NUMBERS);
  const integers = new BigInt64Array(numbers.buffer);
  const attributes = emptyAttributes();
  let used = 0;
  let node = start;
  for (let at = 0; at <= names.length && used + BYTES <= into.length; ) {
    const slash = names.indexOf(SLASH, at);
    const end = slash < 0 ? names.length : slash;
    const result = directory.lookup(node, names.subarray(at, end), attributes);
    numbers[0] = result;
    integers[1] = attributes.ino;
    for (let i = 0; i < ATTRIBUTE_NAMES.length; i++) numbers[2 + i] = attributes[nameAt(i)];
    into.set(new Uint8Array(numbers.buffer), used);
    used += BYTES;
    if (result <= 0) break;
    node = result;
    at = end + 1;
  }
  return used;
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
    const attributes = emptyAttributes();
    attributes.ino = BigInt.asUintN(64, integers[at + 1] as bigint);
    for (let i = 0; i < ATTRIBUTE_NAMES.length; i++) attributes[nameAt(i)] = numbers[at + 2 + i] as number;
    all.push({ result, attributes: result < 0 ? undefined : attributes });
  }
  return all;
}

function nameAt(index: number): (typeof ATTRIBUTE_NAMES)[number] {
  return ATTRIBUTE_NAMES[index] as (typeof ATTRIBUTE_NAMES)[number];
}
