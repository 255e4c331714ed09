// Calls on one descriptor other than transfer: offset, size, times, flags, rights, closing, renumbering. Those on a staged
// file are served here as Linux serves them; of the others only what changes the way to staged files is noted.

import { Errno, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../../runtime/abi/types.ts';
import { fdflagsFromGuest, positionFromGuest } from '../../../runtime/abi/wasi/arguments.ts';
import { DIRECTORY_RIGHTS, keepRights } from '../../../runtime/abi/wasi/rights.ts';
import { storeFdstat } from '../../../runtime/abi/wasi/stat.ts';
import { FDSTAT, STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { ADVICE, RIGHTS, WHENCE } from '../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../../runtime/abi/wasi/version.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { fd_fdstat_get as tellOfLinux } from '../descriptors.ts';
import { isNothing, newTimes, storeFilestat } from './attributes.ts';
import { type FilesContext, hasRights } from './context.ts';
import { MAX_FILE_SIZE } from './file.ts';
import type { StagedDescription } from './staged-files.ts';

export function fd_close(ctx: FilesContext, fd: Fd): number {
  const { files } = ctx;
  if (files.get(fd) === undefined) {
    files.linuxCloses(fd);
    return NOT_SERVED;
  }
  files.close(fd);
  return Errno.SUCCESS;
}

/** `to`, which must be open, is closed and becomes `from`, whoever owns either. */
export function fd_renumber(ctx: FilesContext, from: Fd, to: Fd): number {
  const { files } = ctx;
  files.awaitLinux();
  const isFromOurs = files.get(from) !== undefined;
  const isToOurs = files.get(to) !== undefined;
  if (!isFromOurs && !isToOurs) {
    if (from !== to && files.isOfLinux(from) && files.isOfLinux(to)) files.linuxMoves(from, to);
    return NOT_SERVED;
  }
  if (isFromOurs && isToOurs) {
    files.move(from, to);
    return Errno.SUCCESS;
  }
  if (isFromOurs) {
    if (!files.isOfLinux(to)) return -Errno.EBADF;
    files.linuxCloses(to);
    const result = ctx.ship(PREVIEW_1.module, 'fd_close', to);
    if (result === Errno.SUCCESS) files.move(from, to);
    return result;
  }
  if (!files.isOfLinux(from)) return -Errno.EBADF;
  // The number stays taken until Linux puts its own there.
  files.drop(to);
  files.linuxMoves(from, to);
  return NOT_SERVED;
}

export function fd_advise(ctx: FilesContext, fd: Fd, offset: bigint, length: bigint, advice: number): number {
  const description = seekableWith(ctx, fd, RIGHTS.FD_ADVISE);
  if (typeof description === 'number') return description;
  const isValid = positionFromGuest(offset) >= 0 && positionFromGuest(length) >= 0 && advice >>> 0 <= ADVICE.NOREUSE;
  return isValid ? Errno.SUCCESS : -Errno.EINVAL;
}

export function fd_allocate(ctx: FilesContext, fd: Fd, offset: bigint, length: bigint): number {
  const description = seekableWith(ctx, fd, RIGHTS.FD_ALLOCATE);
  if (typeof description === 'number') return description;
  const start = positionFromGuest(offset);
  const size = positionFromGuest(length);
  if (start < 0 || size <= 0) return -Errno.EINVAL;
  if (start + size > MAX_FILE_SIZE) return -Errno.EFBIG;
  return description.file.allocate(start, size);
}

export function fd_sync(ctx: FilesContext, fd: Fd): number {
  return synchronise(ctx, fd, RIGHTS.FD_SYNC);
}

export function fd_datasync(ctx: FilesContext, fd: Fd): number {
  return synchronise(ctx, fd, RIGHTS.FD_DATASYNC);
}

export function fd_fdstat_get(ctx: FilesContext, fd: Fd, stat: GuestPtr, version: WasiVersion = PREVIEW_1): number {
  const description = ctx.files.get(fd);
  if (description === undefined) return tellOfLinux(ctx, fd, stat, version);
  if (!ctx.memory.contains(stat, STRUCT_SIZES.fdstat)) return -Errno.EFAULT;
  // The shim's fdstat has no rights at all.
  const typeAndFlags = description.file.filetype | (description.flags << (8 * FDSTAT.flags));
  storeFdstat(ctx.memory, stat, { typeAndFlags, rightsBase: description.rights, rightsInheriting: 0 }, version);
  return Errno.SUCCESS;
}

export function fd_fdstat_set_flags(ctx: FilesContext, fd: Fd, flags: number): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FDSTAT_SET_FLAGS);
  if (typeof description === 'number') return description;
  const status = fdflagsFromGuest(flags);
  if (status < 0) return status;
  description.flags = status;
  return Errno.SUCCESS;
}

export function fd_fdstat_set_rights(
  ctx: FilesContext,
  fd: Fd,
  base: bigint,
  inheriting: bigint,
  version: WasiVersion = PREVIEW_1,
): number {
  const description = ctx.files.get(fd);
  if (description !== undefined) {
    return keepRights(description, description.rights, 0, version.rights, base, inheriting)
      ? Errno.SUCCESS
      : -Errno.ENOTCAPABLE;
  }
  const directory = ctx.files.directory(fd);
  if (directory !== undefined) {
    keepRights(directory, DIRECTORY_RIGHTS, version.rights, version.rights, base, inheriting);
  }
  return NOT_SERVED;
}

export function fd_filestat_get(ctx: FilesContext, fd: Fd, buf: GuestPtr, version: WasiVersion = PREVIEW_1): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_GET);
  if (typeof description === 'number') return description;
  if (!ctx.memory.contains(buf, version.filestat.bytes)) return -Errno.EFAULT;
  const attributes = description.file.attributes();
  if (typeof attributes === 'number') return attributes;
  storeFilestat(ctx.memory, buf, attributes, version);
  return Errno.SUCCESS;
}

export function fd_filestat_set_size(ctx: FilesContext, fd: Fd, size: bigint): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_SET_SIZE);
  if (typeof description === 'number') return description;
  const bytes = positionFromGuest(size);
  return bytes < 0 ? -Errno.EINVAL : description.file.truncate(bytes);
}

export function fd_filestat_set_times(ctx: FilesContext, fd: Fd, atim: bigint, mtim: bigint, flags: number): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_SET_TIMES);
  if (typeof description === 'number') return description;
  const times = newTimes(ctx, atim, mtim, flags);
  if (times === undefined) return -Errno.EINVAL;
  return isNothing(times) ? Errno.SUCCESS : description.file.setTimes(times);
}

export function fd_seek(ctx: FilesContext, fd: Fd, offset: bigint, whence: number, newOffset: GuestPtr): number {
  // Telling the offset is a seek by nothing, and has a right of its own.
  const isTell = offset === 0n && whence === WHENCE.CUR;
  const description = seekableWith(ctx, fd, isTell ? RIGHTS.FD_TELL : RIGHTS.FD_SEEK);
  if (typeof description === 'number') return description;
  const delta = Number(BigInt.asIntN(64, offset));
  return storeOffset(ctx.memory, newOffset, () => description.file.seek(delta, whence >>> 0));
}

export function fd_tell(ctx: FilesContext, fd: Fd, offset: GuestPtr): number {
  const description = seekableWith(ctx, fd, RIGHTS.FD_TELL);
  if (typeof description === 'number') return description;
  return storeOffset(ctx.memory, offset, () => description.file.tell());
}

export function fd_readdir(ctx: FilesContext, fd: Fd): number {
  return ctx.files.get(fd) === undefined ? NOT_SERVED : -Errno.ENOTDIR;
}

/** sock_accept, sock_recv, sock_send, sock_shutdown. */
export function notSocket(ctx: FilesContext, fd: Fd): number {
  return ctx.files.get(fd) === undefined ? NOT_SERVED : -Errno.ENOTSOCK;
}

/** An open staged file that may be used so, or NOT_SERVED, −ENOTCAPABLE. */
function descriptionWith({ files }: FilesContext, fd: Fd, right: number): StagedDescription | number {
  const description = files.get(fd);
  if (description === undefined) return NOT_SERVED;
  return hasRights(description, right) ? description : -Errno.ENOTCAPABLE;
}

/** As descriptionWith; −ESPIPE for what has no offset. */
function seekableWith(ctx: FilesContext, fd: Fd, right: number): StagedDescription | number {
  return ctx.files.get(fd)?.file.isSeekable === false ? -Errno.ESPIPE : descriptionWith(ctx, fd, right);
}

function synchronise(ctx: FilesContext, fd: Fd, right: number): number {
  const description = descriptionWith(ctx, fd, right);
  if (typeof description === 'number') return description;
  // fsync(2): what is no file has nothing to synchronise.
  return description.file.isSeekable ? description.file.sync() : -Errno.EINVAL;
}

/** Stores what a call gives, after the check of where. */
function storeOffset(memory: GuestMemory, at: GuestPtr, call: () => number): number {
  if (!memory.contains(at, STRUCT_SIZES.filesize)) return -Errno.EFAULT;
  const offset = call();
  if (offset < 0) return offset;
  memory.writeNumber(at >>> 0, offset);
  return Errno.SUCCESS;
}
