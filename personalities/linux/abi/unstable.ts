// The calls of `wasi_unstable`: preview 1's handlers, told the version where that matters. Nothing is served here.

import type { HandlersOf } from '../../../runtime/abi/row.ts';
import type { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import type { UnstableHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import { rightsOfUnstable, UNSTABLE, whenceOfUnstable } from '../../../runtime/abi/wasi/version.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { fd_fdstat_get, fd_fdstat_set_rights, fd_filestat_get, fd_seek } from './wasi/fd.ts';
import { path_open } from './wasi/open.ts';
import { path_filestat_get } from './wasi/path.ts';
import { poll_oneoff } from './wasi/poll.ts';

/** @param preview1 its handlers, by name */
export function unstableHandlers(
  preview1: HandlersOf<(typeof WASI_ROWS)[number], SyscallContext>,
): UnstableHandlers<SyscallContext> {
  return {
    ...preview1,
    fd_fdstat_get: (ctx, fd, stat) => fd_fdstat_get(ctx, fd, stat, UNSTABLE),
    fd_fdstat_set_rights: (ctx, fd, base, inheriting) => fd_fdstat_set_rights(ctx, fd, base, inheriting, UNSTABLE),
    fd_filestat_get: (ctx, fd, buf) => fd_filestat_get(ctx, fd, buf, UNSTABLE),
    fd_seek: (ctx, fd, offset, whence, newOffset) => fd_seek(ctx, fd, offset, whenceOfUnstable(whence), newOffset),
    path_filestat_get: (ctx, fd, flags, path, length, buf) =>
      path_filestat_get(ctx, fd, flags, path, length, buf, UNSTABLE),
    path_open: (ctx, fd, dirflags, path, length, oflags, base, inheriting, ...rest) =>
      path_open(ctx, fd, dirflags, path, length, oflags, rightsOfUnstable(base), rightsOfUnstable(inheriting), ...rest),
    poll_oneoff: (ctx, subscriptions, events, count, nevents) =>
      poll_oneoff(ctx, subscriptions, events, count, nevents, UNSTABLE),
  };
}
