// Linux's clocks, on CNK's. See: clock_gettime(2), gettimeofday(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { CLOCKS } from '../../../runtime/abi/linux/types.ts';
import {
  monotonicNs,
  monotonicOriginMs,
  processorNs,
  processorOriginMs,
  RESOLUTION_NS,
  realtimeOriginMs,
  realtimeRestNs,
} from '../clock.ts';
import type { CnkContext } from '../context.ts';
import type { LocalHandlers } from './context.ts';
import { NS_PER_S, storeTime, TIMESPEC_BYTES } from './times.ts';

const NS_PER_MS = 1e6;
const S_PER_NS = 1e-9;
const MS_PER_S = 1000;
const TWO_32 = 2 ** 32;
const TIMEZONE_BYTES = 8;
const CPUCLOCK_SCHED = 2;

/** What a clock counts; undefined: there is no such clock. */
type Counts = 'real' | 'monotonic' | 'processor' | undefined;

export const SYS_clock_gettime: LocalHandlers['SYS_clock_gettime'] = (context, id, time) => {
  const { memory } = context;
  if (id === CLOCKS.CLOCK_MONOTONIC) {
    if (!memory.contains(time, TIMESPEC_BYTES)) return -Errno.EFAULT;
    storeNs(context, time, monotonicNs(context));
    return 0;
  }
  const counts = countsOf(context, id);
  if (counts === undefined) return -Errno.EINVAL;
  if (!memory.contains(time, TIMESPEC_BYTES)) return -Errno.EFAULT;
  if (counts === 'real') storeRealtime(context, time, 1);
  else storeNs(context, time, counts === 'monotonic' ? monotonicNs(context) : processorNs(context));
  return 0;
};

/** A resolution that nobody asks to see is checked for its clock alone. */
export const SYS_clock_getres: LocalHandlers['SYS_clock_getres'] = (context, id, resolution) => {
  if (countsOf(context, id) === undefined) return -Errno.EINVAL;
  if (resolution === 0) return 0;
  if (!context.memory.contains(resolution, TIMESPEC_BYTES)) return -Errno.EFAULT;
  storeTime(context.memory, resolution, 0, RESOLUTION_NS);
  return 0;
};

/** The time zone is none: UTC. */
export const SYS_gettimeofday: LocalHandlers['SYS_gettimeofday'] = (context, time, zone) => {
  const { memory } = context;
  if (time !== 0 && !memory.contains(time, TIMESPEC_BYTES)) return -Errno.EFAULT;
  if (zone !== 0) {
    if (!memory.contains(zone, TIMEZONE_BYTES)) return -Errno.EFAULT;
    memory.writeU64Halves(zone, 0, 0);
  }
  if (time !== 0) storeRealtime(context, time, 1000);
  return 0;
};

export const SYS_time: LocalHandlers['SYS_time'] = (context, time) => {
  const { memory, realtimeOriginMs: ms } = context;
  if (time !== 0 && !memory.contains(time, 8)) return -Errno.EFAULT;
  const seconds = Math.floor((ms + realtimeRestNs(context) / NS_PER_MS) / MS_PER_S);
  if (time !== 0) memory.writeU64Halves(time, seconds >>> 0, seconds / TWO_32);
  return seconds;
};

/** What `performance.now() === 0` is on a clock, in milliseconds; undefined: there is no such clock. */
export function clockOriginMs(context: CnkContext, id: number): number | undefined {
  switch (countsOf(context, id)) {
    case 'real':
      return realtimeOriginMs(context);
    case 'monotonic':
      return monotonicOriginMs(context);
    case 'processor':
      return processorOriginMs(context);
    case undefined:
      return undefined;
  }
}

function countsOf({ pid }: CnkContext, id: number): Counts {
  switch (id) {
    case CLOCKS.CLOCK_REALTIME:
    case CLOCKS.CLOCK_REALTIME_COARSE:
      return 'real';
    case CLOCKS.CLOCK_MONOTONIC:
    case CLOCKS.CLOCK_MONOTONIC_RAW:
    case CLOCKS.CLOCK_MONOTONIC_COARSE:
    case CLOCKS.CLOCK_BOOTTIME:
      return 'monotonic';
    case CLOCKS.CLOCK_PROCESS_CPUTIME_ID:
    case CLOCKS.CLOCK_THREAD_CPUTIME_ID:
      return 'processor';
    default: {
      // The clock of a process's or thread's processor time: its number, inverted, and what kind in three bits.
      const owner = ~(id >> 3);
      return id < 0 && (id & 3) <= CPUCLOCK_SCHED && (owner === 0 || owner === pid) ? 'processor' : undefined;
    }
  }
}

/** Of a clock that counts from a start: its seconds fit into 32 bits, which costs less; so does a product than a quotient. */
function storeNs({ memory }: CnkContext, at: number, ns: number): void {
  let seconds = (ns * S_PER_NS) >>> 0;
  let part = ns - seconds * NS_PER_S;
  if (part < 0) {
    seconds--;
    part += NS_PER_S;
  } else if (part >= NS_PER_S) {
    seconds++;
    part -= NS_PER_S;
  }
  memory.writeU64Halves(at, seconds, 0);
  memory.writeU64Halves(at + 8, part >>> 0, 0);
}

/** @param nsAPart 1 for nanoseconds, 1000 for microseconds */
function storeRealtime(context: CnkContext, at: number, nsAPart: number): void {
  const { memory, realtimeOriginMs: ms } = context;
  const wholeSeconds = Math.floor(ms / MS_PER_S);
  const ns = (ms - wholeSeconds * MS_PER_S) * NS_PER_MS + realtimeRestNs(context);
  const seconds = Math.floor(ns / NS_PER_S);
  storeTime(memory, at, wholeSeconds + seconds, (ns - seconds * NS_PER_S) / nsAPart);
}
