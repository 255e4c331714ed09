// read(2), write(2) and their kin, over the buffers of one call. Long transfers go in slices of 1 MiB, between which other
// calls are served; what was done is kept in the context and in the description's offset, so that a slice is never repeated.

import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { Segments } from '../../../runtime/memory/segments.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription } from '../vfs/inode.ts';
import { dropPrivileges } from './attributes.ts';

/** Most that one run of a call copies. */
const SLICE = 1 << 20;
/** The description's own offset is to be used, and moved. */
export const AT_OFFSET = -1;

/**
 * Implements readv(2) and preadv(2).
 *
 * @param position in the file, or AT_OFFSET
 * @returns bytes read, 0 at the end of the file
 * Errors: EBADF, not open for reading; EISDIR; ESPIPE, a position in something that has none; EAGAIN.
 * Blocks: a stream without bytes, unless it is non-blocking; a host directory.
 */
export function readSegments(
  ctx: SyscallContext,
  description: FileDescription,
  segments: Segments,
  position: number,
): number {
  if (description.inode.isDirectory) return -Errno.EISDIR;
  if (!description.isReadable) return -Errno.EBADF;
  if (position !== AT_OFFSET && !description.isSeekable) return -Errno.ESPIPE;
  return transfer(ctx, description, segments, position, false);
}

/**
 * Implements writev(2) and pwritev(2).
 *
 * @returns bytes written
 * Errors: EBADF, not open for writing; ESPIPE; EAGAIN; EFBIG; ENOSPC; EPIPE.
 * Blocks: a stream without room, unless it is non-blocking; a host directory.
 */
export function writeSegments(
  ctx: SyscallContext,
  description: FileDescription,
  segments: Segments,
  position: number,
): number {
  if (!description.isWritable) return -Errno.EBADF;
  if (position !== AT_OFFSET && !description.isSeekable) return -Errno.ESPIPE;
  return transfer(ctx, description, segments, position, true);
}

function transfer(
  ctx: SyscallContext,
  description: FileDescription,
  segments: Segments,
  position: number,
  isWrite: boolean,
): number {
  const { bytes } = ctx.memory;
  let done = ctx.progress;
  let skip = done;
  let budget = SLICE;
  for (let i = 0; i < segments.count; i++) {
    let address = segments.addresses[i] as number;
    let length = segments.lengths[i] as number;
    if (skip >= length) {
      skip -= length;
      continue;
    }
    address += skip;
    length -= skip;
    skip = 0;
    while (length > 0) {
      if (budget === 0) {
        ctx.yieldTurn();
        return -ERESTART;
      }
      const count = Math.min(length, budget);
      const result = move(
        ctx,
        description,
        bytes,
        address,
        count,
        position === AT_OFFSET ? AT_OFFSET : position + done,
        isWrite,
      );
      if (result < 0) return interrupted(ctx, description, done, result, isWrite);
      if (result === 0 && !isWrite) return done;
      done += result;
      budget -= result;
      ctx.settle(done);
      if (result < count && !isWrite && description.isSeekable) return done;
      address += result;
      length -= result;
    }
  }
  return done;
}

/** One piece, at a position or at the description's offset, which it moves. */
function move(
  ctx: SyscallContext,
  description: FileDescription,
  bytes: Uint8Array,
  address: number,
  count: number,
  position: number,
  isWrite: boolean,
): number {
  const usesOffset = position === AT_OFFSET;
  if (!isWrite) {
    return usesOffset
      ? description.readNext(ctx, bytes, address, count)
      : description.read(ctx, bytes, address, count, position);
  }
  const refusal = dropPrivileges(ctx, description.inode);
  if (refusal < 0) return refusal;
  if (usesOffset) return description.writeNext(ctx, bytes, address, count);
  // Linux: O_APPEND wins over a position too (pwrite(2), BUGS).
  return description.write(ctx, bytes, address, count, description.isAppending ? -1 : position);
}

/** A piece did not go through: whether the call waits, ends with what it has, or fails. */
export function interrupted(
  ctx: SyscallContext,
  description: FileDescription,
  done: number,
  result: number,
  isWrite: boolean,
): number {
  if (result === -ERESTART) return result;
  if (result !== -Errno.EAGAIN) return done > 0 ? done : result;
  // A read gives what there is; a blocking write goes on until everything is written.
  if (done > 0 && (!isWrite || description.isNonBlocking)) return done;
  if (description.isNonBlocking || description.readyQueue === undefined) return result;
  ctx.waitOn(description.readyQueue);
  return -ERESTART;
}
