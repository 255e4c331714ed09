// Errors of the host's file system as Linux error numbers: the one place where they are mapped. By the error's `code`,
// since libuv's negative numbers differ by platform.

import { Errno, type ErrnoName } from '../abi/errno.ts';

/** Codes whose name is not the name of the Linux error that the guest shall see. */
const RENAMED: { readonly [code: string]: ErrnoName } = {
  ENOTSUP: 'EOPNOTSUPP',
  // The table that is full is the host process's, not the guest's own.
  EMFILE: 'ENFILE',
  ERR_FS_FILE_TOO_LARGE: 'EFBIG',
  ERR_INVALID_ARG_VALUE: 'EINVAL',
  ERR_OUT_OF_RANGE: 'EINVAL',
};

/** The Linux error number of what a function of Node's fs has thrown; EIO when it has no name in Linux. */
export function errnoOf(error: unknown): number {
  const code = codeOf(error);
  if (code === undefined) return Errno.EIO;
  const renamed = RENAMED[code];
  if (renamed !== undefined) return Errno[renamed];
  return isErrnoName(code) ? Errno[code] : Errno.EIO;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function isErrnoName(code: string): code is ErrnoName {
  return Object.hasOwn(Errno, code);
}
