// Calls on one descriptor other than transfer and listing: offset, size, times, flags, rights, preopens, closing.

import type { DescriptorStat } from '../../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../../../runtime/abi/types.ts';
import { fdflagsFromGuest, positionFromGuest } from '../../../../runtime/abi/wasi/arguments.ts';
import { keepRights } from '../../../../runtime/abi/wasi/rights.ts';
import { storeFdstat } from '../../../../runtime/abi/wasi/stat.ts';
import { FDSTAT, PRESTAT, STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { FDFLAGS, PREOPENTYPE, RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../../../runtime/abi/wasi/version.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { publishChange } from '../../kernel/descriptors.ts';
import { setTimes, truncateOpen } from '../../syscalls/attributes.ts';
import { close } from '../../syscalls/descriptors.ts';
import { advise, allocate, seek, setStatusFlags, synchronise } from '../../syscalls/files.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { O_APPEND, O_DSYNC, O_NONBLOCK, O_SYNC } from '../../vfs/mode.ts';
import { storeFilestat } from './guest.ts';
import { baseRights, descriptionWith, fileType, inheritingRights } from './rights.ts';
import { newTimes } from './times.ts';

export function fd_close(ctx: SyscallContext, fd: Fd): number {
  return close(ctx, fd);
}

export function fd_renumber(ctx: SyscallContext, from: Fd, to: Fd): number {
  const { descriptors, preopens } = ctx.process;
  const result = descriptors.renumber(from, to);
  if (result === 0 && from !== to) {
    const name = preopens.get(from);
    preopens.delete(from);
    if (name === undefined) preopens.delete(to);
    else preopens.set(to, name);
  }
  return result;
}

export function fd_advise(ctx: SyscallContext, fd: Fd, offset: bigint, length: bigint, advice: number): number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  if (!description.isSeekable && !description.inode.isDirectory) return -Errno.ESPIPE;
  const allowed = descriptionWith(ctx, fd, RIGHTS.FD_ADVISE);
  if (typeof allowed === 'number') return allowed;
  return advise(description, positionFromGuest(offset), positionFromGuest(length), advice >>> 0);
}

export function fd_allocate(ctx: SyscallContext, fd: Fd, offset: bigint, length: bigint): number {
  const stream = streamErrno(ctx, fd);
  if (stream !== 0) return stream;
  const description = descriptionWith(ctx, fd, RIGHTS.FD_ALLOCATE);
  if (typeof description === 'number') return description;
  return allocate(ctx, description, positionFromGuest(offset), positionFromGuest(length));
}

export function fd_datasync(ctx: SyscallContext, fd: Fd): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_DATASYNC);
  return typeof description === 'number' ? description : synchronise(ctx, description, true);
}

export function fd_sync(ctx: SyscallContext, fd: Fd): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_SYNC);
  return typeof description === 'number' ? description : synchronise(ctx, description, false);
}

const fdstat: DescriptorStat = { typeAndFlags: 0, rightsBase: 0, rightsInheriting: 0 };

export function fd_fdstat_get(ctx: SyscallContext, fd: Fd, stat: GuestPtr, version: WasiVersion = PREVIEW_1): number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  if (!ctx.memory.contains(stat, STRUCT_SIZES.fdstat)) return -Errno.EFAULT;
  fdstatOf(description, fdstat);
  storeFdstat(ctx.memory, stat, fdstat, version);
  return 0;
}

/** What fd_fdstat_get answers for a description, also by way of the process's descriptor table. */
export function fdstatOf(description: FileDescription, into: DescriptorStat): void {
  into.typeAndFlags = fileType(description.inode.mode) | (fdflagsOf(description.flags) << (8 * FDSTAT.flags));
  into.rightsBase = baseRights(description);
  into.rightsInheriting = inheritingRights(description);
}

export function fd_fdstat_set_flags(ctx: SyscallContext, fd: Fd, flags: number): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FDSTAT_SET_FLAGS);
  if (typeof description === 'number') return description;
  const status = statusFlagsOf(flags);
  if (status < 0) return status;
  setStatusFlags(ctx, description, status);
  return 0;
}

export function fd_fdstat_set_rights(
  ctx: SyscallContext,
  fd: Fd,
  base: bigint,
  inheriting: bigint,
  version: WasiVersion = PREVIEW_1,
): number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined) return -Errno.EBADF;
  const [possible, inheritable] = [baseRights(description), inheritingRights(description)];
  if (!keepRights(description, possible, inheritable, version.rights, base, inheriting)) return -Errno.ENOTCAPABLE;
  publishChange(ctx, description);
  return 0;
}

export function fd_filestat_get(ctx: SyscallContext, fd: Fd, buf: GuestPtr, version: WasiVersion = PREVIEW_1): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_GET);
  if (typeof description === 'number') return description;
  if (!ctx.memory.contains(buf, version.filestat.bytes)) return -Errno.EFAULT;
  const result = description.inode.refresh(ctx);
  if (result < 0) return result;
  storeFilestat(ctx.memory, buf, description.inode, version);
  return 0;
}

export function fd_filestat_set_size(ctx: SyscallContext, fd: Fd, size: bigint): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_SET_SIZE);
  if (typeof description === 'number') return description;
  return truncateOpen(ctx, description, positionFromGuest(size));
}

export function fd_filestat_set_times(ctx: SyscallContext, fd: Fd, atim: bigint, mtim: bigint, flags: number): number {
  const description = descriptionWith(ctx, fd, RIGHTS.FD_FILESTAT_SET_TIMES);
  if (typeof description === 'number') return description;
  const times = newTimes(atim, mtim, flags);
  return typeof times === 'number' ? times : setTimes(ctx, description.inode, times.atime, times.mtime);
}

export function fd_seek(ctx: SyscallContext, fd: Fd, offset: bigint, whence: number, newOffset: GuestPtr): number {
  const stream = streamErrno(ctx, fd);
  if (stream !== 0) return stream;
  // Telling the offset is a seek by nothing, and has a right of its own.
  const isTell = offset === 0n && whence === 1;
  const description = descriptionWith(ctx, fd, isTell ? RIGHTS.FD_TELL : RIGHTS.FD_SEEK);
  if (typeof description === 'number') return description;
  if (!ctx.memory.contains(newOffset, STRUCT_SIZES.filesize)) return -Errno.EFAULT;
  const result = seek(ctx, description, Number(BigInt.asIntN(64, offset)), whence >>> 0);
  if (result < 0) return result;
  ctx.memory.writeNumber(newOffset >>> 0, result);
  return 0;
}

export function fd_tell(ctx: SyscallContext, fd: Fd, offset: GuestPtr): number {
  const stream = streamErrno(ctx, fd);
  if (stream !== 0) return stream;
  const description = descriptionWith(ctx, fd, RIGHTS.FD_TELL);
  if (typeof description === 'number') return description;
  if (!ctx.memory.contains(offset, STRUCT_SIZES.filesize)) return -Errno.EFAULT;
  const result = description.tell();
  if (result < 0) return result;
  ctx.memory.writeNumber(offset >>> 0, result);
  return 0;
}

export function fd_prestat_get(ctx: SyscallContext, fd: Fd, buf: GuestPtr): number {
  const name = ctx.process.preopens.get(fd);
  if (name === undefined) return -Errno.EBADF;
  if (!ctx.memory.contains(buf, STRUCT_SIZES.prestat)) return -Errno.EFAULT;
  const at = buf >>> 0;
  ctx.memory.writeU32(at + PRESTAT.tag, PREOPENTYPE.DIR);
  ctx.memory.writeU32(at + PRESTAT.nameLen, name.length);
  return 0;
}

export function fd_prestat_dir_name(ctx: SyscallContext, fd: Fd, path: GuestPtr, length: number): number {
  const name = ctx.process.preopens.get(fd);
  if (name === undefined) return -Errno.EBADF;
  if (!ctx.memory.contains(path, length >>> 0)) return -Errno.EFAULT;
  if (length >>> 0 < name.length) return -Errno.ENAMETOOLONG;
  ctx.memory.copyIn(path, name);
  return 0;
}

/** O_* of WASI's flags, or −EINVAL for one that does not exist. */
export function statusFlagsOf(given: number): number {
  const flags = fdflagsFromGuest(given);
  if (flags < 0) return flags;
  return (
    ((flags & FDFLAGS.APPEND) !== 0 ? O_APPEND : 0) |
    ((flags & FDFLAGS.NONBLOCK) !== 0 ? O_NONBLOCK : 0) |
    ((flags & FDFLAGS.DSYNC) !== 0 ? O_DSYNC : 0) |
    ((flags & FDFLAGS.SYNC) !== 0 ? O_SYNC : 0)
  );
}

function fdflagsOf(flags: number): number {
  return (
    ((flags & O_APPEND) !== 0 ? FDFLAGS.APPEND : 0) |
    ((flags & O_NONBLOCK) !== 0 ? FDFLAGS.NONBLOCK : 0) |
    ((flags & O_DSYNC) !== 0 ? FDFLAGS.DSYNC : 0) |
    ((flags & O_SYNC) === O_SYNC ? FDFLAGS.SYNC | FDFLAGS.RSYNC : 0)
  );
}

/** −EBADF, −ESPIPE for what has no offset and is not a directory (which lacks the right instead), or 0. */
function streamErrno(ctx: SyscallContext, fd: number): number {
  const description = ctx.description(fd);
  if (description === undefined) return -Errno.EBADF;
  return description.isSeekable || description.inode.isDirectory ? 0 : -Errno.ESPIPE;
}
