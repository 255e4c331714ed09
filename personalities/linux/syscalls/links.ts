// Calls that make, remove and move names: mkdirat, unlinkat, linkat, symlinkat, readlinkat, renameat. The order of checks
// is Linux's, so that a call with two faults gives the errno that it gives there.

import { Errno } from '../../../runtime/abi/errno.ts';
import { PATH_MAX } from '../../../runtime/abi/wasi/structs.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { Inode } from '../vfs/inode.ts';
import { nameLength } from '../vfs/names.ts';
import { MAY_WRITE, mayAddName, mayRemoveName, permission } from '../vfs/permissions.ts';
import { FOLLOW, LAST_DOT, LAST_DOTDOT, LAST_NAME, LAST_ROOT, type PathWalk } from '../vfs/walk.ts';
import { nameMoved, nameRemoved } from './open-names.ts';

/**
 * Implements mkdirat(2).
 *
 * Errors: EEXIST; EACCES; EROFS; ENOSPC; those of the walk.
 */
export function mkdirAt(ctx: SyscallContext, base: Inode, path: string, mode: number, walkFlags: number): number {
  const { walk } = ctx;
  const result = walkToNew(ctx, walk, base, path, walkFlags, true);
  if (result < 0) return result;
  return codeOf(walk.directory.mkdir(ctx, walk.name, mode & 0o1777 & ~ctx.process.umask));
}

/**
 * Implements symlinkat(2).
 *
 * Errors: ENOENT, empty target or a trailing slash; ENAMETOOLONG; EEXIST; EACCES; EROFS; ENOSPC; those of the walk.
 */
export function symlinkAt(ctx: SyscallContext, target: string, base: Inode, path: string, walkFlags: number): number {
  if (target === '') return -Errno.ENOENT;
  if (nameLength(target) >= PATH_MAX) return -Errno.ENAMETOOLONG;
  const { walk } = ctx;
  const result = walkToNew(ctx, walk, base, path, walkFlags, false);
  if (result < 0) return result;
  return codeOf(walk.directory.symlink(ctx, walk.name, target));
}

/**
 * Implements linkat(2).
 *
 * @param follow FOLLOW: a symbolic link's target gets the name, not the link
 * Errors: EPERM, a directory; EXDEV; EEXIST; ENOENT; EMLINK; EACCES; EROFS; ENOSPC; those of the walks.
 */
export function linkAt(
  ctx: SyscallContext,
  oldBase: Inode,
  oldPath: string,
  newBase: Inode,
  newPath: string,
  follow: number,
  walkFlags: number,
): number {
  const { walk } = ctx;
  const result = walk.toInode(ctx, ctx.process, oldBase, oldPath, walkFlags | follow);
  return result < 0 ? result : linkInode(ctx, walk.inode, newBase, newPath, walkFlags);
}

/** As `linkAt`, of a file that was found. */
export function linkInode(
  ctx: SyscallContext,
  inode: Inode,
  newBase: Inode,
  newPath: string,
  walkFlags: number,
): number {
  const { otherWalk } = ctx;
  const result = walkToNew(ctx, otherWalk, newBase, newPath, walkFlags, false);
  if (result < 0) return result;
  if (otherWalk.directory.fileSystem !== inode.fileSystem) return -Errno.EXDEV;
  if (inode.isDirectory) return -Errno.EPERM;
  if (inode.nlink === 0) return -Errno.ENOENT;
  return otherWalk.directory.link(ctx, otherWalk.name, inode);
}

/**
 * Implements unlinkat(2) for what is not a directory.
 *
 * Errors: EISDIR; ENOENT; ENOTDIR, a trailing slash; EACCES; EPERM, sticky directory; EROFS; EBUSY; those of the walk.
 */
export function unlinkAt(ctx: SyscallContext, base: Inode, path: string, walkFlags: number): number {
  const { walk, process } = ctx;
  let result = walk.toParent(ctx, process, base, path, walkFlags);
  if (result < 0) return result;
  if (walk.last !== LAST_NAME) return -Errno.EISDIR;
  result = walk.lookupLast();
  if (result < 0) return result;
  if (walk.hasTrailingSlash) return walk.inode.isDirectory ? -Errno.EISDIR : -Errno.ENOTDIR;
  result = mayRemoveName(ctx, process.namespace, walk.directory, walk.inode);
  if (result < 0 && result !== -Errno.EBUSY) return result;
  if (walk.inode.isDirectory) return -Errno.EISDIR;
  result = walk.directory.unlink(ctx, walk.name, walk.inode);
  if (result === 0) nameRemoved(ctx, walk.inode, walk.directory, walk.name);
  return result;
}

/**
 * Implements rmdir(2).
 *
 * Errors: ENOTEMPTY, also for `..`; EINVAL for `.`; EBUSY, the root or a mount point; ENOTDIR; ENOENT; EACCES; EPERM,
 * sticky directory; EROFS; those of the walk.
 */
export function rmdirAt(ctx: SyscallContext, base: Inode, path: string, walkFlags: number): number {
  const { walk, process } = ctx;
  let result = walk.toParent(ctx, process, base, path, walkFlags);
  if (result < 0) return result;
  switch (walk.last) {
    case LAST_DOT:
      return -Errno.EINVAL;
    case LAST_DOTDOT:
      return -Errno.ENOTEMPTY;
    case LAST_ROOT:
      return -Errno.EBUSY;
  }
  result = walk.lookupLast();
  if (result < 0) return result;
  if (isMountTop(ctx, walk.inode)) return -Errno.EBUSY;
  result = mayRemoveName(ctx, process.namespace, walk.directory, walk.inode);
  if (result < 0 && result !== -Errno.EBUSY) return result;
  if (!walk.inode.isDirectory) return -Errno.ENOTDIR;
  if (result < 0) return result;
  return walk.directory.rmdir(ctx, walk.name, walk.inode);
}

/**
 * Implements readlinkat(2).
 *
 * @returns the target, not cut
 * Errors: EINVAL, not a symbolic link; those of the walk.
 */
export function readlinkAt(ctx: SyscallContext, base: Inode, path: string, walkFlags: number): string | number {
  const result = ctx.walk.toInode(ctx, ctx.process, base, path, walkFlags & ~FOLLOW);
  if (result < 0) return result;
  const { inode } = ctx.walk;
  return inode.isSymlink ? inode.readlink(ctx) : -Errno.EINVAL;
}

/**
 * Implements renameat2(2), of whose flags RENAME_NOREPLACE.
 *
 * @param keepsNew RENAME_NOREPLACE: the new name must be free
 * Errors: EXDEV; EBUSY, `.`, `..`, the root or a mount point; EINVAL, a directory into itself; ENOTDIR; EISDIR; ENOTEMPTY;
 * ENOENT; EEXIST, `keepsNew`; EACCES; EPERM, sticky directory; EROFS; ENOSPC; those of the walks.
 */
export function renameAt(
  ctx: SyscallContext,
  oldBase: Inode,
  oldPath: string,
  newBase: Inode,
  newPath: string,
  walkFlags: number,
  keepsNew = false,
): number {
  const { walk: from, otherWalk: to, process } = ctx;
  let result = from.toParent(ctx, process, oldBase, oldPath, walkFlags);
  if (result < 0) return result;
  result = to.toParent(ctx, process, newBase, newPath, walkFlags);
  if (result < 0) return result;
  if (from.directory.fileSystem !== to.directory.fileSystem) return -Errno.EXDEV;
  if (from.last !== LAST_NAME) return -Errno.EBUSY;
  if (to.last !== LAST_NAME) return keepsNew ? -Errno.EEXIST : -Errno.EBUSY;
  if (process.namespace.isReadOnly(from.directory)) return -Errno.EROFS;

  result = from.lookupLast();
  if (result < 0) return result;
  const found = to.lookupLast();
  if (found < 0 && found !== -Errno.ENOENT) return found;
  if (found === 0 && keepsNew) return -Errno.EEXIST;
  const replaced = found === 0 ? to.inode : undefined;
  return move(ctx, from, to, replaced);
}

function move(ctx: SyscallContext, from: PathWalk, to: PathWalk, replaced: Inode | undefined): number {
  const { namespace } = ctx.process;
  const moved = from.inode;
  if (isMountTop(ctx, moved) || (replaced !== undefined && isMountTop(ctx, replaced))) return -Errno.EBUSY;
  // Linux: without a directory on the old side, a trailing slash on either is ENOTDIR.
  if (!moved.isDirectory && (from.hasTrailingSlash || to.hasTrailingSlash)) return -Errno.ENOTDIR;
  if (moved.isDirectory) {
    const inside = isBelow(ctx, to.directory, moved);
    if (inside !== 0) return inside < 0 ? inside : -Errno.EINVAL;
  }
  if (replaced?.isDirectory === true) {
    const inside = isBelow(ctx, from.directory, replaced);
    if (inside !== 0) return inside < 0 ? inside : -Errno.ENOTEMPTY;
  }
  // POSIX: two names of one file stay both.
  if (replaced === moved) return 0;
  let result = mayRemoveName(ctx, namespace, from.directory, moved);
  if (result < 0) return result;
  result =
    replaced === undefined
      ? mayAddName(ctx, namespace, to.directory)
      : mayRemoveName(ctx, namespace, to.directory, replaced);
  if (result < 0) return result;
  if (replaced !== undefined) {
    if (moved.isDirectory && !replaced.isDirectory) return -Errno.ENOTDIR;
    if (!moved.isDirectory && replaced.isDirectory) return -Errno.EISDIR;
  }
  // A directory that gets another parent has its `..` written.
  if (moved.isDirectory && from.directory !== to.directory) {
    result = permission(ctx, moved, MAY_WRITE);
    if (result < 0) return result;
  }
  result = from.directory.rename(ctx, from.name, moved, to.directory, to.name, replaced);
  if (result < 0) return result;
  if (replaced !== undefined) nameRemoved(ctx, replaced, to.directory, to.name);
  nameMoved(ctx, moved, from, to);
  return 0;
}

/**
 * Implements renameat2(2), RENAME_EXCHANGE: each of two names gets the file of the other.
 *
 * Errors: EINVAL, one inside the other, or a file system that cannot; EXDEV; EBUSY, `.`, `..`, the root or a mount point; ENOTDIR, a
 * trailing slash; ENOENT; EACCES; EPERM, sticky directory; EROFS; those of the walks.
 */
export function exchangeAt(
  ctx: SyscallContext,
  oldBase: Inode,
  oldPath: string,
  newBase: Inode,
  newPath: string,
): number {
  const { walk: one, otherWalk: other, process } = ctx;
  const walks = [one, other];
  for (const [walk, base, path] of [
    [one, oldBase, oldPath],
    [other, newBase, newPath],
  ] as const) {
    const result = walk.toParent(ctx, process, base, path, 0);
    if (result < 0) return result;
  }
  if (one.directory.fileSystem !== other.directory.fileSystem) return -Errno.EXDEV;
  if (walks.some(({ last }) => last !== LAST_NAME)) return -Errno.EBUSY;
  if (process.namespace.isReadOnly(one.directory)) return -Errno.EROFS;
  for (const walk of walks) {
    const found = walk.lookupLast();
    if (found < 0) return found;
  }
  if (walks.some(({ inode }) => isMountTop(ctx, inode))) return -Errno.EBUSY;
  if (walks.some(({ inode, hasTrailingSlash }) => hasTrailingSlash && !inode.isDirectory)) return -Errno.ENOTDIR;
  for (const [walk, away] of [
    [one, other],
    [other, one],
  ] as const) {
    const inside = walk.inode.isDirectory ? isBelow(ctx, away.directory, walk.inode) : 0;
    if (inside !== 0) return inside < 0 ? inside : -Errno.EINVAL;
  }
  if (one.inode === other.inode) return 0;
  for (const walk of walks) {
    const refusal = mayRemoveName(ctx, process.namespace, walk.directory, walk.inode);
    if (refusal < 0) return refusal;
    const getsParent = walk.inode.isDirectory && one.directory !== other.directory;
    const mayWrite = getsParent ? permission(ctx, walk.inode, MAY_WRITE) : 0;
    if (mayWrite < 0) return mayWrite;
  }
  const [from, to] = [
    { directory: one.directory, name: one.name },
    { directory: other.directory, name: other.name },
  ];
  const [first, second] = [one.inode, other.inode];
  const result = from.directory.exchange(ctx, from.name, first, to.directory, to.name, second);
  if (result < 0) return result;
  nameMoved(ctx, first, from, to);
  nameMoved(ctx, second, to, from);
  return 0;
}

/** Walks to where a new name shall stand and checks that it may. */
function walkToNew(
  ctx: SyscallContext,
  walk: PathWalk,
  base: Inode,
  path: string,
  walkFlags: number,
  mayEndInSlash: boolean,
): number {
  const result = walk.toParent(ctx, ctx.process, base, path, walkFlags);
  if (result < 0) return result;
  if (walk.last !== LAST_NAME) return -Errno.EEXIST;
  const found = walk.lookupLast();
  if (found === 0) return -Errno.EEXIST;
  if (found !== -Errno.ENOENT) return found;
  if (walk.hasTrailingSlash && !mayEndInSlash) return -Errno.ENOENT;
  return mayAddName(ctx, ctx.process.namespace, walk.directory);
}

/** Whether a walk's last name turned out to be the top of a mounted file system. */
function isMountTop(ctx: SyscallContext, inode: Inode): boolean {
  return ctx.process.namespace.coveredBy(inode) !== undefined;
}

/** 1 when `inode` is `ancestor` or below it, 0 when not, or −errno. Both are of one file system. */
function isBelow(ctx: SyscallContext, inode: Inode, ancestor: Inode): number {
  for (let at = inode; ; ) {
    if (at === ancestor) return 1;
    const above = at.parent(ctx);
    if (typeof above === 'number') return above === -Errno.ENOENT ? 0 : above;
    if (above === at) return 0;
    at = above;
  }
}

function codeOf(result: Inode | number): number {
  return typeof result === 'number' ? result : 0;
}
