// Reads a tar archive piece by piece, as it comes: v7, ustar, pax and GNU, with long names and sparse files of all kinds that
// GNU tar has written. It refuses what it does not know and what does not add up, and leaves out what no file system here keeps
// (names of owners, access times, extended attributes). Paths are those of the archive: whoever takes them checks them.
// An archive may be hostile: the reader keeps nothing that the archive only announces.
// See: POSIX.1-2024 pax; tar(5) of libarchive; the GNU tar manual, "Storing Sparse Files".

import { Errno } from '../../../runtime/abi/errno.ts';
import type { TreeEntry } from '../fs/memory/tree.ts';
import { LinuxError } from '../kernel/error.ts';
import { MAX_FILE_SIZE } from '../vfs/inode.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../vfs/mode.ts';
import { decodeName } from '../vfs/names.ts';
import { decodeRecords, decodeTime, type PaxRecord } from './pax.ts';
import { readOldSparse, readOldSparseBlock, readSparseList, type SparseMap, SparseMapText } from './sparse.ts';
import { BLOCK, decodeHeader, type Header, isZero, latin1 } from './tar-header.ts';

/** Takes what is read. */
export interface TarSink {
  /** An entry, its paths as the archive has them, its bytes to follow. */
  begin(entry: TreeEntry): void;
  /** Bytes of the entry's file, valid during the call; `left`: how many follow without a hole, these included. */
  bytes(bytes: Uint8Array, position: number, left: number): void;
  /** All of the entry was read. */
  end(): void;
  /** Whether an entry of a kind that is not kept (a device) may be left out. */
  isHidden(path: string): boolean;
}

/** Longest extended header, or long name. */
const EXTENSION_MAX = 1 << 20;
const ID_MAX = 2 ** 32 - 1;
const DEVICES: ReadonlyMap<string, string> = new Map([
  ['3', 'a device'],
  ['4', 'a device'],
  ['6', 'a FIFO'],
]);
/** Bodies that say nothing of files: a volume's label. */
const IGNORED = 'V';
const NOTHING = new Uint8Array(0);

type Steps<Result> = Generator<undefined, Result, undefined>;

/** What stands before an entry's own header. */
interface Extensions {
  records: readonly PaxRecord[];
  longName: Uint8Array | undefined;
  longLink: Uint8Array | undefined;
}

export class TarReader {
  readonly #sink: TarSink;
  readonly #steps: Steps<void>;
  #chunk: Uint8Array = NOTHING;
  /** Bytes that were read, of this chunk and of all chunks before it. */
  #at = 0;
  #before = 0;
  #hasEnded = false;
  #isComplete = false;

  constructor(sink: TarSink) {
    this.#sink = sink;
    this.#steps = this.#read();
  }

  /** Errors: LinuxError; the reader is of no use then. */
  push(chunk: Uint8Array): void {
    this.#before += this.#chunk.length;
    if (this.#before === 0) refuseCompressed(chunk);
    this.#chunk = chunk;
    this.#at = 0;
    this.#steps.next();
  }

  /** Errors: LinuxError EBADMSG when the archive is not complete. */
  finish(): void {
    this.#hasEnded = true;
    if (!this.#isComplete) this.#steps.next();
  }

  *#read(): Steps<void> {
    const global = new Map<string, Uint8Array>();
    let extensions: Extensions = { records: [], longName: undefined, longLink: undefined };
    for (let block = yield* this.#exactly(BLOCK); !isZero(block); block = yield* this.#exactly(BLOCK)) {
      const at = this.#position - BLOCK;
      const header = decodeHeader(block);
      if (header === undefined)
        throw badImage(at === 0 ? 'this is no tar image' : `the header at byte ${at} is damaged`);
      switch (header.type) {
        case 'x':
        case 'X':
          extensions.records = yield* this.#records(header, at);
          continue;
        case 'g':
          for (const [key, value] of yield* this.#records(header, at)) global.set(key, value);
          continue;
        case 'L':
          extensions.longName = yield* this.#extension(header, at);
          continue;
        case 'K':
          extensions.longLink = yield* this.#extension(header, at);
          continue;
      }
      yield* this.#entry(header, block, at, new Attributes(global, extensions));
      extensions = { records: [], longName: undefined, longLink: undefined };
    }
    this.#isComplete = true;
    // What follows the end (padding, or anything) is not looked at.
    for (;;) yield;
  }

  *#entry(header: Header, block: Uint8Array, at: number, attributes: Attributes): Steps<void> {
    const { type } = header;
    const path = attributes.path(header);
    const stored = attributes.number('size') ?? header.size;
    if (!(stored >= 0)) throw badImage(`the entry at byte ${at} tells no size`);
    const device = DEVICES.get(type);
    if (device !== undefined || type === IGNORED) {
      if (device !== undefined && !this.#sink.isHidden(path)) {
        throw refused(Errno.EOPNOTSUPP, `${quote(path)} is ${device}, which the machine does not keep`);
      }
      return yield* this.#skip(type === IGNORED ? stored + padding(stored) : 0);
    }
    const kind = kindOf(header, path);
    if (kind === undefined) {
      throw refused(Errno.EOPNOTSUPP, `${quote(path)} is an entry of the unknown type ${quote(type)}`);
    }
    const common = {
      path,
      ...attributes.common(header, at),
      mode: (header.mode & 0o7777) | (kind === 'directory' ? S_IFDIR : kind === 'symlink' ? S_IFLNK : S_IFREG),
    };
    if (kind !== 'file') {
      const isDirectory = kind === 'directory';
      const link = kind === 'link' ? { sameAs: attributes.link(header) } : { target: attributes.link(header) };
      this.#sink.begin(isDirectory ? common : { ...common, ...link });
      this.#sink.end();
      // Only pax lets a second name bring its bytes again; GNU's listed directories have names for a body.
      const hasBody = type === 'D' || (kind === 'link' && attributes.isExtended);
      return yield* this.#skip(hasBody ? stored + padding(stored) : 0);
    }
    const map = yield* this.#sparseMap(header, block, attributes, stored);
    const size = map?.size ?? stored;
    if (size > MAX_FILE_SIZE) throw refused(Errno.EFBIG, `${quote(path)} is too large`);
    this.#sink.begin({ ...common, size });
    if (map === undefined) yield* this.#content(stored, 0);
    else for (const { position, length } of map.parts) yield* this.#content(length, position);
    this.#sink.end();
    yield* this.#skip(padding(stored));
  }

  *#sparseMap(header: Header, block: Uint8Array, attributes: Attributes, stored: number): Steps<SparseMap | undefined> {
    if (header.type === 'S') {
      const map = readOldSparse(block);
      while (map.goesOn) readOldSparseBlock(map, yield* this.#exactly(BLOCK));
      return this.#checked(map, stored);
    }
    const { sparse } = attributes;
    if (sparse === undefined) return undefined;
    if (sparse.list !== undefined)
      return this.#checked({ size: sparse.size, parts: readSparseList(sparse.list) }, stored);
    const text = new SparseMapText();
    let left = stored;
    while (!text.isComplete) {
      left -= BLOCK;
      if (left < 0) throw badImage('the map of a sparse file is longer than the file');
      text.push(yield* this.#exactly(BLOCK));
    }
    return this.#checked({ size: sparse.size, parts: text.parts }, left);
  }

  /** The parts of a sparse file come in order, lie within it, and make up what is stored. */
  #checked(map: SparseMap, stored: number): SparseMap {
    let end = 0;
    let sum = 0;
    for (const { position, length } of map.parts) {
      if (!(position >= end && length >= 0 && position + length <= map.size)) {
        throw badImage('the map of a sparse file does not fit it');
      }
      end = position + length;
      sum += length;
    }
    if (sum !== stored) throw badImage('the map of a sparse file does not fit what is stored of it');
    return map;
  }

  *#content(length: number, position: number): Steps<void> {
    for (let done = 0; done < length; ) {
      const bytes = yield* this.#some(length - done);
      this.#sink.bytes(bytes, position + done, length - done);
      done += bytes.length;
    }
  }

  *#records(header: Header, at: number): Steps<PaxRecord[]> {
    const records = decodeRecords(yield* this.#extension(header, at, false));
    if (records === undefined) throw badImage(`the extended header at byte ${at} is damaged`);
    return records;
  }

  /** A body that belongs to the next entry's header; a name ends at its NUL. */
  *#extension({ size }: Header, at: number, isName = true): Steps<Uint8Array> {
    if (!(size >= 0 && size <= EXTENSION_MAX)) throw badImage(`the extended header at byte ${at} is too long`);
    const bytes = (yield* this.#exactly(size)).slice();
    yield* this.#skip(padding(size));
    const end = isName ? bytes.indexOf(0) : -1;
    return end < 0 ? bytes : bytes.subarray(0, end);
  }

  *#skip(length: number): Steps<void> {
    for (let left = length; left > 0; ) left -= (yield* this.#some(left)).length;
  }

  /** As many bytes as are there, at least one. */
  *#some(most: number): Steps<Uint8Array> {
    while (this.#at === this.#chunk.length) {
      if (this.#hasEnded) throw badImage(this.#position === 0 ? 'the image is empty' : 'the image is cut short');
      yield;
    }
    const bytes = this.#chunk.subarray(this.#at, this.#at + most);
    this.#at += bytes.length;
    return bytes;
  }

  *#exactly(count: number): Steps<Uint8Array> {
    if (count === 0) return NOTHING;
    const first = yield* this.#some(count);
    if (first.length === count) return first;
    const bytes = new Uint8Array(count);
    bytes.set(first);
    for (let done = first.length; done < count; ) {
      const more = yield* this.#some(count - done);
      bytes.set(more, done);
      done += more.length;
    }
    return bytes;
  }

  get #position(): number {
    return this.#before + this.#at;
  }
}

/** Errors: LinuxError EOPNOTSUPP for what is known by its first bytes. */
function refuseCompressed(first: Uint8Array): void {
  const known = MAGICS.find(([magic]) => latin1(first.subarray(0, magic.length)) === magic)?.[1];
  if (known !== undefined) {
    throw refused(Errno.EOPNOTSUPP, `the image is compressed with ${known}; only gzip is read`);
  }
}

const MAGICS = [
  ['BZh', 'bzip2'],
  ['\xfd7zXZ\0', 'xz'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['PK\x03\x04', 'zip'],
] as const;

type Kind = 'file' | 'directory' | 'symlink' | 'link';

function kindOf({ type, format }: Header, path: string): Kind | undefined {
  switch (type) {
    case '0':
    case '\0':
    case '7':
      return format === 'v7' && path.endsWith('/') ? 'directory' : 'file';
    case 'S':
      return 'file';
    case '1':
      return 'link';
    case '2':
      return 'symlink';
    case '5':
    case 'D':
      return 'directory';
    default:
      return undefined;
  }
}

/** What the extended headers say of an entry. */
class Attributes {
  readonly isExtended: boolean;
  readonly #values: ReadonlyMap<string, Uint8Array>;
  readonly #extensions: Extensions;

  constructor(global: ReadonlyMap<string, Uint8Array>, extensions: Extensions) {
    this.#extensions = extensions;
    this.isExtended = extensions.records.length > 0;
    this.#values = new Map([...global, ...extensions.records]);
  }

  path({ name, prefix }: Header): string {
    const told = this.#bytes('GNU.sparse.name') ?? this.#bytes('path') ?? this.#extensions.longName;
    if (told !== undefined) return nameOf(told);
    return prefix.length === 0 ? nameOf(name) : `${nameOf(prefix)}/${nameOf(name)}`;
  }

  link({ linkName }: Header): string {
    return nameOf(this.#bytes('linkpath') ?? this.#extensions.longLink ?? linkName);
  }

  common(header: Header, at: number): Pick<TreeEntry, 'uid' | 'gid' | 'mtimeSec' | 'mtimeNsec'> {
    const uid = this.number('uid') ?? header.uid;
    const gid = this.number('gid') ?? header.gid;
    if (!(uid >= 0 && uid <= ID_MAX && gid >= 0 && gid <= ID_MAX)) {
      throw badImage(`the entry at byte ${at} has an owner out of range`);
    }
    const told = this.#bytes('mtime');
    const { sec, nsec } = told === undefined ? { sec: header.mtime, nsec: 0 } : timeOf(told);
    return { uid, gid, mtimeSec: sec, mtimeNsec: nsec };
  }

  /** Of GNU's formats 0.0 and 0.1, with the list of parts, and 1.0, whose map stands before the bytes. */
  get sparse(): { readonly size: number; readonly list: readonly string[] | undefined } | undefined {
    const major = this.#text('GNU.sparse.major');
    const map = this.#text('GNU.sparse.map');
    const isListed = map !== undefined || this.#values.has('GNU.sparse.numblocks');
    if (major === undefined && !isListed) return undefined;
    if (major !== undefined && major !== '0' && (major !== '1' || this.#text('GNU.sparse.minor') !== '0')) {
      throw refused(Errno.EOPNOTSUPP, `a sparse file in the unknown format ${major}`);
    }
    const size = this.number('GNU.sparse.realsize') ?? this.number('GNU.sparse.size');
    if (size === undefined) throw badImage('a sparse file tells no size');
    if (major === '1') return { size, list: undefined };
    return { size, list: map === undefined ? this.#offsets() : map === '' ? [] : map.split(',') };
  }

  number(key: string): number | undefined {
    const text = this.#text(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
      throw badImage(`an extended header says ${key}=${quote(text.slice(0, 40))}`);
    }
    return value;
  }

  /** The one case of a key that comes more than once. */
  #offsets(): string[] {
    return this.#extensions.records
      .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
      .map(([, value]) => nameOf(value));
  }

  #text(key: string): string | undefined {
    const bytes = this.#bytes(key);
    return bytes && nameOf(bytes);
  }

  /** An empty value takes back what stood before. */
  #bytes(key: string): Uint8Array | undefined {
    const bytes = this.#values.get(key);
    return bytes === undefined || (bytes.length === 0 && key !== 'GNU.sparse.map') ? undefined : bytes;
  }
}

function nameOf(bytes: Uint8Array): string {
  return decodeName(new Uint8Array(bytes));
}

function timeOf(bytes: Uint8Array): { readonly sec: number; readonly nsec: number } {
  const time = decodeTime(latin1(bytes.subarray(0, 40)));
  if (time === undefined) throw badImage('an extended header has a time that is none');
  return time;
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}

/** For a message of one line: no control characters, and not endless. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `…${text.slice(-100)}` : text);
}

export function badImage(reason: string): LinuxError {
  return refused(Errno.EBADMSG, reason);
}

/** An image that is not restored, nothing of it. */
export function refused(errno: number, reason: string): LinuxError {
  return new LinuxError(errno, 'restore', undefined, reason);
}
