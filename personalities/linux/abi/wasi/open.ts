// path_open: WASI's flags and rights as Linux's open flags, and the rights of what is opened.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Fd, GuestPtr } from '../../../../runtime/abi/types.ts';
import { rightsFromGuest } from '../../../../runtime/abi/wasi/rights.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/wasi/structs.ts';
import { OFLAGS, RIGHTS } from '../../../../runtime/abi/wasi/types.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { openAt } from '../../syscalls/open.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../vfs/mode.ts';
import { BENEATH, FOLLOW } from '../../vfs/walk.ts';
import { statusFlagsOf } from './fd.ts';
import { pathFromGuest } from './guest.ts';
import { walkFlagsOf } from './path.ts';
import { directoryWith, inheritingRights } from './rights.ts';

/** WASI has no modes: what a C library on Linux passes to open. */
const FILE_MODE = 0o666;
const KNOWN_OFLAGS = OFLAGS.CREAT | OFLAGS.DIRECTORY | OFLAGS.EXCL | OFLAGS.TRUNC;
const READING = RIGHTS.FD_READ | RIGHTS.FD_READDIR;
const WRITING = RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE;

export function path_open(
  ctx: SyscallContext,
  fd: Fd,
  dirflags: number,
  path: GuestPtr,
  length: number,
  oflags: number,
  rightsBase: bigint,
  rightsInheriting: bigint,
  fdflags: number,
  openedFd: GuestPtr,
): number {
  const directory = directoryWith(ctx, fd, rightsFor(oflags));
  if (typeof directory === 'number') return directory;
  if (!ctx.memory.contains(openedFd, STRUCT_SIZES.fd)) return -Errno.EFAULT;
  const walkFlags = walkFlagsOf(dirflags);
  const status = statusFlagsOf(fdflags);
  if (walkFlags < 0 || status < 0 || (oflags & ~KNOWN_OFLAGS) !== 0) return -Errno.EINVAL;
  const name = pathFromGuest(ctx, path, length);
  if (typeof name === 'number') return name;
  const base = rightsFromGuest(rightsBase);
  const inheriting = rightsFromGuest(rightsInheriting);
  if (((base | inheriting) & ~inheritingRights(directory)) !== 0) return -Errno.ENOTCAPABLE;

  const nofollow = (walkFlags & FOLLOW) === 0 ? O_NOFOLLOW : 0;
  const flags = openFlags(oflags, base) | status | nofollow;
  return install(ctx, directory, name, flags, base, inheriting, openedFd);
}

/** Claims the number before the file is touched: a full table creates and empties nothing. */
function install(
  ctx: SyscallContext,
  directory: FileDescription,
  name: string,
  flags: number,
  base: number,
  inheriting: number,
  openedFd: number,
): number {
  const { descriptors } = ctx.process;
  const opened = descriptors.claim();
  if (opened < 0) return opened;
  const description = openAt(ctx, directory.inode, name, flags, FILE_MODE, BENEATH);
  if (typeof description === 'number') {
    descriptors.abandon(opened);
    return description;
  }
  description.rightsBase = base;
  description.rightsInheriting = inheriting;
  descriptors.fill(opened, description);
  ctx.memory.writeU32(openedFd >>> 0, opened);
  return 0;
}

/** What the directory must allow. */
function rightsFor(oflags: number): number {
  return (
    RIGHTS.PATH_OPEN |
    ((oflags & OFLAGS.CREAT) !== 0 ? RIGHTS.PATH_CREATE_FILE : 0) |
    ((oflags & OFLAGS.TRUNC) !== 0 ? RIGHTS.PATH_FILESTAT_SET_SIZE : 0)
  );
}

/** WASI has no access mode: it follows from the rights that are asked for. */
function openFlags(oflags: number, rights: number): number {
  const reads = (rights & READING) !== 0;
  const writes = (rights & WRITING) !== 0;
  return (
    (writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY) |
    ((oflags & OFLAGS.CREAT) !== 0 ? O_CREAT : 0) |
    ((oflags & OFLAGS.DIRECTORY) !== 0 ? O_DIRECTORY : 0) |
    ((oflags & OFLAGS.EXCL) !== 0 ? O_EXCL : 0) |
    ((oflags & OFLAGS.TRUNC) !== 0 ? O_TRUNC : 0)
  );
}
