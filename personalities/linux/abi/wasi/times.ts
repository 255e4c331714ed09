// The times that WASI's calls set, as utimensat(2) takes them.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { type TimeFromGuest, timesFromGuest } from '../../../../runtime/abi/wasi/arguments.ts';
import type { NewTime } from '../../syscalls/attributes.ts';

const NS = 1_000_000_000n;

/** @returns them, or −EINVAL: an unknown flag, or a time both given and the present one */
export function newTimes(
  atim: bigint,
  mtim: bigint,
  flags: number,
): { readonly atime: NewTime; readonly mtime: NewTime } | number {
  const times = timesFromGuest(atim, mtim, flags);
  return times === undefined ? -Errno.EINVAL : { atime: newTime(times.atim), mtime: newTime(times.mtim) };
}

function newTime(time: TimeFromGuest): NewTime {
  return typeof time === 'bigint' ? { sec: Number(time / NS), nsec: Number(time % NS) } : time;
}
