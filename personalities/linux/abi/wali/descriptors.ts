// Calls on one descriptor besides transfer: closing and duplicating, offsets, flags, locks, sizes, synchronising.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { FLOCK } from '../../../../runtime/abi/linux/structs.ts';
import { FCNTL_COMMANDS, SEEK } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { truncateOpen } from '../../syscalls/attributes.ts';
import {
  close,
  dup,
  dup2,
  dup3,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  fcntl,
} from '../../syscalls/descriptors.ts';
import { advise, allocate, seek, synchronise } from '../../syscalls/files.ts';
import { type Flock, flock, getLock, setLock } from '../../syscalls/locks.ts';
import { PathDescription } from '../../syscalls/open-path.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { descriptionOf, type LinuxHandlers } from './guest.ts';

const { F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW } = FCNTL_COMMANDS;
const { SEEK_SET, SEEK_CUR, SEEK_DATA, SEEK_HOLE } = SEEK;

export const descriptorHandlers = {
  SYS_close: (ctx, fd) => close(ctx, fd),
  SYS_dup: (ctx, fd) => dup(ctx, fd),
  SYS_dup2: (ctx, fd, to) => dup2(ctx, fd, to),
  SYS_dup3: (ctx, fd, to, flags) => dup3(ctx, fd, to, flags),

  SYS_lseek(ctx, fd, offset, whence) {
    const description = descriptionOf(ctx, fd);
    if (typeof description === 'number') return description;
    if (description.inode.isDirectory) return seekDirectory(description, offset, whence);
    return whence === SEEK_DATA || whence === SEEK_HOLE
      ? seekData(ctx, description, offset, whence)
      : seek(ctx, description, offset, whence);
  },

  SYS_fcntl(ctx, fd, command, argument) {
    switch (command) {
      case F_GETLK:
      case F_OFD_GETLK:
      case F_SETLK:
      case F_SETLKW:
      case F_OFD_SETLK:
      case F_OFD_SETLKW:
        return lock(ctx, fd, command, argument >>> 0);
      default: {
        const isOfPath = ctx.description(fd) instanceof PathDescription;
        if (isOfPath && !FOR_PATHS.has(command)) return -Errno.EBADF;
        // An int, of which the C library may have made an unsigned long.
        return fcntl(ctx, fd, command, argument | 0);
      }
    }
  },

  SYS_flock: (ctx, fd, operation) => on(ctx, fd, (description) => flock(ctx, description, operation)),
  SYS_fsync: (ctx, fd) => on(ctx, fd, (description) => synchronise(ctx, description, false)),
  SYS_fdatasync: (ctx, fd) => on(ctx, fd, (description) => synchronise(ctx, description, true)),
  SYS_ftruncate: (ctx, fd, length) => on(ctx, fd, (description) => truncateOpen(ctx, description, length)),
  SYS_fadvise: (ctx, fd, offset, length, advice) =>
    on(ctx, fd, (description) => advise(description, offset, length, advice)),

  SYS_fallocate(ctx, fd, mode, offset, length) {
    return on(ctx, fd, (description) => {
      if (offset < 0 || length <= 0) return -Errno.EINVAL;
      return mode === 0 ? allocate(ctx, description, offset, length) : -Errno.EOPNOTSUPP;
    });
  },

  // What is written is in its file at once; a host writes it to its storage when it likes, unless it is asked by fsync.
  SYS_sync: () => 0,
  SYS_syncfs: (ctx, fd) => on(ctx, fd, () => 0),
} satisfies Partial<LinuxHandlers>;

/** What fcntl does with a descriptor of O_PATH. */
const FOR_PATHS: ReadonlySet<number> = new Set([F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL]);

function on(ctx: SyscallContext, fd: number, then: (description: FileDescription) => number): number {
  const description = descriptionOf(ctx, fd);
  return typeof description === 'number' ? description : then(description);
}

/** A directory's offset is the cookie of its next entry: any that was told, and 0. */
function seekDirectory(description: FileDescription, offset: number, whence: number): number {
  if (whence !== SEEK_SET && whence !== SEEK_CUR) return -Errno.EINVAL;
  const target = whence === SEEK_SET ? offset : description.offset + offset;
  if (target < 0 || !Number.isSafeInteger(target)) return -Errno.EINVAL;
  description.offset = target;
  return target;
}

/** A file is all data up to its end, and a hole from there on. Errors: ENXIO, beyond the end; ESPIPE. */
function seekData(ctx: SyscallContext, description: FileDescription, offset: number, whence: number): number {
  if (!description.isSeekable) return -Errno.ESPIPE;
  const result = description.inode.refresh(ctx);
  if (result < 0) return result;
  const { size } = description.inode;
  if (offset < 0 || offset >= size) return -Errno.ENXIO;
  return description.moveTo(whence === SEEK_DATA ? offset : size);
}

function lock(ctx: SyscallContext, fd: number, command: number, address: number): number {
  const description = descriptionOf(ctx, fd);
  if (typeof description === 'number') return description;
  const { memory } = ctx;
  if (!memory.contains(address, STRUCT_SIZES.flock)) return -Errno.EFAULT;
  const wanted: Flock = {
    type: memory.readU16(address + FLOCK.type),
    whence: memory.readU16(address + FLOCK.whence),
    start: BigInt.asIntN(64, memory.readU64(address + FLOCK.start)),
    length: BigInt.asIntN(64, memory.readU64(address + FLOCK.len)),
    pid: memory.readU32(address + FLOCK.pid) | 0,
  };
  if (command !== F_GETLK && command !== F_OFD_GETLK) return setLock(ctx, description, command, wanted);
  const result = getLock(ctx, description, command, wanted);
  if (result < 0) return result;
  memory.writeU16(address + FLOCK.type, wanted.type);
  memory.writeU16(address + FLOCK.whence, wanted.whence);
  memory.writeU64(address + FLOCK.start, BigInt.asUintN(64, wanted.start));
  memory.writeU64(address + FLOCK.len, BigInt.asUintN(64, wanted.length));
  memory.writeU32(address + FLOCK.pid, wanted.pid);
  return 0;
}
