// Errors of the File System standard as Linux error numbers: the one place where they are mapped.

import { Errno, type ErrnoName } from '../../abi/errno.ts';

/** By the exception's name. */
const ERRNO_OF: { readonly [name: string]: ErrnoName } = {
  NotFoundError: 'ENOENT',
  /** A file where a directory was wanted; callers that want a file ask for `isTypeMismatch`. */
  TypeMismatchError: 'ENOTDIR',
  /** Somebody, perhaps in another tab, has the file open. */
  NoModificationAllowedError: 'EBUSY',
  /** What is removed is a directory that is not empty. */
  InvalidModificationError: 'ENOTEMPTY',
  QuotaExceededError: 'ENOSPC',
  NotAllowedError: 'EACCES',
  SecurityError: 'EACCES',
  /** A name that the engine does not allow. */
  TypeError: 'EINVAL',
  NotSupportedError: 'ENOSYS',
};

/** The Linux error number of what an operation on OPFS has thrown; EIO when it has no name here. */
export function opfsErrnoOf(error: unknown): number {
  const name = nameOf(error);
  return Errno[(Object.hasOwn(ERRNO_OF, name) ? ERRNO_OF[name] : undefined) ?? 'EIO'];
}

export function isTypeMismatch(error: unknown): boolean {
  return nameOf(error) === 'TypeMismatchError';
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}
