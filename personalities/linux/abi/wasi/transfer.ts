// fd_read, fd_write, fd_pread, fd_pwrite. Pointers are checked first; bytes go straight between file and guest memory; the
// count is stored last.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../../../runtime/abi/types.ts';
import { RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import { loadSegments, positionFromGuest, Segments } from '../../../../runtime/memory/segments.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { AT_OFFSET, readSegments, writeSegments } from '../../syscalls/transfer.ts';
import { descriptionWith } from './rights.ts';

const segments = new Segments();

export function fd_read(ctx: SyscallContext, fd: Fd, iovs: GuestPtr, count: number, nread: GuestPtr): number {
  return transfer(ctx, fd, iovs, count, AT_OFFSET, nread, false);
}

export function fd_write(ctx: SyscallContext, fd: Fd, iovs: GuestPtr, count: number, nwritten: GuestPtr): number {
  return transfer(ctx, fd, iovs, count, AT_OFFSET, nwritten, true);
}

export function fd_pread(
  ctx: SyscallContext,
  fd: Fd,
  iovs: GuestPtr,
  count: number,
  offset: bigint,
  nread: GuestPtr,
): number {
  const position = positionFromGuest(offset);
  return transfer(ctx, fd, iovs, count, position, nread, false);
}

export function fd_pwrite(
  ctx: SyscallContext,
  fd: Fd,
  iovs: GuestPtr,
  count: number,
  offset: bigint,
  nwritten: GuestPtr,
): number {
  const position = positionFromGuest(offset);
  return transfer(ctx, fd, iovs, count, position, nwritten, true);
}

/** @param position AT_OFFSET, a position, or another negative number: an offset that is refused */
function transfer(
  ctx: SyscallContext,
  fd: number,
  iovs: number,
  count: number,
  position: number,
  total: number,
  isWrite: boolean,
): number {
  const description = descriptionWith(ctx, fd, isWrite ? RIGHTS.FD_WRITE : RIGHTS.FD_READ);
  if (typeof description === 'number') return description;
  const { memory } = ctx;
  if (!memory.contains(total, 4)) return -Errno.EFAULT;
  const loaded = loadSegments(memory, segments, iovs, count);
  if (loaded < 0) return loaded;
  if (position < AT_OFFSET) return -Errno.EINVAL;
  const done = isWrite
    ? writeSegments(ctx, description, segments, position)
    : readSegments(ctx, description, segments, position);
  if (done < 0) return done;
  memory.writeU32(total >>> 0, done);
  return 0;
}
