// WASI's error numbers, and Linux's for each: a call of WASI returns them, an event carries them.
// See: WASI preview 1 witx, `errno`.

import { Errno, type ErrnoName } from '../errno.ts';

/** In the order of the specification; the index is the number. */
const WASI_NAMES: readonly ErrnoName[] = [
  'SUCCESS',
  'E2BIG',
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EAGAIN',
  'EALREADY',
  'EBADF',
  'EBADMSG',
  'EBUSY',
  'ECANCELED',
  'ECHILD',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EDEADLK',
  'EDESTADDRREQ',
  'EDOM',
  'EDQUOT',
  'EEXIST',
  'EFAULT',
  'EFBIG',
  'EHOSTUNREACH',
  'EIDRM',
  'EILSEQ',
  'EINPROGRESS',
  'EINTR',
  'EINVAL',
  'EIO',
  'EISCONN',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'EMLINK',
  'EMSGSIZE',
  'EMULTIHOP',
  'ENAMETOOLONG',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENODEV',
  'ENOENT',
  'ENOEXEC',
  'ENOLCK',
  'ENOLINK',
  'ENOMEM',
  'ENOMSG',
  'ENOPROTOOPT',
  'ENOSPC',
  'ENOSYS',
  'ENOTCONN',
  'ENOTDIR',
  'ENOTEMPTY',
  'ENOTRECOVERABLE',
  'ENOTSOCK',
  'EOPNOTSUPP',
  'ENOTTY',
  'ENXIO',
  'EOVERFLOW',
  'EOWNERDEAD',
  'EPERM',
  'EPIPE',
  'EPROTO',
  'EPROTONOSUPPORT',
  'EPROTOTYPE',
  'ERANGE',
  'EROFS',
  'ESPIPE',
  'ESRCH',
  'ESTALE',
  'ETIMEDOUT',
  'ETXTBSY',
  'EXDEV',
  'ENOTCAPABLE',
];

/** By Linux's number; what WASI has no name for is EIO. */
const WASI_ERRNO = new Uint8Array(256).fill(WASI_NAMES.indexOf('EIO'));
for (const [number, name] of WASI_NAMES.entries()) WASI_ERRNO[Errno[name]] = number;

/** WASI's number of one of Linux's errors. */
export function wasiErrnoOf(errno: number): number {
  return WASI_ERRNO[errno] as number;
}

/** Linux's number of one of WASI's errors; EIO for a number that WASI does not have. */
export function linuxErrnoOf(wasiErrno: number): number {
  const name = WASI_NAMES[wasiErrno];
  return name === undefined ? Errno.EIO : Errno[name];
}
