// Open file descriptions: what descriptors refer to. Offset and status flags live here, so that dup and inheritance share
// them. A file system derives its own; the defaults are what POSIX wants of a file that cannot do a thing.
// The VFS has checked the access mode and passes checked ranges of guest memory, which other threads may change meanwhile.
// See: POSIX.1-2024, 3.235 Open File Description.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { WaitQueue } from '../kernel/wait.ts';
import type { Caller } from './caller.ts';
import type { Inode } from './inode.ts';
import type { LockOwner } from './locks.ts';
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from './mode.ts';

/** Bits of readiness: poll(2)'s. */
export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;

const ALL_RIGHTS = 0x3fff_ffff;

/** Takes the entries of a directory; answers whether there was room for this one. */
export interface DirectorySink {
  /** @param next the cookie that continues after this entry */
  entry(name: string, ino: number, mode: number, next: number): boolean;
}

export abstract class FileDescription {
  readonly inode: Inode;
  /** Access mode and status flags. */
  flags: number;
  offset = 0;
  /** Descriptors, of any process, that refer to it. */
  references = 0;
  /** The name by which it was opened, unless it is a directory or has none; renames are followed (syscalls/open-names). */
  openedIn: Inode | undefined = undefined;
  openedAs = '';
  /** That name was removed. */
  isNameGone = false;
  /** WASI rights that were not given up; all are below bit 30. What a kind of file can have is known to abi/wasi. */
  rightsBase = ALL_RIGHTS;
  rightsInheriting = ALL_RIGHTS;
  /** Whether lseek, pread and pwrite work. */
  readonly isSeekable: boolean = true;
  /** Once it had a lock of its own: flock(2), F_OFD_SETLK. */
  locks: LockOwner | undefined;
  /** Whether lseek knows an end. */
  readonly hasEnd: boolean = true;

  constructor(inode: Inode, flags: number) {
    this.inode = inode;
    this.flags = flags;
    inode.hold();
  }

  get isReadable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }
  get isWritable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  get isNonBlocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }
  get isAppending(): boolean {
    return (this.flags & O_APPEND) !== 0;
  }

  /**
   * Reads at most `length` bytes into `into` at `start`; fewer at the end of the file or of what there is; 0: the end.
   *
   * @param position in the file; without meaning when it is not seekable
   */
  read(_caller: Caller, _into: Uint8Array, _start: number, _length: number, _position: number): number {
    return this.inode.isDirectory ? -Errno.EISDIR : -Errno.EINVAL;
  }

  /**
   * Writes at most `length` bytes and answers how many; fewer only when there is no room for more.
   *
   * @param position in the file; −1: at its end, wherever that is (`inode.size` must then be right afterwards)
   */
  write(_caller: Caller, _from: Uint8Array, _start: number, _length: number, _position: number): number {
    return -Errno.EINVAL;
  }

  /** The offset in bytes, or −errno; here because it may be kept elsewhere. */
  tell(): number {
    return this.offset;
  }

  /** Moves the offset to a position that a file can have. @returns it, or −errno */
  moveTo(position: number): number {
    this.offset = position;
    return position;
  }

  /** Reads at the offset and moves it: otherwise as `read`. */
  readNext(caller: Caller, into: Uint8Array, start: number, length: number): number {
    const result = this.read(caller, into, start, length, this.offset);
    if (result > 0) this.offset += result;
    return result;
  }

  /** Writes at the offset, or at the end when appending, and moves the offset: otherwise as `write`. */
  writeNext(caller: Caller, from: Uint8Array, start: number, length: number): number {
    const at = this.offset;
    const appends = this.isAppending;
    const result = this.write(caller, from, start, length, appends ? -1 : at);
    if (result > 0) this.offset = appends && this.isSeekable ? this.inode.size : at + result;
    return result;
  }

  /**
   * Lists a directory from a cookie on (0: its start) until the sink has no room. `.` and `..` come first.
   * A cookie stays good while names come and go: names that stay are listed once.
   */
  readDirectory(_caller: Caller, _cookie: number, _sink: DirectorySink): number {
    return -Errno.ENOTDIR;
  }

  /** Makes sure that a range of a regular file is stored and inside its size: posix_fallocate. */
  allocate(_caller: Caller, _offset: number, _length: number): number {
    return -Errno.ENODEV;
  }

  sync(_caller: Caller, _dataOnly: boolean): number {
    return 0;
  }

  /** The POLL* bits that hold now. */
  readiness(): number {
    return POLLIN | POLLOUT;
  }
  /** Bytes that a read would find; for poll_oneoff. */
  readableBytes(): number {
    return 0;
  }
  /** Woken when readiness may have changed; undefined: it never changes. */
  get readyQueue(): WaitQueue | undefined {
    return undefined;
  }

  /** A terminal, to isatty. */
  get isTerminal(): boolean {
    return false;
  }

  /** The last descriptor is gone. What it still has to say to the outside it says without waiting. */
  protected released(): void {}

  retain(): void {
    this.references++;
  }
  /** @returns whether that was the last reference */
  release(): boolean {
    if (--this.references > 0) return false;
    this.locks?.releaseAll();
    this.released();
    this.inode.drop();
    return true;
  }
}
