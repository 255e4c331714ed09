// poll(2), select(2) and their kin: descriptors are copied once; then either some are ready, or the call waits for all of them.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { POLLFD, TIMEVAL } from '../../../../runtime/abi/linux/structs.ts';
import { POLL_EVENTS } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { PathDescription } from '../../syscalls/open-path.ts';
import { callStartNs, waitForAny } from '../../syscalls/poll.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import {
  durationFromTimespec,
  type LinuxHandlers,
  readSigned,
  readUnsigned,
  writeTimespec,
  writeTimeval,
} from './guest.ts';

const { POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM } = POLL_EVENTS;
/** What is told whether it was asked for or not. */
const ALWAYS = POLLERR | POLLHUP;
const READABLE = POLLIN | POLLRDNORM | ALWAYS;
const WRITABLE = POLLOUT | POLLWRNORM | POLLERR;
const EXCEPTIONAL = POLLPRI;
const NS_PER_MS = 1e6;
const NS_PER_US = 1000;
const US_PER_SEC = 1_000_000;
const NS = 1_000_000_000;
const WORD_BITS = 64;
const MASK_BYTES = 8;

export const pollHandlers = {
  SYS_poll: (ctx, fds, count, timeoutMs) =>
    poll(ctx, fds, count, timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs * NS_PER_MS),

  SYS_ppoll(ctx, fds, count, timeout, sigmask, sigsetSize) {
    const timeoutNs = timeoutOf(ctx.memory, timeout, durationFromTimespec);
    if (timeoutNs < 0) return timeoutNs;
    if (sigmask !== 0) {
      if (sigsetSize !== MASK_BYTES) return -Errno.EINVAL;
      if (!ctx.memory.contains(sigmask, STRUCT_SIZES.sigset)) return -Errno.EFAULT;
    }
    const result = poll(ctx, fds, count, timeoutNs);
    if (result >= 0) storeRest(ctx, timeout, timeoutNs, writeTimespec);
    return result;
  },

  SYS_select(ctx, nfds, readfds, writefds, exceptfds, timeout) {
    const timeoutNs = timeoutOf(ctx.memory, timeout, durationFromTimeval);
    if (timeoutNs < 0) return timeoutNs;
    const result = select(ctx, nfds, [readfds, writefds, exceptfds], timeoutNs);
    if (result >= 0) storeRest(ctx, timeout, timeoutNs, writeTimeval);
    return result;
  },

  SYS_pselect6(ctx, nfds, readfds, writefds, exceptfds, timeout, sigmask) {
    const timeoutNs = timeoutOf(ctx.memory, timeout, durationFromTimespec);
    if (timeoutNs < 0) return timeoutNs;
    const refusal = checkMaskArgument(ctx.memory, sigmask);
    if (refusal < 0) return refusal;
    const result = select(ctx, nfds, [readfds, writefds, exceptfds], timeoutNs);
    if (result >= 0) storeRest(ctx, timeout, timeoutNs, writeTimespec);
    return result;
  },
} satisfies Partial<LinuxHandlers>;

/** How long the call waits, in nanoseconds; null: for ever. Errors: EFAULT; EINVAL. */
function timeoutOf(memory: GuestMemory, address: number, decode: (memory: GuestMemory, at: number) => number): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  return memory.contains(address, STRUCT_SIZES.timespec) ? decode(memory, address >>> 0) : -Errno.EFAULT;
}

/** Linux: more microseconds than a second has are taken as seconds. */
function durationFromTimeval(memory: GuestMemory, at: number): number {
  const sec = readSigned(memory, at + TIMEVAL.sec);
  const usec = readSigned(memory, at + TIMEVAL.usec);
  if (sec < 0 || usec < 0) return -Errno.EINVAL;
  return (sec + Math.floor(usec / US_PER_SEC)) * NS + (usec % US_PER_SEC) * NS_PER_US;
}

/** Linux tells what is left of the time. */
function storeRest(
  ctx: SyscallContext,
  address: number,
  timeoutNs: number,
  store: (memory: GuestMemory, at: number, ns: number) => void,
): void {
  if (address === 0) return;
  const spentNs = ctx.kernel.clock.monotonicNs() - callStartNs(ctx);
  store(ctx.memory, address >>> 0, Math.max(0, timeoutNs - spentNs));
}

/** pselect6's mask stands behind a pointer, with its size, in 64 bits each. */
function checkMaskArgument(memory: GuestMemory, address: number): number {
  if (address === 0) return 0;
  if (!memory.contains(address, STRUCT_SIZES.sigset_argument)) return -Errno.EFAULT;
  const mask = readUnsigned(memory, address >>> 0);
  if (mask === 0) return 0;
  if (readUnsigned(memory, (address >>> 0) + MASK_BYTES) !== MASK_BYTES) return -Errno.EINVAL;
  return mask < 2 ** 32 && memory.contains(mask, STRUCT_SIZES.sigset) ? 0 : -Errno.EFAULT;
}

/** What is waited for, while it is looked at. */
interface Waits {
  readonly startNs: number;
  readonly timeoutNs: number;
  readonly waiting: FileDescription[];
}

function beginWait(ctx: SyscallContext, timeoutNs: number): Waits {
  return { startNs: callStartNs(ctx), timeoutNs, waiting: [] };
}

/** Nothing is ready: waits, or the time has come. @returns −ERESTART or 0 */
function waitOrEnd(ctx: SyscallContext, { startNs, timeoutNs, waiting }: Waits): number {
  const isOver = timeoutNs === 0 || ctx.kernel.clock.monotonicNs() >= startNs + timeoutNs;
  return isOver ? 0 : waitForAny(ctx, waiting, startNs + timeoutNs);
}

function poll(ctx: SyscallContext, fds: number, count: number, timeoutNs: number): number {
  const { memory } = ctx;
  if (count < 0 || count > ctx.process.descriptors.limit) return -Errno.EINVAL;
  const size = STRUCT_SIZES.pollfd;
  if (!memory.contains(fds, count * size)) return -Errno.EFAULT;
  const copy = memory.copyOut(fds, count * size);
  const view = new DataView(copy.buffer);
  const waits = beginWait(ctx, timeoutNs);
  let ready = 0;
  for (let at = 0; at < copy.length; at += size) {
    const fd = view.getInt32(at + POLLFD.fd, true);
    const wanted = view.getUint16(at + POLLFD.events, true) | ALWAYS;
    const found = fd < 0 ? 0 : examine(ctx, fd, wanted, waits);
    view.setUint16(at + POLLFD.revents, found, true);
    if (found !== 0) ready++;
  }
  if (ready === 0) {
    const result = waitOrEnd(ctx, waits);
    if (result < 0) return result;
  }
  for (let at = 0; at < copy.length; at += size) {
    memory.writeU16((fds >>> 0) + at + POLLFD.revents, view.getUint16(at + POLLFD.revents, true));
  }
  return ready;
}

/** The events of a descriptor that hold, among those that are wanted. */
function examine(ctx: SyscallContext, fd: number, wanted: number, { waiting }: Waits): number {
  const description = ctx.description(fd);
  if (description === undefined || description instanceof PathDescription) return POLLNVAL;
  const readiness = description.readiness();
  const normal = ((readiness & POLLIN) === 0 ? 0 : POLLRDNORM) | ((readiness & POLLOUT) === 0 ? 0 : POLLWRNORM);
  const found = (readiness | normal) & wanted;
  if (found === 0) waiting.push(description);
  return found;
}

function select(ctx: SyscallContext, nfds: number, sets: readonly number[], timeoutNs: number): number {
  const { memory } = ctx;
  if (nfds < 0) return -Errno.EINVAL;
  const count = Math.min(nfds, ctx.process.descriptors.limit);
  const bytes = Math.ceil(count / WORD_BITS) * (WORD_BITS / 8);
  for (const set of sets) if (set !== 0 && !memory.contains(set, bytes)) return -Errno.EFAULT;
  const wanted = sets.map((set) => (set === 0 ? undefined : memory.copyOut(set, bytes)));
  const found = wanted.map((set) => set && new Uint8Array(set.length));
  const waits = beginWait(ctx, timeoutNs);
  let ready = 0;
  for (let fd = 0; fd < count; fd++) {
    for (const [i, events] of [READABLE, WRITABLE, EXCEPTIONAL].entries()) {
      if (!hasBit(wanted[i], fd)) continue;
      const state = examine(ctx, fd, events, waits);
      if (state === POLLNVAL) return -Errno.EBADF;
      if (state === 0) continue;
      setBit(found[i], fd);
      ready++;
    }
  }
  if (ready === 0) {
    const result = waitOrEnd(ctx, waits);
    if (result < 0) return result;
  }
  for (const [i, set] of found.entries()) if (set !== undefined) memory.copyIn(sets[i] as number, set);
  return ready;
}

function hasBit(set: Uint8Array | undefined, bit: number): boolean {
  return set !== undefined && (((set[bit >> 3] as number) >> (bit & 7)) & 1) === 1;
}

function setBit(set: Uint8Array | undefined, bit: number): void {
  if (set !== undefined) set[bit >> 3] = (set[bit >> 3] as number) | (1 << (bit & 7));
}
