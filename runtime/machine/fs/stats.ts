// What `machine.fs` tells of files: Node's Stats, BigIntStats, StatFs and Dirent, made of what Linux answers. No file here
// has a time of birth that is kept: it is the time of the last change of attributes, as Node has it on such file systems.

import type { HostStat, HostStatFs } from '../../../personalities/linux/booting-thread.ts';

const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFBLK = 0o060000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFSOCK = 0o140000;

/** Node's questions of a file's type. */
abstract class Typed {
  abstract isOf(type: number): boolean;

  isFile(): boolean {
    return this.isOf(S_IFREG);
  }
  isDirectory(): boolean {
    return this.isOf(S_IFDIR);
  }
  isSymbolicLink(): boolean {
    return this.isOf(S_IFLNK);
  }
  isFIFO(): boolean {
    return this.isOf(S_IFIFO);
  }
  isCharacterDevice(): boolean {
    return this.isOf(S_IFCHR);
  }
  isBlockDevice(): boolean {
    return this.isOf(S_IFBLK);
  }
  isSocket(): boolean {
    return this.isOf(S_IFSOCK);
  }
}

/** What both forms of stat(2)'s answer have, in numbers of one kind. */
abstract class Counted<N extends number | bigint> extends Typed {
  readonly dev: N;
  readonly ino: N;
  readonly mode: N;
  readonly nlink: N;
  readonly uid: N;
  readonly gid: N;
  readonly rdev: N;
  readonly size: N;
  readonly blksize: N;
  /** In 512-byte units. */
  readonly blocks: N;

  constructor(stat: HostStat, numberOf: (value: number) => N) {
    super();
    this.dev = numberOf(stat.dev);
    this.ino = numberOf(stat.ino);
    this.mode = numberOf(stat.mode);
    this.nlink = numberOf(stat.nlink);
    this.uid = numberOf(stat.uid);
    this.gid = numberOf(stat.gid);
    this.rdev = numberOf(stat.rdev);
    this.size = numberOf(stat.size);
    this.blksize = numberOf(stat.blksize);
    this.blocks = numberOf(stat.blocks);
  }

  override isOf(type: number): boolean {
    return (Number(this.mode) & S_IFMT) === type;
  }
}

/** What stat(2) tells. */
export class Stats extends Counted<number> {
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;

  /** For `machine.fs`. */
  constructor(stat: HostStat) {
    super(stat, (value) => value);
    this.atimeMs = stat.atimeMs;
    this.mtimeMs = stat.mtimeMs;
    this.ctimeMs = stat.ctimeMs;
    this.birthtimeMs = this.ctimeMs;
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }
  get birthtime(): Date {
    return new Date(this.birthtimeMs);
  }
}

/** The same as bigints, with times in nanoseconds too. */
export class BigIntStats extends Counted<bigint> {
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;

  /** For `machine.fs`. */
  constructor(stat: HostStat) {
    super(stat, BigInt);
    this.atimeNs = nanoseconds(stat.atime);
    this.mtimeNs = nanoseconds(stat.mtime);
    this.ctimeNs = nanoseconds(stat.ctime);
    this.birthtimeNs = this.ctimeNs;
  }

  get atimeMs(): bigint {
    return this.atimeNs / 1_000_000n;
  }
  get mtimeMs(): bigint {
    return this.mtimeNs / 1_000_000n;
  }
  get ctimeMs(): bigint {
    return this.ctimeNs / 1_000_000n;
  }
  get birthtimeMs(): bigint {
    return this.birthtimeNs / 1_000_000n;
  }
  get atime(): Date {
    return new Date(Number(this.atimeMs));
  }
  get mtime(): Date {
    return new Date(Number(this.mtimeMs));
  }
  get ctime(): Date {
    return new Date(Number(this.ctimeMs));
  }
  get birthtime(): Date {
    return new Date(Number(this.birthtimeMs));
  }
}

/** What statfs(2) tells. */
export interface StatFs<N extends number | bigint = number> {
  /** Linux's number of the file system. */
  readonly type: N;
  /** Bytes of a block. */
  readonly bsize: N;
  /** In blocks. */
  readonly blocks: N;
  readonly bfree: N;
  readonly bavail: N;
  readonly files: N;
  readonly ffree: N;
}

export function statFsOf(status: HostStatFs): StatFs {
  const { magic, blockSize, blocks, blocksFree, files, filesFree } = status;
  return {
    type: magic,
    bsize: blockSize,
    blocks,
    bfree: blocksFree,
    bavail: blocksFree,
    files,
    ffree: filesFree,
  };
}

export function bigStatFsOf(status: HostStatFs): StatFs<bigint> {
  const { type, bsize, blocks, bfree, bavail, files, ffree } = statFsOf(status);
  return {
    type: BigInt(type),
    bsize: BigInt(bsize),
    blocks: BigInt(blocks),
    bfree: BigInt(bfree),
    bavail: BigInt(bavail),
    files: BigInt(files),
    ffree: BigInt(ffree),
  };
}

/** An entry of a directory, with its type. */
export class Dirent<Name extends string | Uint8Array = string> extends Typed {
  readonly name: Name;
  /** The directory that it is in, as it was asked for. */
  readonly parentPath: string;
  readonly #mode: number;

  /** For `machine.fs`. */
  constructor(name: Name, parentPath: string, mode: number) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.#mode = mode;
  }

  override isOf(type: number): boolean {
    return (this.#mode & S_IFMT) === type;
  }
}

function nanoseconds([sec, nsec]: readonly [sec: number, nsec: number]): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}
