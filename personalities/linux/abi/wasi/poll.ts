// poll_oneoff: subscriptions are copied once; then either some events are stored, or the call waits for all of them.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { GuestPtr } from '../../../../runtime/abi/types.ts';
import { wasiErrnoOf } from '../../../../runtime/abi/wasi/errno.ts';
import { EVENT, IOV_MAX, STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { CLOCKID, EVENTRWFLAGS, EVENTTYPE, RIGHTS, SUBCLOCKFLAGS } from '../../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../../../runtime/abi/wasi/version.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { callStartNs, waitForAny } from '../../syscalls/poll.ts';
import { type FileDescription, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../vfs/inode.ts';
import { writeNumber } from './guest.ts';
import { descriptionWith } from './rights.ts';

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  /** Linux's number. */
  readonly errno: number;
  readonly bytes: number;
  readonly flags: number;
}

/** What the subscriptions have in common while they are looked at. */
interface Look {
  readonly nowNs: number;
  readonly events: Event[];
  readonly waiting: FileDescription[];
  readonly subscription: WasiVersion['subscription'];
  /** The earliest time that is subscribed to, by the monotonic clock. */
  deadlineNs: number;
}

export function poll_oneoff(
  ctx: SyscallContext,
  subscriptions: GuestPtr,
  out: GuestPtr,
  count: number,
  nevents: GuestPtr,
  { subscription }: WasiVersion = PREVIEW_1,
): number {
  const { memory } = ctx;
  const total = count >>> 0;
  if (
    !memory.contains(nevents, STRUCT_SIZES.size) ||
    !memory.containsArray(subscriptions, total, subscription.bytes) ||
    !memory.containsArray(out, total, STRUCT_SIZES.event)
  ) {
    return -Errno.EFAULT;
  }
  if (total === 0 || total > IOV_MAX) return -Errno.EINVAL;
  const copy = memory.copyOut(subscriptions, total * subscription.bytes);
  const view = new DataView(copy.buffer);
  const startNs = callStartNs(ctx);
  const look: Look = {
    nowNs: ctx.kernel.clock.monotonicNs(),
    events: [],
    waiting: [],
    subscription,
    deadlineNs: Number.POSITIVE_INFINITY,
  };
  for (let i = 0; i < total; i++) {
    const result = examine(ctx, view, i * subscription.bytes, startNs, look);
    if (result < 0) return result;
  }
  if (look.events.length === 0) return waitForAny(ctx, look.waiting, look.deadlineNs);
  let at = out >>> 0;
  for (const event of look.events) {
    storeEvent(memory, at, event);
    at += STRUCT_SIZES.event;
  }
  memory.writeU32(nevents >>> 0, look.events.length);
  return 0;
}

/** Looks at one subscription: an event, or what to wait for. @returns 0 or −EINVAL */
function examine(ctx: SyscallContext, view: DataView, at: number, startNs: number, look: Look): number {
  const { subscription } = look;
  const userdata = view.getBigUint64(at + subscription.userdata, true);
  const type = view.getUint8(at + subscription.tag);
  switch (type) {
    case EVENTTYPE.CLOCK:
      return examineClock(ctx, view, at, userdata, startNs, look);
    case EVENTTYPE.FD_READ:
    case EVENTTYPE.FD_WRITE:
      examineDescriptor(ctx, view.getUint32(at + subscription.fd, true), userdata, type, look);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

function examineClock(
  ctx: SyscallContext,
  view: DataView,
  at: number,
  userdata: bigint,
  startNs: number,
  look: Look,
): number {
  const { subscription } = look;
  const clock = view.getUint32(at + subscription.clockId, true);
  const timeout = view.getBigUint64(at + subscription.clockTimeout, true);
  const flags = view.getUint16(at + subscription.clockFlags, true);
  const isAbsolute = (flags & SUBCLOCKFLAGS.SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
  let deadlineNs: number;
  if (clock > CLOCKID.THREAD_CPUTIME_ID || (flags & ~SUBCLOCKFLAGS.SUBSCRIPTION_CLOCK_ABSTIME) !== 0) {
    look.events.push({ userdata, type: EVENTTYPE.CLOCK, errno: Errno.EINVAL, bytes: 0, flags: 0 });
    return 0;
  }
  if (!isAbsolute) deadlineNs = startNs + Number(timeout);
  else if (clock === CLOCKID.REALTIME) deadlineNs = look.nowNs + Number(timeout - ctx.kernel.clock.realtimeNs());
  else if (clock === CLOCKID.MONOTONIC) deadlineNs = Number(timeout);
  else deadlineNs = ctx.process.startedNs + Number(timeout);
  if (deadlineNs <= look.nowNs) look.events.push({ userdata, type: EVENTTYPE.CLOCK, errno: 0, bytes: 0, flags: 0 });
  else look.deadlineNs = Math.min(look.deadlineNs, deadlineNs);
  return 0;
}

function examineDescriptor(ctx: SyscallContext, fd: number, userdata: bigint, type: number, look: Look): void {
  const description = descriptionWith(ctx, fd, RIGHTS.POLL_FD_READWRITE);
  if (typeof description === 'number') {
    look.events.push({ userdata, type, errno: -description, bytes: 0, flags: 0 });
    return;
  }
  const ready = description.readiness();
  const wanted = (type === EVENTTYPE.FD_READ ? POLLIN : POLLOUT) | POLLERR | POLLHUP;
  if ((ready & wanted) === 0 && description.readyQueue !== undefined) {
    look.waiting.push(description);
    return;
  }
  const bytes = type === EVENTTYPE.FD_READ ? description.readableBytes() : 0;
  const flags = (ready & (POLLHUP | POLLERR)) !== 0 ? EVENTRWFLAGS.FD_READWRITE_HANGUP : 0;
  look.events.push({ userdata, type, errno: 0, bytes, flags });
}

function storeEvent(memory: GuestMemory, at: number, event: Event): void {
  memory.writeU64(at + EVENT.userdata, event.userdata);
  // Error, type and padding: eight bytes.
  memory.writeU32(at + EVENT.errno, wasiErrnoOf(event.errno) | (event.type << 16));
  memory.writeU32(at + EVENT.errno + 4, 0);
  writeNumber(memory, at + EVENT.nbytes, event.bytes);
  memory.writeU64Halves(at + EVENT.flags, event.flags, 0);
}
