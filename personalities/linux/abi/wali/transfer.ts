// read(2), write(2) and their kin: pointers are checked first, bytes go straight between file and guest memory.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import { loadSegments, Segments } from '../../../../runtime/memory/segments.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { copyFileRange, sendfile } from '../../syscalls/copy.ts';
import { AT_OFFSET, readSegments, writeSegments } from '../../syscalls/transfer.ts';
import { descriptionOf, type LinuxHandlers, readSigned } from './guest.ts';

/** Linux's MAX_RW_COUNT: what one call transfers at most. */
const MOST = 0x7fff_f000;

const segments = new Segments();

export const transferHandlers = {
  SYS_read: (ctx, fd, buf, count) => transfer(ctx, fd, buf, count, AT_OFFSET, false),
  SYS_write: (ctx, fd, buf, count) => transfer(ctx, fd, buf, count, AT_OFFSET, true),
  SYS_pread64: (ctx, fd, buf, count, offset) =>
    offset < 0 ? -Errno.EINVAL : transfer(ctx, fd, buf, count, offset, false),
  SYS_pwrite64: (ctx, fd, buf, count, offset) =>
    offset < 0 ? -Errno.EINVAL : transfer(ctx, fd, buf, count, offset, true),
  SYS_readv: (ctx, fd, iov, count) => transferVector(ctx, fd, iov, count, AT_OFFSET, false),
  SYS_writev: (ctx, fd, iov, count) => transferVector(ctx, fd, iov, count, AT_OFFSET, true),
  // A 64-bit kernel takes the whole offset in its low word and looks at no high one.
  SYS_preadv: (ctx, fd, iov, count, offset) =>
    offset < 0 ? -Errno.EINVAL : transferVector(ctx, fd, iov, count, offset, false),
  SYS_pwritev: (ctx, fd, iov, count, offset) =>
    offset < 0 ? -Errno.EINVAL : transferVector(ctx, fd, iov, count, offset, true),

  SYS_sendfile(ctx, outFd, inFd, offset, count) {
    const target = descriptionOf(ctx, outFd);
    const source = descriptionOf(ctx, inFd);
    if (typeof target === 'number' || typeof source === 'number') return -Errno.EBADF;
    const from = positionAt(ctx, offset);
    if (from < AT_OFFSET) return from;
    const done = sendfile(ctx, target, source, from, Math.min(count >>> 0, MOST));
    if (done >= 0) movePosition(ctx, offset, from, done);
    return done;
  },

  SYS_copy_file_range(ctx, inFd, inOffset, outFd, outOffset, length, flags) {
    const source = descriptionOf(ctx, inFd);
    const target = descriptionOf(ctx, outFd);
    if (typeof source === 'number' || typeof target === 'number') return -Errno.EBADF;
    const from = positionAt(ctx, inOffset);
    if (from < AT_OFFSET) return from;
    const to = positionAt(ctx, outOffset);
    if (to < AT_OFFSET) return to;
    if (flags !== 0) return -Errno.EINVAL;
    const done = copyFileRange(ctx, source, from, target, to, length >>> 0);
    if (done < 0) return done;
    movePosition(ctx, inOffset, from, done);
    movePosition(ctx, outOffset, to, done);
    return done;
  },
} satisfies Partial<LinuxHandlers>;

function transfer(
  ctx: SyscallContext,
  fd: number,
  buf: number,
  count: number,
  position: number,
  isWrite: boolean,
): number {
  if (!ctx.memory.contains(buf, count >>> 0)) return ctx.description(fd) === undefined ? -Errno.EBADF : -Errno.EFAULT;
  segments.addresses[0] = buf >>> 0;
  segments.lengths[0] = Math.min(count >>> 0, MOST);
  segments.count = 1;
  return moveSegments(ctx, fd, position, isWrite);
}

function transferVector(
  ctx: SyscallContext,
  fd: number,
  iov: number,
  count: number,
  position: number,
  isWrite: boolean,
): number {
  const loaded = loadSegments(ctx.memory, segments, iov, count);
  if (loaded < 0) return ctx.description(fd) === undefined ? -Errno.EBADF : loaded;
  return moveSegments(ctx, fd, position, isWrite);
}

function moveSegments(ctx: SyscallContext, fd: number, position: number, isWrite: boolean): number {
  const description = descriptionOf(ctx, fd);
  if (typeof description === 'number') return description;
  return isWrite
    ? writeSegments(ctx, description, segments, position)
    : readSegments(ctx, description, segments, position);
}

/** An offset that a call reads and moves; AT_OFFSET for null. Errors: EFAULT; EINVAL, below zero: below AT_OFFSET. */
function positionAt({ memory }: SyscallContext, address: number): number {
  if (address === 0) return AT_OFFSET;
  if (!memory.contains(address, STRUCT_SIZES.off)) return -Errno.EFAULT;
  const position = readSigned(memory, address);
  return position < 0 ? -Errno.EINVAL : position;
}

function movePosition({ memory }: SyscallContext, address: number, from: number, done: number): void {
  if (from !== AT_OFFSET) memory.writeNumber(address >>> 0, from + done);
}
