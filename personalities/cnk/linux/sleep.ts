// Linux's sleeping calls: they end early when a signal's handler is to run. See: nanosleep(2), clock_nanosleep(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { CLOCKS, TIMER_FLAGS } from '../../../runtime/abi/linux/types.ts';
import type { CoreContext, CoreHandlers } from './context.ts';
import { clockOriginMs } from './time.ts';
import { NS_PER_S, readTimeMs, storeTimeMs, TIMESPEC_BYTES } from './times.ts';

/** Sleeps until a time of performance.now(). @returns whether a signal cut that short */
export function sleepUntil(context: CoreContext, dueMs: number): boolean {
  const { signals } = context;
  const isThere = (): boolean => signals.mayBeInterrupted();
  for (;;) {
    if (signals.isInterrupted()) return true;
    const nowMs = performance.now();
    if (nowMs >= dueMs) return false;
    context.sleepUntil(isThere, Math.min(dueMs, signals.nextDueMs) - nowMs);
  }
}

export const SYS_nanosleep: CoreHandlers['SYS_nanosleep'] = (context, request, remain) => {
  const durationMs = requestMs(context, request);
  return durationMs < 0 ? durationMs : sleepFor(context, durationMs, remain);
};

export const SYS_clock_nanosleep: CoreHandlers['SYS_clock_nanosleep'] = (context, id, flags, request, remain) => {
  const originMs = clockOriginMs(context, id);
  if (originMs === undefined || id === CLOCKS.CLOCK_THREAD_CPUTIME_ID) return -Errno.EINVAL;
  if (
    id === CLOCKS.CLOCK_MONOTONIC_RAW ||
    id === CLOCKS.CLOCK_REALTIME_COARSE ||
    id === CLOCKS.CLOCK_MONOTONIC_COARSE
  ) {
    return -Errno.EOPNOTSUPP;
  }
  const timeMs = requestMs(context, request);
  if (timeMs < 0) return timeMs;
  if ((flags & TIMER_FLAGS.TIMER_ABSTIME) === 0) return sleepFor(context, timeMs, remain);
  return sleepUntil(context, timeMs - originMs) ? -Errno.EINTR : 0;
};

/** @returns milliseconds, or −errno */
function requestMs({ memory }: CoreContext, request: number): number {
  if (!memory.contains(request, TIMESPEC_BYTES)) return -Errno.EFAULT;
  const ms = readTimeMs(memory, request, NS_PER_S);
  return ms < 0 ? -Errno.EINVAL : ms;
}

function sleepFor(context: CoreContext, durationMs: number, remain: number): number {
  const { memory } = context;
  if (remain !== 0 && !memory.contains(remain, TIMESPEC_BYTES)) return -Errno.EFAULT;
  const dueMs = performance.now() + durationMs;
  if (!sleepUntil(context, dueMs)) return 0;
  if (remain !== 0) storeTimeMs(memory, remain, Math.max(0, dueMs - performance.now()), NS_PER_S);
  return -Errno.EINTR;
}
