// poll_oneoff where a staged file is waited for. A staged file is always ready, so the call never waits; but what else is
// ready then, Linux knows. So Linux is asked for all, with a clock that has come in place of each staged file.

import { Errno } from '../../../runtime/abi/errno.ts';
import { wasiErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { copySubscriptions, decodeSubscriptions, type Subscription } from '../../../runtime/abi/wasi/poll.ts';
import { EVENT, STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { EVENTTYPE, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { PREVIEW_1, type WasiVersion } from '../../../runtime/abi/wasi/version.ts';
import { poll_oneoff as pollClocks } from '../time.ts';
import { type Handler, hasRights } from './context.ts';
import type { StagedDescription } from './staged-files.ts';

interface Wanted extends Subscription {
  readonly staged: StagedDescription | undefined;
}

export const poll_oneoff: Handler<'poll_oneoff'> = (
  ctx,
  subscriptions,
  events,
  count,
  eventCount,
  version = PREVIEW_1,
) => {
  const { memory } = ctx;
  const original = copySubscriptions(memory, subscriptions, events, count, eventCount, version);
  if (typeof original === 'number') return original;
  const wanted = decodeSubscriptions(original, version).map((subscription): Wanted => {
    const isDescriptor = subscription.type === EVENTTYPE.FD_READ || subscription.type === EVENTTYPE.FD_WRITE;
    return { ...subscription, staged: isDescriptor ? ctx.files.get(subscription.fd) : undefined };
  });
  if (wanted.every(({ staged }) => staged === undefined)) {
    return pollClocks(ctx, subscriptions, events, count, eventCount, version);
  }
  // The guest's own memory carries the question, and the answer; it has one thread, which waits here.
  memory.copyIn(subscriptions, askingLinux(original, wanted, version));
  const result = ctx.ship(version.module, 'poll_oneoff', subscriptions, events, count, eventCount);
  // Another thread may have changed the count since: never more than there is room for.
  const answered = result === Errno.SUCCESS ? Math.min(memory.readU32(eventCount >>> 0), wanted.length) : 0;
  const answer = memory.copyOut(events, answered * STRUCT_SIZES.event);
  memory.copyIn(subscriptions, original);
  if (result !== Errno.SUCCESS) return result;
  memory.copyIn(events, answerGuest(answer, wanted));
  memory.writeU32(eventCount >>> 0, answered);
  return Errno.SUCCESS;
};

/** The subscriptions, each with its index for userdata, those of staged files as clocks with a timeout of zero. */
function askingLinux(original: Uint8Array, wanted: readonly Wanted[], { subscription }: WasiVersion): Uint8Array {
  const asked = original.slice();
  const view = new DataView(asked.buffer);
  for (const [i, { staged }] of wanted.entries()) {
    const at = i * subscription.bytes;
    if (staged !== undefined) asked.fill(0, at, at + subscription.bytes);
    view.setBigUint64(at + subscription.userdata, BigInt(i), true);
  }
  return asked;
}

/** Linux's events as answers to what the guest subscribed to. */
function answerGuest(answer: Uint8Array<ArrayBuffer>, wanted: readonly Wanted[]): Uint8Array {
  const view = new DataView(answer.buffer);
  for (let at = 0; at < answer.length; at += STRUCT_SIZES.event) {
    const subscription = wanted[Number(view.getBigUint64(at + EVENT.userdata, true))];
    if (subscription === undefined) continue;
    const { userdata, type, staged } = subscription;
    view.setBigUint64(at + EVENT.userdata, userdata, true);
    if (staged === undefined) continue;
    const isAllowed = hasRights(staged, RIGHTS.POLL_FD_READWRITE);
    view.setUint16(at + EVENT.errno, wasiErrnoOf(isAllowed ? Errno.SUCCESS : Errno.ENOTCAPABLE), true);
    view.setUint8(at + EVENT.type, type);
    const bytes = isAllowed && type === EVENTTYPE.FD_READ ? staged.file.readableBytes() : 0;
    view.setBigUint64(at + EVENT.nbytes, BigInt(bytes), true);
  }
  return answer;
}
