// What WASI's numbers and flags mean, for both personalities: offsets, descriptor flags, times, how a file is opened.
// Results are values, or −EINVAL. See: WASI preview 1 witx, `typenames`.

import { Errno } from '../errno.ts';
import { READING, WRITING } from './rights.ts';
import { FDFLAGS, FSTFLAGS, LOOKUPFLAGS, OFLAGS, RIGHTS } from './types.ts';

const KNOWN_FDFLAGS = FDFLAGS.APPEND | FDFLAGS.DSYNC | FDFLAGS.NONBLOCK | FDFLAGS.RSYNC | FDFLAGS.SYNC;
const KNOWN_OFLAGS = OFLAGS.CREAT | OFLAGS.DIRECTORY | OFLAGS.EXCL | OFLAGS.TRUNC;
const KNOWN_FSTFLAGS = FSTFLAGS.ATIM | FSTFLAGS.ATIM_NOW | FSTFLAGS.MTIM | FSTFLAGS.MTIM_NOW;

/** An offset or size of a file. Beyond 2^53 it is not exact, but then it is beyond the largest file too. */
export function positionFromGuest(offset: bigint): number {
  const signed = BigInt.asIntN(64, offset);
  return signed < 0n ? -Errno.EINVAL : Number(signed);
}

/** FDFLAGS with all that they bring along: RSYNC is SYNC, as on Linux; so is SYNC DSYNC. */
export function fdflagsFromGuest(flags: number): number {
  if ((flags & ~KNOWN_FDFLAGS) !== 0) return -Errno.EINVAL;
  const isSync = (flags & (FDFLAGS.SYNC | FDFLAGS.RSYNC)) !== 0;
  return flags | (isSync ? FDFLAGS.SYNC | FDFLAGS.RSYNC | FDFLAGS.DSYNC : 0);
}

export function areLookupFlags(flags: number): boolean {
  return (flags & ~LOOKUPFLAGS.SYMLINK_FOLLOW) === 0;
}

export function areOpenFlags(oflags: number): boolean {
  return (oflags & ~KNOWN_OFLAGS) === 0;
}

/** The rights that a directory must have, so that a file is opened there. */
export function rightsToOpen(oflags: number): number {
  return (
    RIGHTS.PATH_OPEN |
    ((oflags & OFLAGS.CREAT) !== 0 ? RIGHTS.PATH_CREATE_FILE : 0) |
    ((oflags & OFLAGS.TRUNC) !== 0 ? RIGHTS.PATH_FILESTAT_SET_SIZE : 0)
  );
}

/** WASI has no access mode: it follows from the rights that are asked for. Linux: neither of the two reads. */
export function accessFromRights(rights: number): { readonly isReadable: boolean; readonly isWritable: boolean } {
  const isWritable = (rights & WRITING) !== 0;
  return { isReadable: (rights & READING) !== 0 || !isWritable, isWritable };
}

/** A time that a call sets, in nanoseconds; the present one; or the file's own. */
export type TimeFromGuest = bigint | 'now' | 'keep';

/** What two timestamps and FSTFLAGS mean; undefined: EINVAL. */
export function timesFromGuest(
  atim: bigint,
  mtim: bigint,
  flags: number,
): { readonly atim: TimeFromGuest; readonly mtim: TimeFromGuest } | undefined {
  const isTwice = (flags & (flags >>> 1) & (FSTFLAGS.ATIM | FSTFLAGS.MTIM)) !== 0;
  if ((flags & ~KNOWN_FSTFLAGS) !== 0 || isTwice) return undefined;
  return {
    atim: timeFromGuest(atim, (flags & FSTFLAGS.ATIM) !== 0, (flags & FSTFLAGS.ATIM_NOW) !== 0),
    mtim: timeFromGuest(mtim, (flags & FSTFLAGS.MTIM) !== 0, (flags & FSTFLAGS.MTIM_NOW) !== 0),
  };
}

function timeFromGuest(time: bigint, isGiven: boolean, isNow: boolean): TimeFromGuest {
  if (isGiven) return BigInt.asUintN(64, time);
  return isNow ? 'now' : 'keep';
}
