// The attributes that files of OPFS have for guests: the modes are fixed, and there is one time, that of the last change.
// Part of opfs/mount.

import { Errno } from '../../abi/errno.ts';
import type { HostAttributes } from '../attributes.ts';
import type { OpfsFile } from './files.ts';

export const DIRECTORY_MODE = 0o040755;
export const FILE_MODE = 0o100644;
/** Unit of what a file is said to take. */
const BLOCK = 512;

/** Of a file that is open. Errors: EIO its access was lost. */
export function takeOpenFile({ known, access, mtimeMs, unlinkedName }: OpfsFile, into: HostAttributes): number {
  if (access === undefined) return -Errno.EIO;
  takeOpfsAttributes(known.ino, FILE_MODE, unlinkedName === undefined ? 1 : 0, access.getSize(), mtimeMs, into);
  return 0;
}

export function takeOpfsAttributes(
  ino: number,
  mode: number,
  nlink: number,
  size: number,
  timeMs: number,
  into: HostAttributes,
): void {
  const sec = Math.floor(timeMs / 1000);
  const nsec = Math.floor(timeMs - sec * 1000) * 1e6;
  Object.assign(into, { ino: BigInt(ino), mode, nlink, size, storage: Math.ceil(size / BLOCK) * BLOCK });
  Object.assign(into, { atimeSec: sec, atimeNsec: nsec, mtimeSec: sec, mtimeNsec: nsec });
  Object.assign(into, { ctimeSec: sec, ctimeNsec: nsec });
}
