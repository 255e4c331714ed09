// copy_file_range(2) and sendfile(2): bytes from one description to another by way of a buffer of the kernel's. What was
// read and not yet written is kept while the call waits, so that neither end is asked twice.

import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription } from '../vfs/inode.ts';
import { MAX_FILE_SIZE } from '../vfs/inode.ts';
import { dropPrivileges } from './attributes.ts';
import { AT_OFFSET, interrupted } from './transfer.ts';

/** What is read at once. */
const PIECE = 65_536;
/** Most that one run of a call copies. */
const SLICE = 1 << 20;
/** Most that one call copies, as of read(2). */
const MOST = 0x7fff_f000;

interface Copy {
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly bytes: Uint8Array;
  /** Of `bytes`: read, and written. */
  filled: number;
  written: number;
}

/**
 * Implements copy_file_range(2). The files may be of different file systems.
 *
 * @param from a position in `source`, or AT_OFFSET: its own offset, which is moved; `to` likewise
 * @returns bytes copied, 0 at the end of `source`
 * Errors: EISDIR; EINVAL, not regular files, or ranges of one file that overlap; EBADF, not open for reading, for writing,
 * or open for appending; EOVERFLOW; EFBIG; ENOSPC.
 * Blocks: a host directory.
 */
export function copyFileRange(
  ctx: SyscallContext,
  source: FileDescription,
  from: number,
  target: FileDescription,
  to: number,
  length: number,
): number {
  const kept = ctx.kept as Copy | undefined;
  if (kept !== undefined) return goOn(ctx, source, from, target, to, kept);
  if (source.inode.isDirectory || target.inode.isDirectory) return -Errno.EISDIR;
  if (!source.inode.isRegular || !target.inode.isRegular) return -Errno.EINVAL;
  if (!source.isReadable || !target.isWritable || target.isAppending) return -Errno.EBADF;
  if (from < AT_OFFSET || to < AT_OFFSET) return -Errno.EINVAL;
  const start = from === AT_OFFSET ? source.tell() : from;
  const end = to === AT_OFFSET ? target.tell() : to;
  if (start + length > Number.MAX_SAFE_INTEGER || end + length > Number.MAX_SAFE_INTEGER) return -Errno.EOVERFLOW;
  const result = source.inode.refresh(ctx);
  if (result < 0) return result;
  const count = Math.max(0, Math.min(length, source.inode.size - start, MOST));
  if (count > 0 && end >= MAX_FILE_SIZE) return -Errno.EFBIG;
  if (source.inode === target.inode && end + count > start && end < start + count) return -Errno.EINVAL;
  return goOn(ctx, source, from, target, to, begin(ctx, start, end, count));
}

/**
 * Implements sendfile(2).
 *
 * @param from a position in `source`, or AT_OFFSET: its own offset, which is moved
 * @returns bytes copied, 0 at the end of `source`
 * Errors: EBADF, not open for reading or writing; ESPIPE, a position in something that has none; EINVAL, a directory, a
 * source without positions, or a target that is open for appending; EOVERFLOW; EAGAIN; EFBIG; ENOSPC; EPIPE.
 * Blocks: a stream without room, unless it is non-blocking; a host directory.
 */
export function sendfile(
  ctx: SyscallContext,
  target: FileDescription,
  source: FileDescription,
  from: number,
  length: number,
): number {
  const kept = ctx.kept as Copy | undefined;
  if (kept !== undefined) return goOn(ctx, source, from, target, AT_OFFSET, kept);
  if (!source.isReadable) return -Errno.EBADF;
  if (from !== AT_OFFSET && !source.isSeekable && !source.inode.isDirectory) return -Errno.ESPIPE;
  if (from < AT_OFFSET || length < 0) return -Errno.EINVAL;
  if (!target.isWritable) return -Errno.EBADF;
  const start = from === AT_OFFSET ? source.tell() : from;
  if (start >= MAX_FILE_SIZE && length > 0) return -Errno.EOVERFLOW;
  if (!source.isSeekable || source.inode.isDirectory || target.isAppending) return -Errno.EINVAL;
  return goOn(ctx, source, from, target, AT_OFFSET, begin(ctx, start, target.tell(), Math.min(length, MOST)));
}

function begin(ctx: SyscallContext, from: number, to: number, length: number): Copy {
  const copy = { from, to, length, bytes: new Uint8Array(Math.min(length, PIECE)), filled: 0, written: 0 };
  ctx.kept = copy;
  // Later runs go on from here: what was asked before is not asked again.
  ctx.settle(0);
  return copy;
}

/** Copies on, and moves the offsets that are to be moved when all is done. */
function goOn(
  ctx: SyscallContext,
  source: FileDescription,
  from: number,
  target: FileDescription,
  to: number,
  copy: Copy,
): number {
  const done = copySlice(ctx, source, target, copy);
  if (done <= 0) return done;
  if (from === AT_OFFSET) source.moveTo(copy.from + done);
  if (to === AT_OFFSET && target.isSeekable) target.moveTo(copy.to + done);
  return done;
}

function copySlice(ctx: SyscallContext, source: FileDescription, target: FileDescription, copy: Copy): number {
  const slice = Math.min(copy.length, ctx.progress + SLICE);
  while (ctx.progress < copy.length) {
    if (copy.written === copy.filled) {
      if (ctx.progress >= slice) {
        ctx.yieldTurn();
        return -ERESTART;
      }
      const count = Math.min(copy.bytes.length, copy.length - ctx.progress);
      const result = source.read(ctx, copy.bytes, 0, count, copy.from + ctx.progress);
      if (result < 0) return interrupted(ctx, source, ctx.progress, result, false);
      if (result === 0) break;
      copy.filled = result;
      copy.written = 0;
      ctx.settle(ctx.progress);
    }
    const result = writePiece(ctx, target, copy);
    if (result < 0) return interrupted(ctx, target, ctx.progress, result, true);
    copy.written += result;
    ctx.settle(ctx.progress + result);
  }
  return ctx.progress;
}

function writePiece(ctx: SyscallContext, target: FileDescription, copy: Copy): number {
  const refusal = dropPrivileges(ctx, target.inode);
  if (refusal < 0) return refusal;
  return target.write(ctx, copy.bytes, copy.written, copy.filled - copy.written, copy.to + ctx.progress);
}
