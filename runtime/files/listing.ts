// Listings of a host directory: its names as they were when it was opened, told in portions with the number and type that
// each has when its turn comes. Written by disk/directory, read by whoever takes its answers (also in a page: no builtins at
// load). Names that went meanwhile are left out.
//
//   ino: u64 │ mode: u32 │ length of the name: u16 │ name          little-endian, not aligned, one after the other

import type { BigIntStats } from 'node:fs';
import { builtin } from '../host/node-builtins.ts';
import type { DirectoryNode, DirectoryNodes } from './disk/nodes.ts';

/** One character a byte in `names`; `next` is the index of the first that was not told yet. */
export interface Listing {
  readonly directory: number;
  readonly names: readonly string[];
  next: number;
}

export interface ListingEntry {
  readonly name: Uint8Array;
  readonly ino: bigint;
  readonly mode: number;
}

const HEADER = 14;

/** Puts as many of the next entries as fit. @returns bytes put, 0 when there are no more, or −errno */
export function putEntries(nodes: DirectoryNodes, node: DirectoryNode, listing: Listing, into: Uint8Array): number {
  let used = 0;
  for (; listing.next < listing.names.length; listing.next++) {
    const name = Buffer.from(listing.names[listing.next] as string, 'latin1');
    if (used + HEADER + name.length > into.length) break;
    const path = nodes.entryPath(node, name);
    if (typeof path === 'number') return path;
    const stats = statsOrNone(path);
    if (stats !== undefined) used += putEntry(into, used, name, stats.ino, Number(stats.mode));
  }
  return used;
}

/** Puts one entry. @returns bytes put; 0: it does not fit */
export function putEntry(into: Uint8Array, at: number, name: Uint8Array, ino: bigint, mode: number): number {
  const length = HEADER + name.length;
  if (at + length > into.length) return 0;
  const view = new DataView(into.buffer, into.byteOffset + at, HEADER);
  view.setBigUint64(0, ino, true);
  view.setUint32(8, mode, true);
  view.setUint16(12, name.length, true);
  into.set(name, at + HEADER);
  return length;
}

/** The entries that `putEntries` has put; the names are views. */
export function* takeEntries(from: Uint8Array): Generator<ListingEntry> {
  const view = new DataView(from.buffer, from.byteOffset, from.length);
  let at = 0;
  while (at + HEADER <= from.length) {
    const length = view.getUint16(at + 12, true);
    const name = from.subarray(at + HEADER, at + HEADER + length);
    yield { name, ino: view.getBigUint64(at, true), mode: view.getUint32(at + 8, true) };
    at += HEADER + length;
  }
}

function statsOrNone(path: Buffer): BigIntStats | undefined {
  try {
    return builtin('node:fs').lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
