// poll_oneoff: subscriptions are copied once; then either some events are stored, or the call waits for all of them.

import { Errno } from '../../../../runtime/abi/errno.ts';
import {
  clockEvent,
  copySubscriptions,
  decodeSubscription,
  type Event,
  type Subscription,
  storeEvents,
} from '../../../../runtime/abi/wasi/poll.ts';
import { CLOCKID, EVENTRWFLAGS, EVENTTYPE, RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1 } from '../../../../runtime/abi/wasi/version.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { callStartNs, waitForAny } from '../../syscalls/poll.ts';
import { type FileDescription, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../vfs/inode.ts';
import type { Handler } from './guest.ts';
import { descriptionWith } from './rights.ts';

/** What the subscriptions have in common while they are looked at. */
interface Look {
  readonly nowNs: number;
  readonly events: Event[];
  readonly waiting: FileDescription[];
  /** The earliest time that is subscribed to, by the monotonic clock. */
  deadlineNs: number;
}

export const poll_oneoff: Handler<'poll_oneoff'> = (ctx, subscriptions, out, count, nevents, version = PREVIEW_1) => {
  const { memory } = ctx;
  const copy = copySubscriptions(memory, subscriptions, out, count, nevents, version);
  if (typeof copy === 'number') return copy;
  const startNs = callStartNs(ctx);
  const look: Look = {
    nowNs: ctx.kernel.clock.monotonicNs(),
    events: [],
    waiting: [],
    deadlineNs: Number.POSITIVE_INFINITY,
  };
  const view = new DataView(copy.buffer);
  for (let at = 0; at < copy.length; at += version.subscription.bytes) {
    const result = examine(ctx, decodeSubscription(view, at, version), startNs, look);
    if (result < 0) return result;
  }
  if (look.events.length === 0) return waitForAny(ctx, look.waiting, look.deadlineNs);
  storeEvents(memory, out, nevents, look.events);
  return 0;
};

/** Looks at one subscription: an event, or what to wait for. @returns 0 or −EINVAL */
function examine(ctx: SyscallContext, subscription: Subscription, startNs: number, look: Look): number {
  switch (subscription.type) {
    case EVENTTYPE.CLOCK:
      examineClock(ctx, subscription, startNs, look);
      return 0;
    case EVENTTYPE.FD_READ:
    case EVENTTYPE.FD_WRITE:
      examineDescriptor(ctx, subscription, look);
      return 0;
    default:
      return -Errno.EINVAL;
  }
}

function examineClock(ctx: SyscallContext, subscription: Subscription, startNs: number, look: Look): void {
  const { id, timeoutNs, isAbsolute, isKnown } = subscription.clock;
  let deadlineNs: number;
  if (!isKnown) deadlineNs = look.nowNs;
  else if (!isAbsolute) deadlineNs = startNs + Number(timeoutNs);
  else if (id === CLOCKID.REALTIME) deadlineNs = look.nowNs + Number(timeoutNs - ctx.kernel.clock.realtimeNs());
  else if (id === CLOCKID.MONOTONIC) deadlineNs = Number(timeoutNs);
  else deadlineNs = ctx.process.startedNs + Number(timeoutNs);
  if (deadlineNs <= look.nowNs) look.events.push(clockEvent(subscription));
  else look.deadlineNs = Math.min(look.deadlineNs, deadlineNs);
}

function examineDescriptor(ctx: SyscallContext, { fd, userdata, type }: Subscription, look: Look): void {
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
