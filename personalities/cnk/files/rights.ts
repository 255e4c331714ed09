// WASI rights of staged files: what an open one can have.

import { accessibleRights, SEEKABLE_RIGHTS, STREAM_RIGHTS } from '../../../runtime/abi/wasi/rights.ts';
import { FILETYPE } from '../../../runtime/abi/wasi/types.ts';

/** What an open file of a type can have, given the access that its opener asked for by rights. */
export function possibleRights(filetype: number, isReadable: boolean, isWritable: boolean): number {
  const isStream = filetype !== FILETYPE.REGULAR_FILE && filetype !== FILETYPE.BLOCK_DEVICE;
  return accessibleRights(isStream ? STREAM_RIGHTS : SEEKABLE_RIGHTS, isReadable, isWritable);
}
