// What changes a file's attributes, and what asks for access: access, chmod, chown, times, truncate.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { TIMESPEC, TIMEVAL, UTIMBUF } from '../../../../runtime/abi/linux/structs.ts';
import { AT_EACCESS, AT_FDCWD, AT_FLAGS, UTIME_NOW, UTIME_OMIT } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import {
  access,
  isAccessMode,
  type NewTime,
  setMode,
  setOwner,
  setTimes,
  truncate,
} from '../../syscalls/attributes.ts';
import { asRealIdentity } from '../../syscalls/identity.ts';
import type { Inode } from '../../vfs/inode.ts';
import { FOLLOW } from '../../vfs/walk.ts';
import { areAmong, descriptionOf, fileAt, fileOf, followUnlessTold, type LinuxHandlers, readSigned } from './guest.ts';

const { AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH } = AT_FLAGS;
const USUAL_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
const NS = 1_000_000_000;
const US = 1_000_000;
const NS_PER_US = 1000;

interface NewTimes {
  readonly atime: NewTime;
  readonly mtime: NewTime;
}
const NOW: NewTimes = { atime: 'now', mtime: 'now' };

export const attributeHandlers = {
  SYS_access: (ctx, pathname, mode) => mayAccess(ctx, AT_FDCWD, pathname, mode, 0),
  SYS_faccessat: mayAccess,
  SYS_faccessat2: mayAccess,

  SYS_chmod: (ctx, pathname, mode) => changeMode(ctx, AT_FDCWD, pathname, mode, 0),
  SYS_fchmodat: changeMode,
  SYS_fchmodat2: changeMode,
  SYS_fchmod(ctx, fd, mode) {
    const description = descriptionOf(ctx, fd);
    return typeof description === 'number' ? description : setMode(ctx, description.inode, mode);
  },

  SYS_chown: (ctx, pathname, owner, group) => changeOwner(ctx, AT_FDCWD, pathname, owner, group, 0),
  SYS_lchown: (ctx, pathname, owner, group) => changeOwner(ctx, AT_FDCWD, pathname, owner, group, AT_SYMLINK_NOFOLLOW),
  SYS_fchownat: changeOwner,
  SYS_fchown(ctx, fd, owner, group) {
    const description = descriptionOf(ctx, fd);
    return typeof description === 'number' ? description : setOwner(ctx, description.inode, owner, group);
  },

  SYS_truncate(ctx, pathname, length) {
    if (length < 0) return -Errno.EINVAL;
    const inode = fileAt(ctx, AT_FDCWD, pathname, FOLLOW);
    return typeof inode === 'number' ? inode : truncate(ctx, inode, length);
  },

  SYS_utimensat(ctx, dirfd, pathname, times, flags) {
    if (!areAmong(flags, USUAL_FLAGS)) return -Errno.EINVAL;
    return changeTimes(ctx, dirfd, pathname, timespecs(ctx, times), flags);
  },
  SYS_futimesat: (ctx, dirfd, pathname, times) => changeTimes(ctx, dirfd, pathname, timevals(ctx, times), 0),
  SYS_utimes: (ctx, pathname, times) =>
    pathname === 0 ? -Errno.EFAULT : changeTimes(ctx, AT_FDCWD, pathname, timevals(ctx, times), 0),
  SYS_utime: (ctx, pathname, times) =>
    pathname === 0 ? -Errno.EFAULT : changeTimes(ctx, AT_FDCWD, pathname, seconds(ctx, times), 0),
} satisfies Partial<LinuxHandlers>;

function mayAccess(ctx: SyscallContext, dirfd: number, pathname: number, mode: number, flags: number): number {
  if (!isAccessMode(mode) || !areAmong(flags, USUAL_FLAGS | AT_EACCESS)) return -Errno.EINVAL;
  const ask = (): number => {
    const inode = fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags);
    return typeof inode === 'number' ? inode : access(ctx, inode, mode);
  };
  return (flags & AT_EACCESS) !== 0 ? ask() : asRealIdentity(ctx, ask);
}

function changeMode(ctx: SyscallContext, dirfd: number, pathname: number, mode: number, flags: number): number {
  if (!areAmong(flags, USUAL_FLAGS)) return -Errno.EINVAL;
  const inode = fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags);
  if (typeof inode === 'number') return inode;
  return inode.isSymlink ? -Errno.EOPNOTSUPP : setMode(ctx, inode, mode);
}

function changeOwner(
  ctx: SyscallContext,
  dirfd: number,
  pathname: number,
  owner: number,
  group: number,
  flags: number,
): number {
  if (!areAmong(flags, USUAL_FLAGS)) return -Errno.EINVAL;
  const inode = fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags);
  return typeof inode === 'number' ? inode : setOwner(ctx, inode, owner, group);
}

function changeTimes(
  ctx: SyscallContext,
  dirfd: number,
  pathname: number,
  times: NewTimes | number,
  flags: number,
): number {
  if (typeof times === 'number') return times;
  // Linux: with nothing to do it does not even look at the path.
  if (times.atime === 'keep' && times.mtime === 'keep') return 0;
  const inode = fileForTimes(ctx, dirfd, pathname, flags);
  return typeof inode === 'number' ? inode : setTimes(ctx, inode, times.atime, times.mtime);
}

/** A null path is the descriptor itself, as futimens(3) calls. */
function fileForTimes(ctx: SyscallContext, dirfd: number, pathname: number, flags: number): Inode | number {
  if (pathname !== 0) return fileAt(ctx, dirfd, pathname, followUnlessTold(flags), flags);
  if (dirfd === AT_FDCWD) return -Errno.EFAULT;
  if (flags !== 0) return -Errno.EINVAL;
  const description = descriptionOf(ctx, dirfd);
  return typeof description === 'number' ? description : fileOf(ctx, dirfd);
}

function timespecs({ memory }: SyscallContext, address: number): NewTimes | number {
  if (address === 0) return NOW;
  const size = STRUCT_SIZES.timespec;
  if (!memory.contains(address, 2 * size)) return -Errno.EFAULT;
  const [atime, mtime] = [0, size].map((offset): NewTime | undefined => {
    const at = (address >>> 0) + offset;
    const sec = readSigned(memory, at + TIMESPEC.sec);
    const nsec = readSigned(memory, at + TIMESPEC.nsec);
    if (nsec === UTIME_NOW) return 'now';
    if (nsec === UTIME_OMIT) return 'keep';
    return nsec < 0 || nsec >= NS ? undefined : { sec, nsec };
  });
  return atime === undefined || mtime === undefined ? -Errno.EINVAL : { atime, mtime };
}

function timevals({ memory }: SyscallContext, address: number): NewTimes | number {
  if (address === 0) return NOW;
  const size = STRUCT_SIZES.timeval;
  if (!memory.contains(address, 2 * size)) return -Errno.EFAULT;
  const [atime, mtime] = [0, size].map((offset): NewTime | undefined => {
    const at = (address >>> 0) + offset;
    const usec = readSigned(memory, at + TIMEVAL.usec);
    if (usec < 0 || usec >= US) return undefined;
    return { sec: readSigned(memory, at + TIMEVAL.sec), nsec: usec * NS_PER_US };
  });
  return atime === undefined || mtime === undefined ? -Errno.EINVAL : { atime, mtime };
}

function seconds({ memory }: SyscallContext, address: number): NewTimes | number {
  if (address === 0) return NOW;
  if (!memory.contains(address, STRUCT_SIZES.utimbuf)) return -Errno.EFAULT;
  const at = address >>> 0;
  return {
    atime: { sec: readSigned(memory, at + UTIMBUF.actime), nsec: 0 },
    mtime: { sec: readSigned(memory, at + UTIMBUF.modtime), nsec: 0 },
  };
}
