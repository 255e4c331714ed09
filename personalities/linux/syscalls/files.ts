// Calls on an open description besides transfer: lseek, fallocate, fsync, fadvise, fcntl's flags.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { publishChange } from '../kernel/descriptors.ts';
import { type FileDescription, MAX_FILE_SIZE } from '../vfs/inode.ts';
import { STATUS_FLAGS } from '../vfs/mode.ts';
import { dropPrivileges } from './attributes.ts';

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;

/**
 * Implements lseek(2).
 *
 * @returns the new offset
 * Errors: ESPIPE; EINVAL, an unknown base, an end that is not known, or an offset below zero or beyond the largest file.
 */
export function seek(ctx: SyscallContext, description: FileDescription, offset: number, whence: number): number {
  if (!description.isSeekable) return -Errno.ESPIPE;
  let base: number;
  switch (whence) {
    case SEEK_SET:
      base = 0;
      break;
    case SEEK_CUR:
      base = description.tell();
      if (base < 0) return base;
      break;
    case SEEK_END: {
      if (!description.hasEnd) return -Errno.EINVAL;
      const result = description.inode.refresh(ctx);
      if (result < 0) return result;
      base = description.inode.size;
      break;
    }
    default:
      return -Errno.EINVAL;
  }
  const target = base + offset;
  if (target < 0 || target > MAX_FILE_SIZE) return -Errno.EINVAL;
  return description.moveTo(target);
}

/** Implements fallocate(2), mode 0. Errors: EBADF; EINVAL; ESPIPE; ENODEV; EFBIG; ENOSPC. */
export function allocate(ctx: SyscallContext, description: FileDescription, offset: number, length: number): number {
  if (offset < 0 || length <= 0) return -Errno.EINVAL;
  if (!description.isWritable) return -Errno.EBADF;
  if (!description.isSeekable) return -Errno.ESPIPE;
  if (offset + length > MAX_FILE_SIZE) return -Errno.EFBIG;
  const result = dropPrivileges(ctx, description.inode);
  return result < 0 ? result : description.allocate(ctx, offset, length);
}

/** Implements posix_fadvise(3): checks and does nothing, also for a directory, as on Linux. Errors: ESPIPE; EINVAL. */
export function advise(description: FileDescription, offset: number, length: number, advice: number): number {
  if (!description.isSeekable && !description.inode.isDirectory) return -Errno.ESPIPE;
  return offset < 0 || length < 0 || advice < 0 || advice > 5 ? -Errno.EINVAL : 0;
}

/** Implements fsync(2) and fdatasync(2). Errors: EINVAL, nothing that could be synchronised; EIO. */
export function synchronise(ctx: SyscallContext, description: FileDescription, dataOnly: boolean): number {
  const { inode } = description;
  if (!inode.isRegular && !inode.isDirectory) return -Errno.EINVAL;
  return description.sync(ctx, dataOnly);
}

/** Implements fcntl(2), F_SETFL. */
export function setStatusFlags(ctx: SyscallContext, description: FileDescription, flags: number): void {
  description.flags = (description.flags & ~STATUS_FLAGS) | (flags & STATUS_FLAGS);
  publishChange(ctx, description);
}
