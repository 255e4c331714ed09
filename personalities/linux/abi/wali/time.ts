// Clocks, as Linux serves them where CNK does not: see syscalls/time.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { TIMEVAL, TIMEZONE } from '../../../../runtime/abi/linux/structs.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import { clockKind, clockTime } from '../../syscalls/time.ts';
import { isNullOr, type LinuxHandlers, writeTime } from './guest.ts';

const NS_PER_US = 1000;
/** The resolution that the hosts' clocks keep, in nanoseconds. */
const RESOLUTION = 1000;

export const timeHandlers = {
  SYS_clock_gettime(ctx, id, tp) {
    const kind = clockKind(ctx, id);
    if (kind === undefined) return -Errno.EINVAL;
    if (!ctx.memory.contains(tp, STRUCT_SIZES.timespec)) return -Errno.EFAULT;
    const { sec, nsec } = clockTime(ctx, kind);
    writeTime(ctx.memory, tp >>> 0, sec, nsec);
    return 0;
  },
  SYS_clock_getres(ctx, id, resolution) {
    if (clockKind(ctx, id) === undefined) return -Errno.EINVAL;
    if (!isNullOr(ctx, resolution, 'timespec')) return -Errno.EFAULT;
    if (resolution !== 0) writeTime(ctx.memory, resolution >>> 0, 0, RESOLUTION);
    return 0;
  },
  SYS_gettimeofday(ctx, tv, tz) {
    if (!isNullOr(ctx, tv, 'timeval') || !isNullOr(ctx, tz, 'timezone')) return -Errno.EFAULT;
    const { memory } = ctx;
    const { sec, nsec } = clockTime(ctx, 'realtime');
    if (tv !== 0) {
      memory.writeNumber((tv >>> 0) + TIMEVAL.sec, sec);
      memory.writeNumber((tv >>> 0) + TIMEVAL.usec, Math.floor(nsec / NS_PER_US));
    }
    if (tz !== 0) {
      memory.writeU32((tz >>> 0) + TIMEZONE.minuteswest, 0);
      memory.writeU32((tz >>> 0) + TIMEZONE.dsttime, 0);
    }
    return 0;
  },
  SYS_time(ctx, tloc) {
    if (!isNullOr(ctx, tloc, 'off')) return -Errno.EFAULT;
    const { sec } = clockTime(ctx, 'realtime');
    if (tloc !== 0) ctx.memory.writeNumber(tloc >>> 0, sec);
    return sec;
  },
} satisfies Partial<LinuxHandlers>;
