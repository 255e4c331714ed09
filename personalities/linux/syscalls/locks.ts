// flock(2), and the record locks of fcntl(2): F_GETLK, F_SETLK, F_SETLKW and those of open file descriptions, F_OFD_*. What
// a lock is, and who waits for whom, is in vfs/locks. Locks are local to the machine: the host, and other machines on the
// same host directory, do not see them.
// An ABI looks the descriptor up and passes struct flock as it stands in the guest's memory; positions are bigints.

import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription } from '../vfs/inode.ts';
import { F_RDLCK, F_UNLCK, F_WRLCK, LockOwner, type LockRange, LockRequest, OFFSET_MAX } from '../vfs/locks.ts';
import { SEEK_CUR, SEEK_END, SEEK_SET } from './files.ts';

export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;
/** Of mandatory locks, which Linux has no more: such a call does nothing. */
export const LOCK_MAND = 32;

/** What F_GETLK tells of a lock that an open file description holds. */
const NO_PID = -1;
const WHOLE_FILE = { start: 0n, end: OFFSET_MAX };

/** struct flock. */
export interface Flock {
  type: number;
  whence: number;
  start: bigint;
  /** 0: to the end of the file, wherever that is; negative: the bytes before `start`. */
  length: bigint;
  pid: number;
}

/**
 * Implements fcntl(2), F_GETLK and F_OFD_GETLK: replaces what is asked for by the first lock that stands against it, or
 * sets its type to F_UNLCK. F_OFD_GETLK of type F_UNLCK tells what the description itself holds there, as Linux 6.6 does.
 *
 * Errors: EINVAL; EOVERFLOW, the range goes beyond 63 bits.
 * Blocks: SEEK_END in a host directory.
 */
export function getLock(ctx: SyscallContext, description: FileDescription, command: number, lock: Flock): number {
  const isOfDescription = command === F_OFD_GETLK;
  if (lock.type !== F_RDLCK && lock.type !== F_WRLCK && !isOfDescription) return -Errno.EINVAL;
  const range = rangeOf(ctx, description, lock);
  if (typeof range === 'number') return range;
  if (isOfDescription && lock.pid !== 0) return -Errno.EINVAL;
  const owner = isOfDescription ? description.locks : ctx.process.descriptors.locks;
  const list = ctx.kernel.locks.records(description.inode);
  const isOwn = range.type === F_UNLCK;
  const held = isOwn ? owner && list.own(owner, range) : list.conflict(owner, range);
  if (held === undefined) {
    lock.type = F_UNLCK;
    return 0;
  }
  lock.type = held.type;
  lock.whence = SEEK_SET;
  lock.start = held.start;
  lock.length = held.end === OFFSET_MAX ? 0n : held.end - held.start + 1n;
  lock.pid = held.owner.isDescription ? NO_PID : held.holder.pid;
  return 0;
}

/**
 * Implements fcntl(2), F_SETLK, F_SETLKW, F_OFD_SETLK and F_OFD_SETLKW. A process's locks on a file end when it closes any
 * descriptor of it; those of an open file description end with its last descriptor.
 *
 * Errors: EAGAIN, somebody holds what stands against it; EDEADLK; ENOLCK, too many ranges; EBADF, not open for reading
 * (F_RDLCK) or writing (F_WRLCK), or (F_SETLKW) its descriptor was closed while it waited; EINVAL; EOVERFLOW.
 * Blocks: F_SETLKW and F_OFD_SETLKW, until the lock is free; SEEK_END in a host directory.
 */
export function setLock(ctx: SyscallContext, description: FileDescription, command: number, lock: Flock): number {
  const waits = command === F_SETLKW || command === F_OFD_SETLKW;
  const waiting = ctx.kept as LockRequest | undefined;
  if (waiting !== undefined) {
    // Linux: the close has ended the process's locks on the file, and this one must not come after that.
    if (!waiting.owner.isDescription && !ctx.isDescriptorUnchanged) return -Errno.EBADF;
    return obtain(ctx, waiting, waits);
  }
  const range = rangeOf(ctx, description, lock);
  if (typeof range === 'number') return range;
  if (range.type === F_RDLCK && !description.isReadable) return -Errno.EBADF;
  if (range.type === F_WRLCK && !description.isWritable) return -Errno.EBADF;
  const isOfDescription = command === F_OFD_SETLK || command === F_OFD_SETLKW;
  if (isOfDescription && lock.pid !== 0) return -Errno.EINVAL;
  const owner = isOfDescription ? ownerOfDescription(description) : ownerOfProcess(ctx);
  const list = ctx.kernel.locks.records(description.inode);
  return obtain(ctx, new LockRequest(list, owner, ctx.process, range), waits);
}

/**
 * Implements flock(2). A lock that is changed into another is given up first, also when the other is not to be had.
 *
 * @param operation LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB or without
 * Errors: EAGAIN (with LOCK_NB), another description holds it; EINVAL; ENOLCK.
 * Blocks: without LOCK_NB, until the lock is free.
 */
export function flock(ctx: SyscallContext, description: FileDescription, operation: number): number {
  if ((operation & LOCK_MAND) !== 0) return 0;
  const type = typeOf(operation & ~LOCK_NB);
  if (type < 0) return type;
  const waiting = ctx.kept as LockRequest | undefined;
  if (type === F_UNLCK && description.locks === undefined) return 0;
  const owner = ownerOfDescription(description);
  const list = waiting?.list ?? ctx.kernel.locks.flocks(description.inode);
  const held = list.typeAt(owner, 0n);
  if (held === type) return 0;
  if (held !== F_UNLCK) list.release(owner);
  if (type === F_UNLCK) return 0;
  const request = waiting ?? new LockRequest(list, owner, ctx.process, { type, ...WHOLE_FILE });
  return obtain(ctx, request, (operation & LOCK_NB) === 0);
}

/** Takes the lock, or says why not, or waits. */
function obtain(ctx: SyscallContext, request: LockRequest, waits: boolean): number {
  const { list } = request;
  if (request.type === F_UNLCK || list.conflict(request.owner, request) === undefined) return list.set(request);
  if (!waits) return -Errno.EAGAIN;
  if (list.wouldDeadlock(request)) return -Errno.EDEADLK;
  if (ctx.kept === undefined) {
    ctx.kept = request;
    ctx.atEnd = () => list.leave(request);
  }
  list.wait(request, ctx);
  return -ERESTART;
}

function ownerOfProcess({ process }: SyscallContext): LockOwner {
  process.descriptors.locks ??= new LockOwner(false);
  return process.descriptors.locks;
}

function ownerOfDescription(description: FileDescription): LockOwner {
  description.locks ??= new LockOwner(true);
  return description.locks;
}

function typeOf(operation: number): number {
  switch (operation) {
    case LOCK_SH:
      return F_RDLCK;
    case LOCK_EX:
      return F_WRLCK;
    case LOCK_UN:
      return F_UNLCK;
    default:
      return -Errno.EINVAL;
  }
}

/** The positions that a struct flock means, or −errno. */
function rangeOf(ctx: SyscallContext, description: FileDescription, lock: Flock): LockRange | number {
  const base = baseOf(ctx, description, lock.whence);
  if (typeof base === 'number') return base;
  if (lock.start > OFFSET_MAX - base) return -Errno.EOVERFLOW;
  const start = base + lock.start;
  if (start < 0n) return -Errno.EINVAL;
  const { length, type } = lock;
  if (length > 0n && length - 1n > OFFSET_MAX - start) return -Errno.EOVERFLOW;
  if (start + length < 0n) return -Errno.EINVAL;
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -Errno.EINVAL;
  if (length < 0n) return { type, start: start + length, end: start - 1n };
  return { type, start, end: length === 0n ? OFFSET_MAX : start + length - 1n };
}

function baseOf(ctx: SyscallContext, { inode, offset }: FileDescription, whence: number): bigint | number {
  switch (whence) {
    case SEEK_SET:
      return 0n;
    case SEEK_CUR:
      return BigInt(offset);
    case SEEK_END: {
      const result = inode.refresh(ctx);
      return result < 0 ? result : BigInt(inode.size);
    }
    default:
      return -Errno.EINVAL;
  }
}
