// statfs(2): how much room a file system has, and what it is.

import { NAME_MAX } from '../../../runtime/abi/wasi/structs.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileSystemStatus, Inode } from '../vfs/inode.ts';

/** Flags, by Linux's numbers. */
export const ST_RDONLY = 1;
const ST_VALID = 0x20;
const ST_RELATIME = 0x1000;

/** Linux's numbers of file systems; those in memory are its tmpfs, and so is /dev there. */
const TMPFS_MAGIC = 0x0102_1994;
const MAGIC = new Map<string, number>([
  ['memfs', TMPFS_MAGIC],
  ['tmpfs', TMPFS_MAGIC],
  ['devfs', TMPFS_MAGIC],
  ['hostfs', 0x00c0_ffee],
  /** What it is most like: Linux's number of FAT. */
  ['opfs', 0x4d44],
  ['overlay', 0x794c_7630],
  ['proc', 0x9fa0],
]);

/** struct statfs, but for f_bavail, which is `blocksFree` here: nothing is kept for user 0. */
export interface StatFs extends FileSystemStatus {
  /** f_type. */
  readonly magic: number;
  /** f_fsid: the device number. */
  readonly id: number;
  readonly nameMax: number;
  /** ST_*. */
  readonly flags: number;
}

/** Implements statfs(2) and fstatfs(2). Blocks: a host directory. Errors: those of the host. */
export function statfs(ctx: SyscallContext, inode: Inode): StatFs | number {
  const { fileSystem } = inode;
  const status = fileSystem.status(ctx);
  if (typeof status === 'number') return status;
  const readOnly = ctx.process.namespace.isReadOnly(inode) ? ST_RDONLY : 0;
  return {
    ...status,
    magic: MAGIC.get(fileSystem.type) ?? TMPFS_MAGIC,
    id: fileSystem.device,
    nameMax: NAME_MAX,
    flags: ST_VALID | ST_RELATIME | readOnly,
  };
}
