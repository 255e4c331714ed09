// WASI rights of staged files and of the directories that lead to them, as Linux has them: what is kept is what was not
// given up; what counts is that share of it which the file type and the access mode can have.
// See: WASI preview 1 witx, `rights`; personalities/linux/abi/wasi/rights, which the differential test holds this to.

import { FILETYPE, RIGHTS } from '../../../runtime/abi/wasi-types.ts';

const R = RIGHTS;

/** Every right that exists. */
export const ALL_RIGHTS = 0x3fff_ffff;
export const READING = R.FD_READ | R.FD_READDIR;
export const WRITING = R.FD_WRITE | R.FD_ALLOCATE | R.FD_FILESTAT_SET_SIZE;

/** A terminal must lack the rights to seek: that is how a C library tells one. */
const ON_STREAM =
  R.FD_READ | R.FD_FDSTAT_SET_FLAGS | R.FD_WRITE | R.FD_FILESTAT_GET | R.POLL_FD_READWRITE | R.FD_SYNC | R.FD_DATASYNC;
const ON_SEEKABLE =
  ON_STREAM | R.FD_SEEK | R.FD_TELL | R.FD_ADVISE | R.FD_ALLOCATE | R.FD_FILESTAT_SET_SIZE | R.FD_FILESTAT_SET_TIMES;

/** What a directory can have. */
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

/** What an open file of a type can have, given the access that its opener asked for by rights. */
export function possibleRights(filetype: number, isReadable: boolean, isWritable: boolean): number {
  const isStream = filetype !== FILETYPE.REGULAR_FILE && filetype !== FILETYPE.BLOCK_DEVICE;
  const rights = isStream ? ON_STREAM : ON_SEEKABLE;
  return rights & ~((isReadable ? 0 : R.FD_READ) | (isWritable ? 0 : WRITING));
}

/** The rights in a guest's 64-bit word; bits that mean nothing are dropped. */
export function rightsFromGuest(rights: bigint): number {
  return Number(rights & BigInt(ALL_RIGHTS));
}

/** What a descriptor keeps when the guest gives rights up, by fd_fdstat_set_rights. */
export interface KeptRights {
  rightsBase: number;
  rightsInheriting: number;
}

/**
 * Gives up all rights but some.
 *
 * @returns whether that took nothing that the descriptor lacks; if not, it keeps what it has
 */
export function keepRights(
  kept: KeptRights,
  possible: number,
  inheritable: number,
  base: bigint,
  inheriting: bigint,
): boolean {
  const outside = ~BigInt(ALL_RIGHTS);
  if (((BigInt.asUintN(64, base) | BigInt.asUintN(64, inheriting)) & BigInt.asUintN(64, outside)) !== 0n) return false;
  const wantedBase = rightsFromGuest(base);
  const wantedInheriting = rightsFromGuest(inheriting);
  if ((wantedBase & ~(kept.rightsBase & possible)) !== 0) return false;
  if ((wantedInheriting & ~(kept.rightsInheriting & inheritable)) !== 0) return false;
  kept.rightsBase = wantedBase;
  kept.rightsInheriting = wantedInheriting;
  return true;
}
