// What is told of files and file systems: stat(2) and its kin, statx, statfs.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { STAT, STATFS, STATX } from '../../../../runtime/abi/linux/structs.ts';
import { AT_FDCWD, AT_FLAGS, AT_STATX_SYNC_TYPE } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { statfs } from '../../syscalls/statfs.ts';
import type { Inode } from '../../vfs/inode.ts';
import { FOLLOW } from '../../vfs/walk.ts';
import { areAmong, fileAt, fileOf, followUnlessTold, type LinuxHandlers, writeTime } from './guest.ts';

const { AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH } = AT_FLAGS;
const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
/** The unit in which a file is best read and written. */
const BLOCK_BYTES = 4096;
/** The unit of st_blocks. */
const SECTOR_BYTES = 512;
/** STATX_BASIC_STATS: all but the time of birth, which no file system keeps. */
const BASIC_STATS = 0x7ff;
const STATX_RESERVED = 0x8000_0000;

export const statHandlers = {
  SYS_stat: (ctx, pathname, buf) => stat(ctx, buf, fileAt(ctx, AT_FDCWD, pathname, FOLLOW)),
  SYS_lstat: (ctx, pathname, buf) => stat(ctx, buf, fileAt(ctx, AT_FDCWD, pathname, 0)),
  SYS_fstat: (ctx, fd, buf) => stat(ctx, buf, fileOfDescriptor(ctx, fd)),
  SYS_newfstatat: (ctx, dirfd, pathname, buf, flags) =>
    areAmong(flags, STAT_FLAGS)
      ? stat(ctx, buf, fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags))
      : -Errno.EINVAL,

  SYS_statx(ctx, dirfd, pathname, flags, mask, buf) {
    const areFlagsKnown = areAmong(flags, STAT_FLAGS) && (flags & AT_STATX_SYNC_TYPE) !== AT_STATX_SYNC_TYPE;
    if (!areFlagsKnown || (mask & STATX_RESERVED) !== 0) return -Errno.EINVAL;
    const inode = fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags);
    if (typeof inode === 'number') return inode;
    if (!ctx.memory.contains(buf, STRUCT_SIZES.statx)) return -Errno.EFAULT;
    storeStatx(ctx.memory, buf >>> 0, inode);
    return 0;
  },

  SYS_statfs: (ctx, pathname, buf) => tellFileSystem(ctx, buf, fileAt(ctx, AT_FDCWD, pathname, FOLLOW)),
  SYS_fstatfs: (ctx, fd, buf) => tellFileSystem(ctx, buf, fileOfDescriptor(ctx, fd)),
} satisfies Partial<LinuxHandlers>;

/** AT_FDCWD is no descriptor where none stands before a path. */
function fileOfDescriptor(ctx: SyscallContext, fd: number): Inode | number {
  return fd === AT_FDCWD ? -Errno.EBADF : fileOf(ctx, fd);
}

function stat({ memory }: SyscallContext, buf: number, inode: Inode | number): number {
  if (typeof inode === 'number') return inode;
  if (!memory.contains(buf, STRUCT_SIZES.stat)) return -Errno.EFAULT;
  const at = buf >>> 0;
  memory.writeNumber(at + STAT.dev, inode.fileSystem.device);
  memory.writeNumber(at + STAT.ino, inode.ino);
  memory.writeNumber(at + STAT.nlink, inode.nlink);
  memory.writeU32(at + STAT.mode, inode.mode);
  memory.writeU32(at + STAT.uid, inode.uid);
  // With the padding behind it.
  memory.writeNumber(at + STAT.gid, inode.gid >>> 0);
  memory.writeNumber(at + STAT.rdev, inode.rdev);
  memory.writeNumber(at + STAT.size, inode.size);
  memory.writeNumber(at + STAT.blksize, BLOCK_BYTES);
  memory.writeNumber(at + STAT.blocks, Math.ceil(inode.storage / SECTOR_BYTES));
  writeTime(memory, at + STAT.atim, inode.atimeSec, inode.atimeNsec);
  writeTime(memory, at + STAT.mtim, inode.mtimeSec, inode.mtimeNsec);
  writeTime(memory, at + STAT.ctim, inode.ctimeSec, inode.ctimeNsec);
  clear(memory, at + STAT.ctim + STRUCT_SIZES.timespec, at + STRUCT_SIZES.stat);
  return 0;
}

function storeStatx(memory: GuestMemory, at: number, inode: Inode): void {
  clear(memory, at, at + STRUCT_SIZES.statx);
  memory.writeU32(at + STATX.mask, BASIC_STATS);
  memory.writeU32(at + STATX.blksize, BLOCK_BYTES);
  memory.writeU32(at + STATX.nlink, inode.nlink);
  memory.writeU32(at + STATX.uid, inode.uid);
  memory.writeU32(at + STATX.gid, inode.gid);
  memory.writeU16(at + STATX.mode, inode.mode);
  memory.writeNumber(at + STATX.ino, inode.ino);
  memory.writeNumber(at + STATX.size, inode.size);
  memory.writeNumber(at + STATX.blocks, Math.ceil(inode.storage / SECTOR_BYTES));
  writeTime(memory, at + STATX.atime, inode.atimeSec, inode.atimeNsec);
  writeTime(memory, at + STATX.mtime, inode.mtimeSec, inode.mtimeNsec);
  writeTime(memory, at + STATX.ctime, inode.ctimeSec, inode.ctimeNsec);
  memory.writeU32(at + STATX.rdevMajor, major(inode.rdev));
  memory.writeU32(at + STATX.rdevMinor, minor(inode.rdev));
  memory.writeU32(at + STATX.devMajor, major(inode.fileSystem.device));
  memory.writeU32(at + STATX.devMinor, minor(inode.fileSystem.device));
}

/** See makedev(3): twelve bits of the major number stand above eight of the minor one. */
function major(device: number): number {
  return (device >>> 8) & 0xfff;
}
function minor(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xffff_ff00);
}

function tellFileSystem(ctx: SyscallContext, buf: number, inode: Inode | number): number {
  if (typeof inode === 'number') return inode;
  const { memory } = ctx;
  if (!memory.contains(buf, STRUCT_SIZES.statfs)) return -Errno.EFAULT;
  const status = statfs(ctx, inode);
  if (typeof status === 'number') return status;
  const at = buf >>> 0;
  clear(memory, at, at + STRUCT_SIZES.statfs);
  memory.writeNumber(at + STATFS.type, status.magic);
  memory.writeNumber(at + STATFS.bsize, status.blockSize);
  memory.writeNumber(at + STATFS.blocks, status.blocks);
  memory.writeNumber(at + STATFS.bfree, status.blocksFree);
  memory.writeNumber(at + STATFS.bavail, status.blocksFree);
  memory.writeNumber(at + STATFS.files, status.files);
  memory.writeNumber(at + STATFS.ffree, status.filesFree);
  memory.writeNumber(at + STATFS.fsid, status.id);
  memory.writeNumber(at + STATFS.namelen, status.nameMax);
  memory.writeNumber(at + STATFS.frsize, status.blockSize);
  memory.writeNumber(at + STATFS.flags, status.flags);
  return 0;
}

function clear({ bytes }: GuestMemory, from: number, to: number): void {
  bytes.fill(0, from, to);
}
