// Clocks by Linux's numbers: clock_gettime(2). Sleeping is the guest's own thread's, whoever serves the rest.

import { CLOCKS } from '../../../runtime/abi/linux/types.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { processorNs } from './resources.ts';

const NS = 1e9;

/** What a clock counts. */
export type ClockKind = 'realtime' | 'monotonic' | 'process' | 'thread';

/** @param id one of CLOCKS, or the processor time of a process or thread as clock_getcpuclockid(3) makes it; undefined: none */
export function clockKind(ctx: SyscallContext, id: number): ClockKind | undefined {
  switch (id) {
    case CLOCKS.CLOCK_REALTIME:
    case CLOCKS.CLOCK_REALTIME_COARSE:
      return 'realtime';
    case CLOCKS.CLOCK_MONOTONIC:
    case CLOCKS.CLOCK_MONOTONIC_RAW:
    case CLOCKS.CLOCK_MONOTONIC_COARSE:
    case CLOCKS.CLOCK_BOOTTIME:
      return 'monotonic';
    case CLOCKS.CLOCK_PROCESS_CPUTIME_ID:
      return 'process';
    case CLOCKS.CLOCK_THREAD_CPUTIME_ID:
      return 'thread';
    default:
      return id < 0 ? processorClock(ctx, id) : undefined;
  }
}

/** Linux: ~pid << 3, and 2; 4 more for a thread. */
function processorClock({ process }: SyscallContext, id: number): ClockKind | undefined {
  const pid = ~(id >> 3);
  if (pid !== 0 && pid !== process.pid) return undefined;
  return (id & 3) !== 2 ? undefined : (id & 4) === 0 ? 'process' : 'thread';
}

/** A time as whole seconds and nanoseconds. */
export interface ClockTime {
  readonly sec: number;
  readonly nsec: number;
}

/** Implements clock_gettime(2). */
export function clockTime(ctx: SyscallContext, kind: ClockKind): ClockTime {
  const { clock } = ctx.kernel;
  if (kind === 'realtime') {
    clock.read();
    return { sec: clock.sec, nsec: clock.nsec };
  }
  const ns = kind === 'monotonic' ? clock.monotonicNs() : processorNs(ctx);
  return { sec: Math.floor(ns / NS), nsec: Math.floor(ns % NS) };
}
