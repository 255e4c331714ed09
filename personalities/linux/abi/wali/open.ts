// open(2) and its kin, and mknod(2), which makes a file without opening it.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { AT_FDCWD } from '../../../../runtime/abi/linux/types.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { openAt, openDescriptor } from '../../syscalls/open.ts';
import {
  O_CREAT,
  O_EXCL,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../../vfs/mode.ts';
import { baseOf, type LinuxHandlers, pathFromGuest } from './guest.ts';

const PERMISSIONS = 0o7777;

export const openHandlers = {
  SYS_open: (ctx, pathname, flags, mode) => open(ctx, AT_FDCWD, pathname, flags, mode),
  SYS_openat: (ctx, dirfd, pathname, flags, mode) => open(ctx, dirfd, pathname, flags, mode),
  SYS_creat: (ctx, pathname, mode) => open(ctx, AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC, mode),
  SYS_mknod: (ctx, pathname, mode) => makeNode(ctx, AT_FDCWD, pathname, mode),
  SYS_mknodat: (ctx, dirfd, pathname, mode) => makeNode(ctx, dirfd, pathname, mode),
} satisfies Partial<LinuxHandlers>;

function open(ctx: SyscallContext, dirfd: number, pathname: number, flags: number, mode: number): number {
  const path = pathFromGuest(ctx, pathname);
  if (typeof path === 'number') return path;
  if ((flags & O_TMPFILE) === O_TMPFILE) return -Errno.EOPNOTSUPP;
  const base = baseOf(ctx, dirfd, path);
  if (typeof base === 'number') return base;
  return openDescriptor(ctx, base, path, flags, mode & PERMISSIONS, 0);
}

function makeNode(ctx: SyscallContext, dirfd: number, pathname: number, mode: number): number {
  const path = pathFromGuest(ctx, pathname);
  if (typeof path === 'number') return path;
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
      break;
    case S_IFDIR:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return -Errno.EPERM;
    default:
      return -Errno.EINVAL;
  }
  const base = baseOf(ctx, dirfd, path);
  if (typeof base === 'number') return base;
  const made = openAt(ctx, base, path, O_CREAT | O_EXCL | O_WRONLY, mode & PERMISSIONS, 0);
  if (typeof made === 'number') return made;
  made.retain();
  made.release();
  return 0;
}
