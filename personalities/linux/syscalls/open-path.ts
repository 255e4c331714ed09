// O_PATH: a descriptor that only says which file, wherever it is moved. Nothing can be read or written by it and no access is
// needed to get it. See: open(2), O_PATH.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { FileDescription, type Inode } from '../vfs/inode.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../vfs/mode.ts';
import { FOLLOW } from '../vfs/walk.ts';

export class PathDescription extends FileDescription {
  override readonly isSeekable = false;

  override get isReadable(): boolean {
    return false;
  }
  override get isWritable(): boolean {
    return false;
  }
}

/** Implements openat(2) with O_PATH, up to the description. Errors: ENOTDIR, with O_DIRECTORY; those of the walk. */
export function openPathAt(ctx: SyscallContext, base: Inode, path: string, flags: number): FileDescription | number {
  const { walk } = ctx;
  const result = walk.toInode(ctx, ctx.process, base, path, (flags & O_NOFOLLOW) === 0 ? FOLLOW : 0);
  if (result < 0) return result;
  const { inode, magic } = walk;
  if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) return -Errno.ENOTDIR;
  const description = new PathDescription(inode, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW));
  description.openedIn = magic === undefined ? walk.directory : magic.openedIn;
  description.openedAs = magic === undefined ? walk.name : magic.openedAs;
  return description;
}
