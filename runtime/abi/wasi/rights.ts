// WASI rights: which of them each kind of file can have, given the access that its opener asked for. Both personalities
// grant by it. A description keeps what was not given up; what counts is that share of it which is possible here.
// See: WASI preview 1 witx, `rights`.

import { RIGHTS } from './types.ts';

const R = RIGHTS;

/** Every right that exists. */
export const ALL_RIGHTS = 0x3fff_ffff;
const RIGHTS_BITS = 30;
export const READING = R.FD_READ | R.FD_READDIR;
export const WRITING = R.FD_WRITE | R.FD_ALLOCATE | R.FD_FILESTAT_SET_SIZE;

/** A terminal must lack the rights to seek: that is how a C library tells one. */
export const STREAM_RIGHTS =
  R.FD_READ | R.FD_FDSTAT_SET_FLAGS | R.FD_WRITE | R.FD_FILESTAT_GET | R.POLL_FD_READWRITE | R.FD_SYNC | R.FD_DATASYNC;
export const SEEKABLE_RIGHTS =
  STREAM_RIGHTS |
  R.FD_SEEK |
  R.FD_TELL |
  R.FD_ADVISE |
  R.FD_ALLOCATE |
  R.FD_FILESTAT_SET_SIZE |
  R.FD_FILESTAT_SET_TIMES;

export const DIRECTORY_RIGHTS =
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_SYNC |
  R.FD_DATASYNC |
  R.FD_ADVISE |
  R.PATH_CREATE_DIRECTORY |
  R.PATH_CREATE_FILE |
  R.PATH_LINK_SOURCE |
  R.PATH_LINK_TARGET |
  R.PATH_OPEN |
  R.FD_READDIR |
  R.PATH_READLINK |
  R.PATH_RENAME_SOURCE |
  R.PATH_RENAME_TARGET |
  R.PATH_FILESTAT_GET |
  R.PATH_FILESTAT_SET_SIZE |
  R.PATH_FILESTAT_SET_TIMES |
  R.FD_FILESTAT_GET |
  R.FD_FILESTAT_SET_TIMES |
  R.PATH_SYMLINK |
  R.PATH_REMOVE_DIRECTORY |
  R.PATH_UNLINK_FILE |
  R.POLL_FD_READWRITE;

/** Those of some rights that an open file with this access can have. */
export function accessibleRights(rights: number, isReadable: boolean, isWritable: boolean): number {
  return rights & ~((isReadable ? 0 : R.FD_READ) | (isWritable ? 0 : WRITING));
}

/** What a descriptor keeps when the guest gives rights up, by fd_fdstat_set_rights. */
export interface KeptRights {
  rightsBase: number;
  rightsInheriting: number;
}

/**
 * Gives up all rights but some.
 *
 * @param possible all that it may have
 * @param inheritable all that what is opened by way of it may have
 * @param existing in the guest's version: bits that mean nothing are rights that nobody has
 * @returns whether that took nothing that the descriptor lacks; if not, it keeps what it has
 */
export function keepRights(
  kept: KeptRights,
  possible: number,
  inheritable: number,
  existing: number,
  base: bigint,
  inheriting: bigint,
): boolean {
  if ((BigInt.asUintN(64, base | inheriting) & ~BigInt(existing)) !== 0n) return false;
  const wantedBase = Number(BigInt.asUintN(64, base));
  const wantedInheriting = Number(BigInt.asUintN(64, inheriting));
  if ((wantedBase & ~(kept.rightsBase & possible)) !== 0) return false;
  if ((wantedInheriting & ~(kept.rightsInheriting & inheritable)) !== 0) return false;
  kept.rightsBase = wantedBase;
  kept.rightsInheriting = wantedInheriting;
  return true;
}

/** The rights in a guest's 64-bit word; bits that mean nothing are dropped. */
export function rightsFromGuest(rights: bigint): number {
  return Number(BigInt.asUintN(RIGHTS_BITS, rights));
}
