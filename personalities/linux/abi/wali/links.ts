// What makes, moves and removes names: paths are copied, then one operation of syscalls/links.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { AT_FDCWD, AT_FLAGS, RENAME_FLAGS } from '../../../../runtime/abi/linux/types.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import {
  exchangeAt,
  linkInode,
  mkdirAt,
  readlinkAt,
  renameAt,
  rmdirAt,
  symlinkAt,
  unlinkAt,
} from '../../syscalls/links.ts';
import type { Inode } from '../../vfs/inode.ts';
import { encodeName } from '../../vfs/names.ts';
import { FOLLOW } from '../../vfs/walk.ts';
import { areAmong, baseOf, fileAt, type LinuxHandlers, pathFromGuest, textFromGuest } from './guest.ts';

const { AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH } = AT_FLAGS;

export const linkHandlers = {
  SYS_mkdir: (ctx, pathname, mode) => SYS_mkdirat(ctx, AT_FDCWD, pathname, mode),
  SYS_mkdirat,

  SYS_link: (ctx, oldPath, newPath) => SYS_linkat(ctx, AT_FDCWD, oldPath, AT_FDCWD, newPath, 0),
  SYS_linkat,

  SYS_symlink: (ctx, target, linkPath) => SYS_symlinkat(ctx, target, AT_FDCWD, linkPath),
  SYS_symlinkat,

  SYS_unlink: (ctx, pathname) => at(ctx, AT_FDCWD, pathname, (base, path) => unlinkAt(ctx, base, path, 0)),
  SYS_rmdir: (ctx, pathname) => at(ctx, AT_FDCWD, pathname, (base, path) => rmdirAt(ctx, base, path, 0)),
  SYS_unlinkat(ctx, dirfd, pathname, flags) {
    if (!areAmong(flags, AT_REMOVEDIR)) return -Errno.EINVAL;
    const remove = flags === 0 ? unlinkAt : rmdirAt;
    return at(ctx, dirfd, pathname, (base, path) => remove(ctx, base, path, 0));
  },

  SYS_readlink: (ctx, pathname, buf, size) => SYS_readlinkat(ctx, AT_FDCWD, pathname, buf, size),
  SYS_readlinkat,

  SYS_rename: (ctx, oldPath, newPath) => SYS_renameat2(ctx, AT_FDCWD, oldPath, AT_FDCWD, newPath, 0),
  SYS_renameat: (ctx, oldFd, oldPath, newFd, newPath) => SYS_renameat2(ctx, oldFd, oldPath, newFd, newPath, 0),
  SYS_renameat2,
} satisfies Partial<LinuxHandlers>;

/** Copies a path and finds where it begins. */
function at(ctx: SyscallContext, dirfd: number, pathname: number, then: (base: Inode, path: string) => number): number {
  const path = pathFromGuest(ctx, pathname);
  if (typeof path === 'number') return path;
  const base = baseOf(ctx, dirfd, path);
  return typeof base === 'number' ? base : then(base, path);
}

function SYS_mkdirat(ctx: SyscallContext, dirfd: number, pathname: number, mode: number): number {
  return at(ctx, dirfd, pathname, (base, path) => mkdirAt(ctx, base, path, mode, 0));
}

function SYS_linkat(
  ctx: SyscallContext,
  oldFd: number,
  oldPath: number,
  newFd: number,
  newPath: number,
  flags: number,
): number {
  if (!areAmong(flags, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -Errno.EINVAL;
  // Linux: only user 0 may give a name to what only a descriptor leads to.
  const allowed = ctx.uid === 0 ? flags : flags & ~AT_EMPTY_PATH;
  const inode = fileAt(ctx, oldFd, oldPath, (flags & AT_SYMLINK_FOLLOW) === 0 ? 0 : FOLLOW, allowed);
  if (typeof inode === 'number') return inode;
  return at(ctx, newFd, newPath, (base, path) => linkInode(ctx, inode, base, path, 0));
}

function SYS_symlinkat(ctx: SyscallContext, target: number, dirfd: number, linkPath: number): number {
  const text = pathFromGuest(ctx, target);
  if (typeof text === 'number') return text;
  return at(ctx, dirfd, linkPath, (base, path) => symlinkAt(ctx, text, base, path, 0));
}

function SYS_readlinkat(ctx: SyscallContext, dirfd: number, pathname: number, buf: number, size: number): number {
  if ((size | 0) <= 0) return -Errno.EINVAL;
  const { memory } = ctx;
  return at(ctx, dirfd, pathname, (base, path) => {
    const target = readlinkAt(ctx, base, path, 0);
    if (typeof target === 'number') return target;
    const bytes = encodeName(target).subarray(0, size);
    if (!memory.contains(buf, bytes.length)) return -Errno.EFAULT;
    memory.copyIn(buf, bytes);
    return bytes.length;
  });
}

function SYS_renameat2(
  ctx: SyscallContext,
  oldFd: number,
  oldPath: number,
  newFd: number,
  newPath: number,
  flags: number,
): number {
  const isExchange = flags === RENAME_FLAGS.RENAME_EXCHANGE;
  if (!isExchange && !areAmong(flags, RENAME_FLAGS.RENAME_NOREPLACE)) return -Errno.EINVAL;
  return at(ctx, oldFd, oldPath, (oldBase, from) => {
    // Linux finds that the new path is empty after it has walked the old one.
    const to = textFromGuest(ctx, newPath);
    if (typeof to === 'number') return to;
    const newBase = to === '' ? oldBase : baseOf(ctx, newFd, to);
    if (typeof newBase === 'number') return newBase;
    if (isExchange) return exchangeAt(ctx, oldBase, from, newBase, to);
    return renameAt(ctx, oldBase, from, newBase, to, 0, flags !== 0);
  });
}
