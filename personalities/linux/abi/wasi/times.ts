// The times that WASI's calls set: two timestamps and flags that say which of them count.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { FSTFLAGS } from '../../../../runtime/abi/wasi/types.ts';
import type { NewTime } from '../../syscalls/attributes.ts';
import { timeFromGuest } from './guest.ts';

export interface NewTimes {
  atime: NewTime;
  mtime: NewTime;
}

const KNOWN = FSTFLAGS.ATIM | FSTFLAGS.ATIM_NOW | FSTFLAGS.MTIM | FSTFLAGS.MTIM_NOW;

/** Reads the arguments into `times`. @returns 0, or −EINVAL: an unknown flag, or a time both given and the present one */
export function newTimes(times: NewTimes, atim: bigint, mtim: bigint, flags: number): number {
  if ((flags & ~KNOWN) !== 0) return -Errno.EINVAL;
  const atime = newTime(atim, (flags & FSTFLAGS.ATIM) !== 0, (flags & FSTFLAGS.ATIM_NOW) !== 0);
  const mtime = newTime(mtim, (flags & FSTFLAGS.MTIM) !== 0, (flags & FSTFLAGS.MTIM_NOW) !== 0);
  if (atime === undefined || mtime === undefined) return -Errno.EINVAL;
  times.atime = atime;
  times.mtime = mtime;
  return 0;
}

function newTime(time: bigint, isGiven: boolean, isNow: boolean): NewTime | undefined {
  if (isGiven) return isNow ? undefined : timeFromGuest(time);
  return isNow ? 'now' : 'keep';
}
