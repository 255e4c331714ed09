// What stat(2) and statfs(2) tell the machine's embedder: values that survive a structured clone.

import type { StatFs } from '../syscalls/statfs.ts';
import type { Inode } from '../vfs/inode.ts';

const BLOCK = 4096;

/** By Node's names. */
export interface HostStat {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  /** In 512-byte units. */
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly atime: readonly [sec: number, nsec: number];
  readonly mtime: readonly [sec: number, nsec: number];
  readonly ctime: readonly [sec: number, nsec: number];
}

export type HostStatFs = StatFs;

export function statOf(inode: Inode): HostStat {
  return {
    dev: inode.fileSystem.device,
    ino: inode.ino,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    rdev: inode.rdev,
    size: inode.size,
    blksize: BLOCK,
    blocks: Math.ceil(inode.storage / 512),
    atimeMs: inode.atimeSec * 1000 + inode.atimeNsec / 1e6,
    mtimeMs: inode.mtimeSec * 1000 + inode.mtimeNsec / 1e6,
    ctimeMs: inode.ctimeSec * 1000 + inode.ctimeNsec / 1e6,
    atime: [inode.atimeSec, inode.atimeNsec],
    mtime: [inode.mtimeSec, inode.mtimeNsec],
    ctime: [inode.ctimeSec, inode.ctimeNsec],
  };
}
