// The mount seam: what a file system provides, and so what its files (Inode) and their open descriptions (FileDescription) are.
// The VFS above does every check of POSIX once (types, permissions, access modes, sticky bits, read-only mounts, trailing
// slashes, name lengths, rename's rules), so an operation here may rely on what its docstring says and only does the work.
//
// Results: a number is ≥ 0 or −errno; an object, or −errno as a number. An operation that takes time returns −ERESTART (see
// vfs/caller). Operations throw nothing: each file system turns exceptions of others into −errno where they arise.
// Names and link targets are strings in which each byte that is not UTF-8 stands as U+DC80…U+DCFF (see vfs/names), so that
// every name of Linux survives. Sizes and offsets are safe integers. Ranges of guest memory were checked; other threads may
// change what is in them meanwhile.
//
// See: Linux Documentation/filesystems/vfs.rst; POSIX.1-2024, chapter 4, and 3.235 Open File Description.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { WaitQueue } from '../kernel/wait.ts';
import type { Caller } from './caller.ts';
import type { LockOwner } from './locks.ts';
import {
  isDirectoryMode,
  isRegularMode,
  isSymlinkMode,
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from './mode.ts';

/** New times of a file; undefined: left as it is. Seconds since 1970 and nanoseconds below 1e9. */
export interface TimesChange {
  readonly atime: { readonly sec: number; readonly nsec: number } | undefined;
  readonly mtime: { readonly sec: number; readonly nsec: number } | undefined;
}

/** What statfs(2) tells. Sizes in blocks. */
export interface FileSystemStatus {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly files: number;
  readonly filesFree: number;
}

/** Paths from the top of a file system, in no order; a renamed file is removed and created. */
export interface TreeChanges {
  readonly created: string[];
  /** Contents or attributes; a directory's entries are told for themselves. */
  readonly changed: string[];
  readonly removed: string[];
}

export interface FileSystemCheckpoint {
  changes(): TreeChanges;
  /** Nobody will ask any more. */
  release(): void;
}

/** What a magic link leads to: a file itself, however it is called now; its name, if it was opened by one. */
export interface MagicTarget {
  readonly inode: Inode;
  readonly openedIn: Inode | undefined;
  readonly openedAs: string;
}

export interface FileSystem {
  /** As /proc/mounts shows it: `memfs`, `devfs`, `hostfs`, `proc`. */
  readonly type: string;
  /** st_dev: from `nextDevice()`. */
  readonly device: number;
  /** The directory at its top. The same object always. */
  readonly root: Inode;
  status(caller: Caller): FileSystemStatus | number;
  /** How often its inodes are held, by descriptions, working directories and mounts on them. Kept by vfs/inode. */
  holds?: number;
  /** Whether calls are under way in it that hold nothing yet: it cannot be unmounted. */
  isBusy?(): boolean;
  /** Looks for events from outside; called whenever the kernel looks for events. Never blocks. */
  poll?(): void;
  /** Begins to note what changes (fs/memory/checkpoint). Absent where changes come from outside. */
  checkpoint?(): FileSystemCheckpoint;
  /** The machine shuts down, or the last mount of it is gone: gives back what it holds outside. */
  dispose?(): void;
}

/** Largest size of a file; as ext4's: 16 TiB less a page. */
export const MAX_FILE_SIZE = 2 ** 44 - 4096;

let lastDevice = 0;
/** A device number that no other file system of this realm has. */
export function nextDevice(): number {
  return ++lastDevice;
}

/**
 * A file of any type. One object per file as long as anything refers to it: the VFS compares inodes by identity.
 * The attribute fields are those of the last `refresh`; `lookup`, `create` … answer with fresh ones.
 */
export abstract class Inode {
  abstract readonly fileSystem: FileSystem;
  readonly ino: number;
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  nlink = 1;
  size = 0;
  /** Storage, in bytes (st_blocks is this / 512). */
  storage = 0;
  rdev = 0;
  atimeSec = 0;
  atimeNsec = 0;
  mtimeSec = 0;
  mtimeNsec = 0;
  ctimeSec = 0;
  ctimeNsec = 0;
  /** Descriptions and working directories that use it; kept by `hold` and `drop`. */
  holds = 0;
  /** How many mount tables have a file system mounted here. Kept by vfs/mounts. */
  coveredCount = 0;
  /** Of a directory: where a walk found it last, and so where it is (see vfs/paths). Kept by walks and renames. */
  walkedIn: Inode | undefined = undefined;
  walkedAs = '';

  constructor(ino: number, mode: number, uid: number, gid: number) {
    this.ino = ino;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
  }

  get isDirectory(): boolean {
    return isDirectoryMode(this.mode);
  }
  get isRegular(): boolean {
    return isRegularMode(this.mode);
  }
  get isSymlink(): boolean {
    return isSymlinkMode(this.mode);
  }
  /** Of a directory: a missing name is ENOENT also to who wants to make it, whoever that is (Linux's /proc). */
  get hasFixedNames(): boolean {
    return false;
  }
  /** What /proc shows of a file that has no name: `pipe:[12]`. */
  get label(): string | undefined {
    return undefined;
  }

  hold(): void {
    const { fileSystem } = this;
    fileSystem.holds = (fileSystem.holds ?? 0) + 1;
    this.holds++;
  }
  drop(): void {
    const { fileSystem } = this;
    fileSystem.holds = (fileSystem.holds ?? 0) - 1;
    if (--this.holds === 0) this.unused();
  }
  /** Nobody holds it any more: what an unlinked file occupied is given back. */
  protected unused(): void {}

  /** Brings the attribute fields up to date. */
  refresh(_caller: Caller): number {
    return 0;
  }

  /**
   * Opens the file; access was granted. Called after a creation too. O_CREAT, O_EXCL, O_TRUNC and O_NOFOLLOW were dealt
   * with: the VFS truncates by `truncate`.
   *
   * @param flags access mode and status flags, O_* of vfs/mode
   */
  abstract open(caller: Caller, flags: number): FileDescription | number;

  setMode(_caller: Caller, _mode: number): number {
    return -Errno.EPERM;
  }
  setOwner(_caller: Caller, _uid: number, _gid: number): number {
    return -Errno.EPERM;
  }
  setTimes(_caller: Caller, _change: TimesChange): number {
    return -Errno.EPERM;
  }
  /** Sets the size of a regular file; what is added reads as zero. Returns −EFBIG, −ENOSPC. */
  truncate(_caller: Caller, _size: number): number {
    return -Errno.EINVAL;
  }
  /** The target of a symbolic link. */
  readlink(_caller: Caller): string | number {
    return -Errno.EINVAL;
  }
  /** Of a symbolic link that leads to a file without a path (Linux's magic links): that file; undefined: an ordinary one. */
  magicTarget(_caller: Caller): MagicTarget | number | undefined {
    return undefined;
  }

  // Directories only. `name` is one component: not empty, not `.` or `..`, no slash, at most NAME_MAX bytes.

  /** The directory above; the top of a file system answers itself. */
  parent(_caller: Caller): Inode | number {
    return -Errno.ENOTDIR;
  }
  /**
   * −ENOENT when the directory has no such name. Follows nothing.
   *
   * @param _path that is being walked: its names from `_rest` on will be looked up next. A file system that takes time may
   *   ask for them in the same request
   * @param _openFlags with which the file at the path's end will be opened next, if it may be; −1: it will not. The same
   */
  lookup(_caller: Caller, _name: string, _path = '', _rest = 0, _openFlags = -1): Inode | number {
    return -Errno.ENOTDIR;
  }
  /**
   * Makes a regular file. −EEXIST when another was quicker (the VFS then looks again). The owner is the caller; the mode
   * had umask applied.
   */
  create(_caller: Caller, _name: string, _mode: number): Inode | number {
    return -Errno.EROFS;
  }
  mkdir(_caller: Caller, _name: string, _mode: number): Inode | number {
    return -Errno.EROFS;
  }
  symlink(_caller: Caller, _name: string, _target: string): Inode | number {
    return -Errno.EROFS;
  }
  /** Adds a name to a file of the same file system that is not a directory. */
  link(_caller: Caller, _name: string, _inode: Inode): number {
    return -Errno.EPERM;
  }
  /** Removes a name of something that is not a directory; `inode` is what it names. */
  unlink(_caller: Caller, _name: string, _inode: Inode): number {
    return -Errno.EROFS;
  }
  /** Removes a directory; −ENOTEMPTY is found here. */
  rmdir(_caller: Caller, _name: string, _inode: Inode): number {
    return -Errno.EROFS;
  }
  /**
   * Moves `inode` from `name` here to `newName` in a directory of the same file system. Types agree, `newDirectory` is not
   * below `inode`, `replaced` (what `newName` names now) is another file; −ENOTEMPTY is found here.
   */
  rename(
    _caller: Caller,
    _name: string,
    _inode: Inode,
    _newDirectory: Inode,
    _newName: string,
    _replaced: Inode | undefined,
  ): number {
    return -Errno.EROFS;
  }
  /** Each of two names, of the same file system, gets the file of the other; neither is below the other. */
  exchange(
    _caller: Caller,
    _name: string,
    _inode: Inode,
    _other: Inode,
    _otherName: string,
    _otherInode: Inode,
  ): number {
    return -Errno.EINVAL;
  }
}

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

/**
 * What descriptors refer to. Offset and status flags live here, so that dup and inheritance share them. A file system derives
 * its own; the defaults are what POSIX wants of a file that cannot do a thing.
 */
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

  /** The last descriptor is gone. What it must still tell a server it sends without waiting. */
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
