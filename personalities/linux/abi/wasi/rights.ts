// The WASI rights that a description has, and the check that each call makes. See: runtime/abi/wasi-rights.

import { Errno } from '../../../../runtime/abi/errno.ts';
import {
  accessibleRights,
  DIRECTORY_RIGHTS,
  SEEKABLE_RIGHTS,
  STREAM_RIGHTS,
} from '../../../../runtime/abi/wasi/rights.ts';
import { FILETYPE } from '../../../../runtime/abi/wasi/types.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../vfs/mode.ts';

/** The rights that a description has. */
export function baseRights(description: FileDescription): number {
  return description.rightsBase & possibleRights(description);
}

/** The rights that what is opened by way of a description can have: of directories only. */
export function inheritingRights(description: FileDescription): number {
  return description.inode.isDirectory ? description.rightsInheriting : 0;
}

function possibleRights({ inode, isSeekable, isReadable, isWritable }: FileDescription): number {
  if (inode.isDirectory) return DIRECTORY_RIGHTS;
  const isFile = (inode.mode & S_IFMT) === S_IFREG || isSeekable;
  return accessibleRights(isFile ? SEEKABLE_RIGHTS : STREAM_RIGHTS, isReadable, isWritable);
}

/** The description behind a descriptor that has a right, or −EBADF, −ENOTCAPABLE. */
export function descriptionWith(ctx: SyscallContext, fd: number, right: number): FileDescription | number {
  const description = ctx.description(fd);
  if (description === undefined) return -Errno.EBADF;
  return (baseRights(description) & right) === right ? description : -Errno.ENOTCAPABLE;
}

/** As `descriptionWith`, for the directory that a path begins at; −ENOTDIR when it is another kind of file. */
export function directoryWith(ctx: SyscallContext, fd: number, right: number): FileDescription | number {
  const description = ctx.description(fd);
  if (description === undefined) return -Errno.EBADF;
  if (!description.inode.isDirectory) return -Errno.ENOTDIR;
  return (baseRights(description) & right) === right ? description : -Errno.ENOTCAPABLE;
}

/** WASI's file type of a mode; it has none for FIFOs. */
export function fileType(mode: number): number {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FILETYPE.REGULAR_FILE;
    case S_IFDIR:
      return FILETYPE.DIRECTORY;
    case S_IFLNK:
      return FILETYPE.SYMBOLIC_LINK;
    case S_IFCHR:
      return FILETYPE.CHARACTER_DEVICE;
    case S_IFBLK:
      return FILETYPE.BLOCK_DEVICE;
    case S_IFSOCK:
      return FILETYPE.SOCKET_STREAM;
    default:
      return FILETYPE.UNKNOWN;
  }
}
