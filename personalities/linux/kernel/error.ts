// Errors for callers on the host's side, in the shape of Node's: `code`, `errno`, `syscall`, `path`. Guests never see one: they
// get error numbers.

import { Errno, errnoName } from '../../../runtime/abi/errno.ts';

const TEXTS = new Map<number, string>([
  [Errno.EPERM, 'operation not permitted'],
  [Errno.ENOENT, 'no such file or directory'],
  [Errno.EIO, 'i/o error'],
  [Errno.EBADF, 'bad file descriptor'],
  [Errno.EAGAIN, 'resource temporarily unavailable'],
  [Errno.EACCES, 'permission denied'],
  [Errno.EBUSY, 'resource busy or locked'],
  [Errno.EEXIST, 'file already exists'],
  [Errno.EXDEV, 'cross-device link not permitted'],
  [Errno.ENOTDIR, 'not a directory'],
  [Errno.EISDIR, 'illegal operation on a directory'],
  [Errno.EINVAL, 'invalid argument'],
  [Errno.EMFILE, 'too many open files'],
  [Errno.EFBIG, 'file too large'],
  [Errno.ENOSPC, 'no space left on device'],
  [Errno.EROFS, 'read-only file system'],
  [Errno.EPIPE, 'broken pipe'],
  [Errno.ENAMETOOLONG, 'name too long'],
  [Errno.ENOSYS, 'function not implemented'],
  [Errno.ENOTEMPTY, 'directory not empty'],
  [Errno.ELOOP, 'too many symbolic links encountered'],
]);

export class LinuxError extends Error {
  override readonly name = 'LinuxError';
  /** `ENOENT` and the like. */
  readonly code: string;
  /** As Node's: the error number, negative. */
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;

  /**
   * @param errno Linux's number, positive
   * @param reason instead of the error's usual text
   */
  constructor(errno: number, syscall: string, path?: string, reason?: string) {
    const code = errnoName(errno);
    super(`${code}: ${reason ?? TEXTS.get(errno) ?? 'failed'}, ${syscall}${path === undefined ? '' : ` '${path}'`}`);
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.path = path;
  }
}
