// Calls on what a process begins its paths and files with: working directory and umask.

import { Errno } from '../../../runtime/abi/errno.ts';
import { PATH_MAX } from '../../../runtime/abi/wasi/structs.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription, Inode } from '../vfs/inode.ts';
import { nameLength } from '../vfs/names.ts';
import { pathOfDirectory } from '../vfs/paths.ts';
import { MAY_EXECUTE, permission } from '../vfs/permissions.ts';
import { FOLLOW } from '../vfs/walk.ts';

/** Implements chdir(2). Errors: ENOTDIR; EACCES; those of the walk. */
export function chdir(ctx: SyscallContext, path: string): number {
  const { process, walk } = ctx;
  const result = walk.toInode(ctx, process, process.workingDirectory, path, FOLLOW);
  return result < 0 ? result : enter(ctx, walk.inode);
}

/** Implements fchdir(2). Errors: ENOTDIR; EACCES. */
export function fchdir(ctx: SyscallContext, description: FileDescription): number {
  return enter(ctx, description.inode);
}

/**
 * Implements getcwd(2).
 *
 * @returns the path, not cut; in a directory that others move (of the host) where it was seen last
 * Errors: ENOENT, the directory was removed; ENAMETOOLONG.
 */
export function getcwd(ctx: SyscallContext): string | number {
  const { namespace, workingDirectory, root } = ctx.process;
  if (workingDirectory.nlink === 0) return -Errno.ENOENT;
  const path = belowRoot(pathOfDirectory(namespace, workingDirectory), pathOfDirectory(namespace, root));
  return nameLength(path) >= PATH_MAX ? -Errno.ENAMETOOLONG : path;
}

/**
 * Implements chroot(2). The working directory stays where it is.
 *
 * Errors: EPERM, not user 0; ENOTDIR; EACCES; those of the walk.
 */
export function chroot(ctx: SyscallContext, path: string): number {
  const { process, walk } = ctx;
  const result = walk.toInode(ctx, process, process.workingDirectory, path, FOLLOW);
  if (result < 0) return result;
  const refusal = maySearch(ctx, walk.inode);
  if (refusal < 0) return refusal;
  if (ctx.uid !== 0) return -Errno.EPERM;
  process.changeRoot(walk.inode);
  return 0;
}

/** Implements umask(2). @returns the one before */
export function umask(ctx: SyscallContext, mask: number): number {
  const { process } = ctx;
  const before = process.umask;
  process.umask = mask & 0o777;
  return before;
}

/** A path as who has another root sees it. */
function belowRoot(path: string, root: string): string {
  if (root === '/') return path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : `(unreachable)${path}`;
}

function enter(ctx: SyscallContext, inode: Inode): number {
  const refusal = maySearch(ctx, inode);
  if (refusal < 0) return refusal;
  ctx.process.changeDirectory(inode);
  return 0;
}

function maySearch(ctx: SyscallContext, inode: Inode): number {
  return inode.isDirectory ? permission(ctx, inode, MAY_EXECUTE) : -Errno.ENOTDIR;
}
