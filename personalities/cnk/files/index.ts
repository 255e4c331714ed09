// What CNK serves beyond its own calls in a process with staged files: the calls on descriptors and paths, of which it
// leaves to Linux what is not staged. A process without any binds none of this.

import type { AnyHandler } from '../../../runtime/abi/row.ts';
import type { UnstableHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import { rightsOfUnstable, UNSTABLE, whenceOfUnstable } from '../../../runtime/abi/wasi/version.ts';
import type { FilesContext } from './context.ts';
import * as descriptor from './descriptor.ts';
import * as path from './path.ts';
import { poll_oneoff } from './poll.ts';
import * as transfer from './transfer.ts';

export type { FilesContext } from './context.ts';
export type { StagedFile } from './file.ts';
export { createBytesFile, createForeignFile, StagedStorage } from './shim.ts';
export { StagedFiles } from './staged-files.ts';

const preview1 = {
  fd_advise: descriptor.fd_advise,
  fd_allocate: descriptor.fd_allocate,
  fd_close: descriptor.fd_close,
  fd_datasync: descriptor.fd_datasync,
  fd_fdstat_get: descriptor.fd_fdstat_get,
  fd_fdstat_set_flags: descriptor.fd_fdstat_set_flags,
  fd_fdstat_set_rights: descriptor.fd_fdstat_set_rights,
  fd_filestat_get: descriptor.fd_filestat_get,
  fd_filestat_set_size: descriptor.fd_filestat_set_size,
  fd_filestat_set_times: descriptor.fd_filestat_set_times,
  fd_pread: transfer.fd_pread,
  fd_pwrite: transfer.fd_pwrite,
  fd_read: transfer.fd_read,
  fd_readdir: descriptor.fd_readdir,
  fd_renumber: descriptor.fd_renumber,
  fd_seek: descriptor.fd_seek,
  fd_sync: descriptor.fd_sync,
  fd_tell: descriptor.fd_tell,
  fd_write: transfer.fd_write,
  path_create_directory: path.path_create_directory,
  path_filestat_get: path.path_filestat_get,
  path_filestat_set_times: path.path_filestat_set_times,
  path_link: path.path_link,
  path_open: path.path_open,
  path_readlink: path.path_readlink,
  path_remove_directory: path.path_remove_directory,
  path_rename: path.path_rename,
  path_symlink: path.path_symlink,
  path_unlink_file: path.path_unlink_file,
  poll_oneoff,
  sock_accept: descriptor.notSocket,
  sock_recv: descriptor.notSocket,
  sock_send: descriptor.notSocket,
  sock_shutdown: descriptor.notSocket,
};

const unstable: Partial<UnstableHandlers<FilesContext>> = {
  ...preview1,
  fd_fdstat_get: (ctx, fd, stat) => descriptor.fd_fdstat_get(ctx, fd, stat, UNSTABLE),
  fd_fdstat_set_rights: (ctx, fd, base, inheriting) =>
    descriptor.fd_fdstat_set_rights(ctx, fd, base, inheriting, UNSTABLE),
  fd_filestat_get: (ctx, fd, buf) => descriptor.fd_filestat_get(ctx, fd, buf, UNSTABLE),
  fd_seek: (ctx, fd, offset, whence, newOffset) =>
    descriptor.fd_seek(ctx, fd, offset, whenceOfUnstable(whence), newOffset),
  path_filestat_get: (ctx, fd, flags, file, length, buf) =>
    path.path_filestat_get(ctx, fd, flags, file, length, buf, UNSTABLE),
  path_open: (ctx, fd, dirflags, file, length, oflags, base, inheriting, ...rest) =>
    path.path_open(
      ctx,
      fd,
      dirflags,
      file,
      length,
      oflags,
      rightsOfUnstable(base),
      rightsOfUnstable(inheriting),
      ...rest,
    ),
  poll_oneoff: (ctx, subscriptions, events, count, eventCount) =>
    poll_oneoff(ctx, subscriptions, events, count, eventCount, UNSTABLE),
};

/** Handlers by module and name; they go before CNK_HANDLERS. */
export const STAGED_HANDLERS: { readonly [module: string]: { readonly [name: string]: AnyHandler<FilesContext> } } = {
  wasi_snapshot_preview1: preview1,
  wasi_unstable: unstable,
};
