// WASI's clocks and sleep, on CNK's clocks.

import { Errno, NOT_SERVED } from '../../runtime/abi/errno.ts';
import { clockEvent, copySubscriptions, decodeSubscriptions, storeEvents } from '../../runtime/abi/wasi/poll.ts';
import { CLOCKID, EVENTTYPE } from '../../runtime/abi/wasi/types.ts';
import { PREVIEW_1 } from '../../runtime/abi/wasi/version.ts';
import {
  monotonicNs,
  monotonicOriginMs,
  NS_PER_MS,
  processorNs,
  processorOriginMs,
  RESOLUTION_NS,
  realtimeOriginMs,
  realtimeRestNs,
} from './clock.ts';
import type { CnkContext, Handler } from './context.ts';

const TWO_32 = 2 ** 32;

export const clock_time_get: Handler<'clock_time_get'> = (context, id, _precision, time) => {
  const { memory } = context;
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!memory.contains(time, 8)) return -Errno.EFAULT;
  if (id !== CLOCKID.REALTIME) {
    const ns = id === CLOCKID.MONOTONIC ? monotonicNs(context) : processorNs(context);
    memory.writeU64Halves(time, ns >>> 0, ns / TWO_32);
    return Errno.SUCCESS;
  }
  // Unix time in nanoseconds is past 2^53: the milliseconds are multiplied in two halves.
  const ms = context.realtimeOriginMs;
  const rest = realtimeRestNs(context);
  const low = (ms >>> 0) * NS_PER_MS;
  const sum = (low % TWO_32) + rest;
  const high = Math.floor(ms / TWO_32) * NS_PER_MS + Math.floor(low / TWO_32) + Math.floor(sum / TWO_32);
  memory.writeU64Halves(time, sum >>> 0, high);
  return Errno.SUCCESS;
};

export const clock_res_get: Handler<'clock_res_get'> = ({ memory }, id, resolution) => {
  if (id >>> 0 > CLOCKID.THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (!memory.contains(resolution, 8)) return -Errno.EFAULT;
  memory.writeU64Halves(resolution, RESOLUTION_NS, 0);
  return Errno.SUCCESS;
};

/** Serves a wait for clocks alone; one that names a descriptor is Linux's. */
export const poll_oneoff: Handler<'poll_oneoff'> = (
  context,
  subscriptions,
  events,
  count,
  eventCount,
  version = PREVIEW_1,
) => {
  const { memory } = context;
  const copy = copySubscriptions(memory, subscriptions, events, count, eventCount, version);
  if (typeof copy === 'number') return copy;
  const wanted = decodeSubscriptions(copy, version);
  if (wanted.some(({ type }) => type !== EVENTTYPE.CLOCK)) return NOT_SERVED;
  const startMs = performance.now();
  const dueMs = wanted.map(({ clock: { id, timeoutNs, isAbsolute, isKnown } }) => {
    if (!isKnown) return startMs;
    return Number(timeoutNs) / NS_PER_MS + (isAbsolute ? -originMs(context, id) : startMs);
  });
  context.sleep(Math.min(...dueMs) - startMs);
  const nowMs = performance.now();
  const come = wanted.filter((_, i) => (dueMs[i] as number) <= nowMs);
  storeEvents(memory, events, eventCount, come.map(clockEvent));
  return Errno.SUCCESS;
};

/** What `performance.now() === 0` is on that clock, in milliseconds. */
function originMs(context: CnkContext, id: number): number {
  if (id === CLOCKID.REALTIME) return realtimeOriginMs(context);
  return id === CLOCKID.MONOTONIC ? monotonicOriginMs(context) : processorOriginMs(context);
}
