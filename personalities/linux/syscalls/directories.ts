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
  const { namespace, workingDirectory } = ctx.process;
  if (workingDirectory.nlink === 0) return -Errno.ENOENT;
  const path = pathOfDirectory(namespace, workingDirectory);
  return nameLength(path) >= PATH_MAX ? -Errno.ENAMETOOLONG : path;
}

/** Implements umask(2). @returns the one before */
export function umask(ctx: SyscallContext, mask: number): number {
  const { process } = ctx;
  const before = process.umask;
  process.umask = mask & 0o777;
  return before;
}

function enter(ctx: SyscallContext, inode: Inode): number {
  if (!inode.isDirectory) return -Errno.ENOTDIR;
  const refusal = permission(ctx, inode, MAY_EXECUTE);
  if (refusal < 0) return refusal;
  ctx.process.changeDirectory(inode);
  return 0;
}
