// path_open: WASI's flags and rights as Linux's open flags, and the rights of what is opened.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { accessFromRights, areOpenFlags, rightsToOpen } from '../../../../runtime/abi/wasi/arguments.ts';
import { rightsFromGuest } from '../../../../runtime/abi/wasi/rights.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { OFLAGS } from '../../../../runtime/abi/wasi/types.ts';
import { openDescriptor } from '../../syscalls/open.ts';
import { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../vfs/mode.ts';
import { BENEATH, FOLLOW } from '../../vfs/walk.ts';
import { statusFlagsOf } from './fd.ts';
import { type Handler, pathFromGuest } from './guest.ts';
import { walkFlagsOf } from './path.ts';
import { directoryWith, inheritingRights } from './rights.ts';

/** WASI has no modes: what a C library on Linux passes to open. */
const FILE_MODE = 0o666;

export const path_open: Handler<'path_open'> = (
  ctx,
  fd,
  dirflags,
  path,
  length,
  oflags,
  rightsBase,
  rightsInheriting,
  fdflags,
  openedFd,
) => {
  const directory = directoryWith(ctx, fd, rightsToOpen(oflags));
  if (typeof directory === 'number') return directory;
  if (!ctx.memory.contains(openedFd, STRUCT_SIZES.fd)) return -Errno.EFAULT;
  const walkFlags = walkFlagsOf(dirflags);
  const status = statusFlagsOf(fdflags);
  if (walkFlags < 0 || status < 0 || !areOpenFlags(oflags)) return -Errno.EINVAL;
  const name = pathFromGuest(ctx, path, length);
  if (typeof name === 'number') return name;
  const base = rightsFromGuest(rightsBase);
  const inheriting = rightsFromGuest(rightsInheriting);
  if (((base | inheriting) & ~inheritingRights(directory)) !== 0) return -Errno.ENOTCAPABLE;

  const nofollow = (walkFlags & FOLLOW) === 0 ? O_NOFOLLOW : 0;
  const flags = openFlags(oflags, base) | status | nofollow;
  const opened = openDescriptor(ctx, directory.inode, name, flags, FILE_MODE, BENEATH, base, inheriting);
  if (opened < 0) return opened;
  ctx.memory.writeU32(openedFd >>> 0, opened);
  return 0;
};

function openFlags(oflags: number, rights: number): number {
  const { isReadable, isWritable } = accessFromRights(rights);
  return (
    (isWritable ? (isReadable ? O_RDWR : O_WRONLY) : O_RDONLY) |
    ((oflags & OFLAGS.CREAT) !== 0 ? O_CREAT : 0) |
    ((oflags & OFLAGS.DIRECTORY) !== 0 ? O_DIRECTORY : 0) |
    ((oflags & OFLAGS.EXCL) !== 0 ? O_EXCL : 0) |
    ((oflags & OFLAGS.TRUNC) !== 0 ? O_TRUNC : 0)
  );
}
