// Staged files on `Fd`s of @bjorn3/browser_wasi_shim: bytes on its OpenFile, and what users' own modules make. The only file
// that calls the shim or an Fd. What the shim lacks is made good here, each gap with its comment; WASI's error numbers
// become Linux's, and what a user's Fd throws, or gives against its contract, becomes EIO and a report.

import { type Fd, File, OpenFile } from '@bjorn3/browser_wasi_shim';
import { Errno } from '../../../runtime/abi/errno.ts';
import { linuxErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { AT_OFFSET } from '../../../runtime/abi/wasi/transfer.ts';
import { FILETYPE, WHENCE } from '../../../runtime/abi/wasi/types.ts';
import { type FileAttributes, MAX_FILE_SIZE, type NewTimes, type OpenStagedFile, type StagedFile } from './file.ts';

const NS_PER_MS = 1e6;

/** Bytes that the staged files of a process may take together. */
export class StagedStorage {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }
}

/** A staged file that begins with given bytes; it keeps them, so nobody else may. */
export function createBytesFile(bytes: Uint8Array<ArrayBuffer>, storage: StagedStorage): StagedFile {
  return new BytesFile(bytes, storage);
}

/**
 * A staged file that a user's function or class makes anew for each open.
 *
 * @param maker gives an Fd: called with `new` if it can be constructed
 * @param report is told what a guest cannot be: an exception, a broken contract
 */
export function createForeignFile(
  maker: unknown,
  args: readonly unknown[],
  report: (message: string) => void,
): StagedFile {
  let hasReported = false;
  return new ForeignFile(maker as FdMaker, args, (message) => {
    // Once: a guest may call as often as it likes.
    if (!hasReported) report(message);
    hasReported = true;
  });
}

// Bytes.

/** Unix time now, in nanoseconds, to what a number holds: 256 ns. */
function nowNs(): bigint {
  return BigInt(Math.floor((performance.timeOrigin + performance.now()) * NS_PER_MS));
}

class BytesFile extends File implements StagedFile {
  readonly #storage: StagedStorage;
  /** `data` is its beginning; the rest is room to grow. */
  #room: Uint8Array<ArrayBuffer>;
  /** Bytes of the room from here on are zero. */
  #cleanFrom: number;
  // The shim's stat() gives no times and no links.
  #atimNs: bigint;
  #mtimNs: bigint;
  #ctimNs: bigint;
  #links = 1n;

  constructor(bytes: Uint8Array<ArrayBuffer>, storage: StagedStorage) {
    super([]);
    this.data = bytes;
    this.#room = bytes;
    this.#cleanFrom = bytes.length;
    this.#storage = storage;
    storage.used += bytes.length;
    this.#atimNs = this.#mtimNs = this.#ctimNs = nowNs();
  }

  open(): OpenStagedFile {
    return new OpenBytes(this);
  }

  get length(): number {
    return this.data.length;
  }

  /**
   * Gives the file a size. The shim allocates the exact size at each growth, so that appending is O(n²), and shrinks into a
   * copy of the whole buffer, offset or not; here room doubles, and `data` is a view of it that the shim finds large enough.
   *
   * @returns 0 or −ENOSPC, and nothing has changed
   */
  resize(size: number): number {
    const before = this.data.length;
    if (size > before) {
      if (this.#storage.used + (size - before) > this.#storage.limit) return -Errno.ENOSPC;
      if (size > this.#room.length && !this.#grow(size)) return -Errno.ENOSPC;
      if (before < this.#cleanFrom) this.#room.fill(0, before, Math.min(size, this.#cleanFrom));
      this.#cleanFrom = Math.max(this.#cleanFrom, size);
    } else if (size * 4 <= this.#room.length) {
      this.#room = this.#room.slice(0, size);
      this.#cleanFrom = size;
    }
    this.data = this.#room.subarray(0, size);
    this.#storage.used += size - before;
    return 0;
  }

  modified(): void {
    this.#mtimNs = this.#ctimNs = nowNs();
  }

  empty(): number {
    const result = this.resize(0);
    this.modified();
    return result;
  }

  attributes(): FileAttributes {
    const { dev, ino, filetype, size } = this.stat();
    return {
      dev,
      ino,
      filetype,
      size,
      nlink: this.#links,
      atim: this.#atimNs,
      mtim: this.#mtimNs,
      ctim: this.#ctimNs,
    };
  }

  setTimes({ atim, mtim }: NewTimes): number {
    this.#atimNs = atim ?? this.#atimNs;
    this.#mtimNs = mtim ?? this.#mtimNs;
    this.#ctimNs = nowNs();
    return 0;
  }

  unlinked(): void {
    this.#links = 0n;
    this.#ctimNs = nowNs();
  }

  #grow(size: number): boolean {
    const room = allocate(Math.max(size, Math.min(2 * this.#room.length, size + GROWTH_MAX))) ?? allocate(size);
    if (room === undefined) return false;
    room.set(this.data);
    this.#room = room;
    this.#cleanFrom = this.data.length;
    return true;
  }
}

/** Room ahead of need is never more. */
const GROWTH_MAX = 64 << 20;

/** undefined: the engine has no such buffer. */
function allocate(size: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(size);
  } catch (error) {
    if (error instanceof RangeError && !isStackOverflow(error)) return undefined;
    throw error;
  }
}

class OpenBytes implements OpenStagedFile {
  readonly filetype = FILETYPE.REGULAR_FILE;
  readonly isSeekable = true;
  readonly #file: BytesFile;
  readonly #fd: OpenFile;

  constructor(file: BytesFile) {
    this.#file = file;
    this.#fd = new OpenFile(file);
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    const { data } =
      position === AT_OFFSET ? this.#fd.fd_read(length) : this.#fd.fd_pread(length, BigInt(Math.min(position, MAX)));
    into.set(data, start);
    return data.length;
  }

  write(from: Uint8Array, start: number, length: number, position: number, appends: boolean): number {
    if (length === 0) return 0;
    const usesOffset = position === AT_OFFSET;
    const at = appends ? this.#file.length : usesOffset ? this.tell() : position;
    // The shim knows no largest file, and throws what the engine throws.
    if (at >= MAX_FILE_SIZE) return -Errno.EFBIG;
    const fitting = this.#makeRoom(at, Math.min(length, MAX_FILE_SIZE - at));
    if (fitting < 0) return fitting;
    const bytes = from.subarray(start, start + fitting);
    const isAtOffset = usesOffset && !appends;
    const { nwritten } = isAtOffset ? this.#fd.fd_write(bytes) : this.#fd.fd_pwrite(bytes, BigInt(at));
    // The shim goes to the end once, when it opens for appending, and writes wherever it is then.
    if (usesOffset && appends) this.#fd.fd_seek(BigInt(at + nwritten), WHENCE.SET);
    this.#file.modified();
    return nwritten;
  }

  seek(offset: number, whence: number): number {
    const base = whence === WHENCE.SET ? 0 : whence === WHENCE.CUR ? this.tell() : this.#file.length;
    const target = base + offset;
    // The shim has no largest offset.
    if (whence > WHENCE.END || target < 0 || target > MAX_FILE_SIZE) return -Errno.EINVAL;
    return Number(this.#fd.fd_seek(BigInt(target), WHENCE.SET).offset);
  }

  tell(): number {
    return Number(this.#fd.fd_tell().offset);
  }

  attributes(): FileAttributes {
    return this.#file.attributes();
  }

  // The shim's Fd has no times.
  setTimes(times: NewTimes): number {
    return this.#file.setTimes(times);
  }

  truncate(size: number): number {
    if (size > MAX_FILE_SIZE) return -Errno.EFBIG;
    const result = this.#file.resize(size);
    if (result === 0) this.#file.modified();
    return result;
  }

  allocate(offset: number, length: number): number {
    // The shim allocates anew for a file that has that size already.
    const result = offset + length > this.#file.length ? this.#file.resize(offset + length) : 0;
    if (result === 0) this.#file.modified();
    return result;
  }

  sync(): number {
    return linuxErrnoOf(this.#fd.fd_sync());
  }

  readableBytes(): number {
    return Math.max(0, this.#file.length - this.tell());
  }

  close(): void {
    this.#fd.fd_close();
  }

  /** Makes the file large enough. @returns how many of the bytes fit, or −ENOSPC for none */
  #makeRoom(at: number, length: number): number {
    const size = this.#file.length;
    if (at + length <= size || this.#file.resize(at + length) === 0) return length;
    return at < size ? size - at : -Errno.ENOSPC;
  }
}

const MAX = Number.MAX_SAFE_INTEGER;

// Users' own.

type FdMaker = (new (...args: unknown[]) => Fd) & ((...args: unknown[]) => Fd);
type Report = (message: string) => void;

class ForeignFile implements StagedFile {
  readonly #maker: FdMaker;
  readonly #args: readonly unknown[];
  readonly #report: Report;

  constructor(maker: FdMaker, args: readonly unknown[], report: Report) {
    this.#maker = maker;
    this.#args = args;
    this.#report = report;
  }

  open(): OpenForeign | number {
    let opened: OpenForeign | undefined;
    const result = attempt(this.#report, () => {
      // Arrow functions and methods have no prototype and cannot be constructed.
      const isConstructor = this.#maker.prototype !== undefined;
      const fd = isConstructor ? new this.#maker(...this.#args) : this.#maker(...this.#args);
      const { ret, fdstat } = fd.fd_fdstat_get();
      if (ret !== 0 || fdstat === null) return -linuxErrnoOf(ret);
      if (fdstat.fs_filetype === FILETYPE.DIRECTORY) throw new TypeError('a staged file may not be a directory');
      opened = new OpenForeign(fd, fdstat.fs_filetype, this.#report);
      return 0;
    });
    return opened ?? (result < 0 ? result : -Errno.EIO);
  }

  attributes(): FileAttributes | number {
    return this.#withOpen((file) => file.attributes());
  }

  setTimes(times: NewTimes): number {
    return this.#withOpen((file) => file.setTimes(times));
  }

  /** As Linux: what is no regular file has no size to take away. */
  empty(): number {
    return this.#withOpen((file) => (file.filetype === FILETYPE.REGULAR_FILE ? file.truncate(0) : 0));
  }

  unlinked(): void {}

  #withOpen<T>(use: (file: OpenForeign) => T | number): T | number {
    const file = this.open();
    if (typeof file === 'number') return file;
    const result = use(file);
    file.close();
    return result;
  }
}

class OpenForeign implements OpenStagedFile {
  readonly filetype: number;
  readonly isSeekable: boolean;
  readonly #fd: Fd;
  readonly #report: Report;

  constructor(fd: Fd, filetype: number, report: Report) {
    this.#fd = fd;
    this.filetype = filetype;
    this.isSeekable = filetype === FILETYPE.REGULAR_FILE || filetype === FILETYPE.BLOCK_DEVICE;
    this.#report = report;
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    return this.#attempt(() => {
      const { ret, data } =
        position === AT_OFFSET ? this.#fd.fd_read(length) : this.#fd.fd_pread(length, BigInt(position));
      if (ret !== 0) return -linuxErrnoOf(ret);
      if (data.length > length)
        throw new RangeError(`${data.length} bytes were read, at most ${length} were asked for`);
      into.set(data, start);
      return data.length;
    });
  }

  write(from: Uint8Array, start: number, length: number, position: number, appends: boolean): number {
    return this.#attempt(() => {
      // A copy: platforms refuse shared views, and the Fd may keep it.
      const bytes = from.slice(start, start + length);
      let result: { ret: number; nwritten: number };
      if (position === AT_OFFSET) {
        // What cannot seek appends anyway.
        if (appends && this.isSeekable) this.#fd.fd_seek(0n, WHENCE.END);
        result = this.#fd.fd_write(bytes);
      } else {
        const at = appends ? (this.#fd.fd_filestat_get().filestat?.size ?? BigInt(position)) : BigInt(position);
        result = this.#fd.fd_pwrite(bytes, at);
      }
      if (result.ret !== 0) return -linuxErrnoOf(result.ret);
      return within(result.nwritten, length);
    });
  }

  seek(offset: number, whence: number): number {
    if (whence > WHENCE.END || !Number.isSafeInteger(offset)) return -Errno.EINVAL;
    return this.#offset(() => this.#fd.fd_seek(BigInt(offset), whence));
  }

  tell(): number {
    return this.#offset(() => this.#fd.fd_tell());
  }

  attributes(): FileAttributes | number {
    let attributes: FileAttributes | undefined;
    const result = this.#attempt(() => {
      const { ret, filestat } = this.#fd.fd_filestat_get();
      if (ret !== 0 || filestat === null) return -linuxErrnoOf(ret);
      const { dev, ino, nlink, size, atim, mtim, ctim } = filestat;
      const [device, inode, links, bytes, accessed, modified, changed] = [dev, ino, nlink, size, atim, mtim, ctim].map(
        (field) => BigInt.asUintN(64, field),
      ) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint];
      attributes = {
        dev: device,
        ino: inode,
        filetype: this.filetype,
        // The shim's filestat says 0, as of a file that was unlinked.
        nlink: links === 0n ? 1n : links,
        size: bytes,
        atim: accessed,
        mtim: modified,
        ctim: changed,
      };
      return 0;
    });
    return attributes ?? (result < 0 ? result : -Errno.EIO);
  }

  setTimes({ atim, mtim }: NewTimes): number {
    const flags = (atim === undefined ? 0 : 1) | (mtim === undefined ? 0 : 4); // FSTFLAGS ATIM, MTIM
    return this.#attempt(() => -linuxErrnoOf(this.#fd.fd_filestat_set_times(atim ?? 0n, mtim ?? 0n, flags)));
  }

  truncate(size: number): number {
    if (size > MAX_FILE_SIZE) return -Errno.EFBIG;
    return this.#attempt(() => -linuxErrnoOf(this.#fd.fd_filestat_set_size(BigInt(size))));
  }

  allocate(offset: number, length: number): number {
    return this.#attempt(() => -linuxErrnoOf(this.#fd.fd_allocate(BigInt(offset), BigInt(length))));
  }

  sync(): number {
    return this.#attempt(() => -linuxErrnoOf(this.#fd.fd_sync()));
  }

  readableBytes(): number {
    return 0;
  }

  close(): void {
    this.#attempt(() => this.#fd.fd_close());
  }

  #offset(call: () => { ret: number; offset: bigint }): number {
    return this.#attempt(() => {
      const { ret, offset } = call();
      return ret === 0 ? within(Number(offset), MAX_FILE_SIZE) : -linuxErrnoOf(ret);
    });
  }

  #attempt(call: () => number): number {
    return attempt(this.#report, call);
  }
}

/** Calls into a user's module. @returns its result, or −EIO when it throws */
function attempt(report: Report, call: () => number): number {
  try {
    return call();
  } catch (error) {
    // The guest's own recursion ended in here: that is its SIGSEGV, not the module's error.
    if (isStackOverflow(error)) throw error;
    report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return -Errno.EIO;
  }
}

/** Errors: RangeError for a count that no call may give. */
function within(count: number, limit: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= limit) return count;
  throw new RangeError(`${count} is no number from 0 to ${limit}`);
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && /call stack|too much recursion/i.test(error.message);
}
