// WASI rights of staged files: what an open one can have, and what it keeps when the guest gives rights up.

import {
  ALL_RIGHTS,
  accessibleRights,
  rightsFromGuest,
  SEEKABLE_RIGHTS,
  STREAM_RIGHTS,
} from '../../../runtime/abi/wasi/rights.ts';
import { FILETYPE } from '../../../runtime/abi/wasi/types.ts';

/** What an open file of a type can have, given the access that its opener asked for by rights. */
export function possibleRights(filetype: number, isReadable: boolean, isWritable: boolean): number {
  const isStream = filetype !== FILETYPE.REGULAR_FILE && filetype !== FILETYPE.BLOCK_DEVICE;
  return accessibleRights(isStream ? STREAM_RIGHTS : SEEKABLE_RIGHTS, isReadable, isWritable);
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
