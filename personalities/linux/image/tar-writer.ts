// A tree as a tar archive in the pax format: ustar headers, and extended ones before the entries that need them (times with
// nanoseconds, long names, large numbers, sparse files as GNU's format 1.0). Written for GNU tar and libarchive to read: names
// that are not UTF-8 are raw bytes; the parts of a sparse file begin and end at multiples of 512.
// A generator: whoever takes the blocks decides how fast.

import { Errno } from '../../../runtime/abi/errno.ts';
import { concatenate } from '../../../runtime/memory/concatenate.ts';
import type { FileSegment } from '../fs/memory/extents.ts';
import type { TreeEntry } from '../fs/memory/tree.ts';
import { LinuxError } from '../kernel/error.ts';
import { isDirectoryMode, isSymlinkMode } from '../vfs/mode.ts';
import { encodeName } from '../vfs/names.ts';
import { encodeRecord, encodeTime } from './pax.ts';
import { BLOCK, encodeHeader, LINK_NAME, NAME, OCTAL_MAX, PREFIX } from './tar-header.ts';

/** Bytes handed out at once. */
const CHUNK = 1 << 20;
/** A longer path is refused, so that a guest cannot blow an image up by a chain of directories. */
export const IMAGE_PATH_MAX = 65_536;
/** Smaller holes are written as zeros. */
const HOLE_LEAST = 4096;
const SLASH = 47;
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/** A range of a file that is stored. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Writes entries as an archive; each is forgotten once it is written.
 *
 * Errors: LinuxError ENAMETOOLONG: a path of more than 64 KiB.
 */
export function* tarOf(entries: TreeEntry[]): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const pen = new Pen();
  entries.reverse();
  for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
    const ranges = storedRanges(entry);
    const [first] = ranges;
    const isWhole = ranges.length === 1 && first?.start === 0 && first.end === entry.size;
    const map =
      entry.segments !== undefined && !isWhole && entry.size !== 0 ? sparseMap(ranges, entry.size ?? 0) : EMPTY;
    const storedBytes = ranges.reduce((sum, { start, end }) => sum + end - start, map.length);
    yield* pen.write(headersOf(entry, storedBytes, map.length > 0));
    yield* pen.write(map);
    for (const range of ranges) yield* writeRange(pen, range, entry.segments ?? []);
    yield* pen.zeros(padding(storedBytes));
  }
  yield* pen.zeros(2 * BLOCK);
  yield* pen.rest();
}

/** Collects bytes into chunks. */
class Pen {
  #chunk = new Uint8Array(CHUNK);
  #used = 0;

  *write(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (let done = 0; done < bytes.length; ) {
      const count = Math.min(bytes.length - done, CHUNK - this.#used);
      this.#chunk.set(bytes.subarray(done, done + count), this.#used);
      done += count;
      yield* this.#advance(count);
    }
  }

  *zeros(length: number): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (let done = 0; done < length; ) {
      const count = Math.min(length - done, CHUNK - this.#used);
      done += count;
      yield* this.#advance(count);
    }
  }

  *rest(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    if (this.#used > 0) yield this.#chunk.slice(0, this.#used);
  }

  *#advance(count: number): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    this.#used += count;
    if (this.#used < CHUNK) return;
    yield this.#chunk;
    // The old one belongs to the taker.
    this.#chunk = new Uint8Array(CHUNK);
    this.#used = 0;
  }
}

function* writeRange(
  pen: Pen,
  { start, end }: Range,
  segments: readonly FileSegment[],
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  let at = start;
  for (const { position, bytes } of segments) {
    const from = Math.max(at, position);
    const to = Math.min(end, position + bytes.length);
    if (from >= to) continue;
    yield* pen.zeros(from - at);
    yield* pen.write(bytes.subarray(from - position, to - position));
    at = to;
  }
  yield* pen.zeros(end - at);
}

/** What of a file is stored: all of it, or what lies between its larger holes. */
function storedRanges({ size = 0, segments }: TreeEntry): Range[] {
  if (segments === undefined || size === 0) return [];
  const ranges: { start: number; end: number }[] = [];
  for (const { position, bytes } of segments) {
    const start = position - (position % BLOCK);
    const end = Math.min(size, position + bytes.length + padding(position + bytes.length));
    const last = ranges.at(-1);
    if (last !== undefined && start - last.end < HOLE_LEAST) last.end = Math.max(last.end, end);
    else ranges.push({ start: start < HOLE_LEAST && last === undefined ? 0 : start, end });
  }
  const last = ranges.at(-1);
  if (last === undefined) return size < HOLE_LEAST ? [{ start: 0, end: size }] : [];
  if (size - last.end < HOLE_LEAST) last.end = size;
  return ranges;
}

/** Decimal lines, in whole blocks; a hole at the end shows as a part of no bytes there. */
function sparseMap(ranges: readonly Range[], size: number): Uint8Array {
  const parts = ranges.at(-1)?.end === size ? ranges : [...ranges, { start: size, end: size }];
  const text = [parts.length, ...parts.flatMap(({ start, end }) => [start, end - start])].map((n) => `${n}\n`).join('');
  const map = new Uint8Array(text.length + padding(text.length));
  encoder.encodeInto(text, map);
  return map;
}

/** The header of an entry, after an extended one where it needs one. */
function headersOf(entry: TreeEntry, storedBytes: number, isSparse: boolean): Uint8Array {
  const path = encodeName(pathInImage(entry));
  if (path.length > IMAGE_PATH_MAX) {
    throw new LinuxError(Errno.ENAMETOOLONG, 'save', undefined, 'a path of more than 64 KiB cannot be saved');
  }
  const link = encodeName(entry.sameAs ?? entry.target ?? '');
  const { name, prefix } = splitName(path);
  const isPathTold = isSparse || name.length + prefix.length === 0 || (!isAscii(path) && isUtf8(path));
  const isLinkTold = link.length > LINK_NAME.length || (!isAscii(link) && isUtf8(link));
  const records: Uint8Array[] = [];
  const tell = (key: string, value: Uint8Array | string): void => void records.push(encodeRecord(key, value));
  if ((isPathTold && !isUtf8(path)) || (isLinkTold && !isUtf8(link))) tell('hdrcharset', 'BINARY');
  if (isSparse) {
    tell('GNU.sparse.major', '1');
    tell('GNU.sparse.minor', '0');
    tell('GNU.sparse.name', path);
    tell('GNU.sparse.realsize', `${entry.size ?? 0}`);
  } else if (isPathTold) tell('path', path);
  if (isLinkTold) tell('linkpath', link);
  if (entry.uid > OCTAL_MAX[8]) tell('uid', `${entry.uid}`);
  if (entry.gid > OCTAL_MAX[8]) tell('gid', `${entry.gid}`);
  if (storedBytes > OCTAL_MAX[12]) tell('size', `${storedBytes}`);
  const { mtimeSec, mtimeNsec } = entry;
  if (mtimeNsec !== 0 || mtimeSec < 0 || mtimeSec > OCTAL_MAX[12]) tell('mtime', encodeTime(mtimeSec, mtimeNsec));
  const common = { uid: entry.uid, gid: entry.gid, mtime: mtimeSec, prefix: EMPTY, linkName: EMPTY };
  const header = encodeHeader({
    ...common,
    ...(name.length > 0 && !isSparse ? { name, prefix } : { name: stand(isSparse ? 'GNUSparseFile.0/' : '', path) }),
    linkName: link.subarray(0, LINK_NAME.length),
    type: typeOf(entry),
    mode: entry.mode & 0o7777,
    size: storedBytes,
  });
  if (records.length === 0) return header;
  const extended = concatenate(records);
  const extendedHeader = encodeHeader({
    ...common,
    name: stand('PaxHeaders/', path),
    type: 'x',
    mode: 0o644,
    size: extended.length,
  });
  return concatenate([extendedHeader, extended, new Uint8Array(padding(extended.length)), header]);
}

function pathInImage({ path, mode, sameAs }: TreeEntry): string {
  if (path === '') return './';
  return isDirectoryMode(mode) && sameAs === undefined ? `${path}/` : path;
}

function typeOf({ mode, sameAs }: TreeEntry): string {
  if (sameAs !== undefined) return '1';
  return isDirectoryMode(mode) ? '5' : isSymlinkMode(mode) ? '2' : '0';
}

/** In the two fields of a header; both empty when it does not fit. */
function splitName(path: Uint8Array): { readonly name: Uint8Array; readonly prefix: Uint8Array } {
  if (path.length <= NAME.length) return { name: path, prefix: EMPTY };
  // A directory's own slash divides nothing.
  const slash = path.subarray(0, Math.min(PREFIX.length + 1, path.length - 1)).lastIndexOf(SLASH);
  const name = path.subarray(slash + 1);
  return slash > 0 && name.length <= NAME.length
    ? { name, prefix: path.subarray(0, slash) }
    : { name: EMPTY, prefix: EMPTY };
}

/** A name for readers that do not know extended headers. */
function stand(before: string, path: Uint8Array): Uint8Array {
  const tail = path.subarray(Math.max(0, path.length - (NAME.length - before.length)));
  return concatenate([encoder.encode(before), tail]);
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

const strict = new TextDecoder('utf-8', { fatal: true });
function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** To the end of the block. */
function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}
