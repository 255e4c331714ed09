// WASI rights: which of them each kind of file can have, and the check that each call makes. A description keeps what was
// not given up; what shows, and counts, is that share of it which its file type and access mode can have.
// See: WASI preview 1 witx, `rights`.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { FILETYPE, RIGHTS } from '../../../../runtime/abi/wasi-types.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import type { FileDescription } from '../../vfs/description.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../vfs/mode.ts';

const R = RIGHTS;

/** Every right that exists. */
export const ALL_RIGHTS = 0x3fff_ffff;

const ON_DIRECTORY =
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_SYNC |
  R.FD_DATASYNC |
  R.FD_ADVISE |
  R.PATH_CREATE_DIRECTORY |
  R.PATH_CREATE_FILE |
  R.PATH_LINK_SOURCE |
  R.PATH_LINK_TARGET |
  R.PATH_OPEN |
  R.FD_READDIR |
  R.PATH_READLINK |
  R.PATH_RENAME_SOURCE |
  R.PATH_RENAME_TARGET |
  R.PATH_FILESTAT_GET |
  R.PATH_FILESTAT_SET_SIZE |
  R.PATH_FILESTAT_SET_TIMES |
  R.FD_FILESTAT_GET |
  R.FD_FILESTAT_SET_TIMES |
  R.PATH_SYMLINK |
  R.PATH_REMOVE_DIRECTORY |
  R.PATH_UNLINK_FILE |
  R.POLL_FD_READWRITE;
const ON_REGULAR =
  R.FD_DATASYNC |
  R.FD_READ |
  R.FD_SEEK |
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_SYNC |
  R.FD_TELL |
  R.FD_WRITE |
  R.FD_ADVISE |
  R.FD_ALLOCATE |
  R.FD_FILESTAT_GET |
  R.FD_FILESTAT_SET_SIZE |
  R.FD_FILESTAT_SET_TIMES |
  R.POLL_FD_READWRITE;
/** A terminal must lack the rights to seek: that is how a C library tells one. */
const ON_STREAM =
  R.FD_READ | R.FD_FDSTAT_SET_FLAGS | R.FD_WRITE | R.FD_FILESTAT_GET | R.POLL_FD_READWRITE | R.FD_SYNC | R.FD_DATASYNC;
const ON_DEVICE = ON_REGULAR;
const WRITING = R.FD_WRITE | R.FD_ALLOCATE | R.FD_FILESTAT_SET_SIZE;

/** The rights that a description has. */
export function baseRights(description: FileDescription): number {
  return description.rightsBase & possibleRights(description);
}

/** The rights that what is opened by way of a description can have: of directories only. */
export function inheritingRights(description: FileDescription): number {
  return description.inode.isDirectory ? description.rightsInheriting : 0;
}

function possibleRights(description: FileDescription): number {
  const { inode } = description;
  switch (inode.mode & S_IFMT) {
    case S_IFDIR:
      return ON_DIRECTORY;
    case S_IFREG:
      return accessible(description, ON_REGULAR);
    default:
      return accessible(description, description.isSeekable ? ON_DEVICE : ON_STREAM);
  }
}

function accessible(description: FileDescription, rights: number): number {
  return rights & ~((description.isReadable ? 0 : R.FD_READ) | (description.isWritable ? 0 : WRITING));
}

/** The description behind a descriptor that has a right, or −EBADF, −ENOTCAPABLE. */
export function descriptionWith(ctx: SyscallContext, fd: number, right: number): FileDescription | number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  return (baseRights(description) & right) === right ? description : -Errno.ENOTCAPABLE;
}

/** As `descriptionWith`, for the directory that a path begins at; −ENOTDIR when it is another kind of file. */
export function directoryWith(ctx: SyscallContext, fd: number, right: number): FileDescription | number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  if (!description.inode.isDirectory) return -Errno.ENOTDIR;
  return (baseRights(description) & right) === right ? description : -Errno.ENOTCAPABLE;
}

/** The rights in a guest's 64-bit word; bits that mean nothing are dropped. */
export function rightsFromGuest(rights: bigint): number {
  return Number(rights & BigInt(ALL_RIGHTS));
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
