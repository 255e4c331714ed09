// Files that the machine's embedder has open: descriptors of the kernel's process, counted and limited as any process's, and
// shown in /proc/1/fd. A file stays open while an operation uses it, whoever closes its number meanwhile. Sizes and positions
// are safe integers, checked where they came in. See: embedder/requests, of which these are a part.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, pause, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { setMode, setOwner, setTimes, truncateOpen } from '../syscalls/attributes.ts';
import { synchronise } from '../syscalls/files.ts';
import { openAt } from '../syscalls/open.ts';
import { AT_OFFSET } from '../syscalls/transfer.ts';
import type { FileDescription } from '../vfs/inode.ts';
import { type HostStat, statOf } from './stat.ts';
import { call, SLICE, using } from './steps.ts';

/** Where the numbers of the embedder begin, as those of any program do. */
const FIRST_DESCRIPTOR = 3;

export const openFileOperations = {
  /** @returns its descriptor. Errors: those of open(2); EMFILE */
  *open(ctx: SyscallContext, path: string, flags: number, mode: number): Steps<number> {
    const file = yield* call(ctx, 'open', path, () => openAt(ctx, ctx.process.root, path, flags, mode, 0));
    const fd = ctx.process.descriptors.add(file, FIRST_DESCRIPTOR);
    if (fd >= 0) return fd;
    file.retain();
    file.release();
    throw new LinuxError(-fd, 'open', path);
  },

  *fdClose(ctx: SyscallContext, fd: number): Steps<void> {
    yield* call(ctx, 'close', undefined, () => ctx.process.descriptors.close(fd));
  },

  /** @returns at most `length` bytes; none at the end of the file */
  *fdRead(ctx: SyscallContext, fd: number, length: number, position: number): Steps<Uint8Array> {
    const bytes = new Uint8Array(length);
    return yield* onFile(ctx, 'read', fd, (file) => {
      if (file.inode.isDirectory) return -Errno.EISDIR;
      if (!file.isReadable) return -Errno.EBADF;
      if (position !== AT_OFFSET && !file.isSeekable) return -Errno.ESPIPE;
      const at = position === AT_OFFSET ? file.offset : position;
      const count = file.read(ctx, bytes, 0, length, at);
      if (count < 0) return count;
      if (position === AT_OFFSET) file.offset = at + count;
      return count === length ? bytes : bytes.slice(0, count);
    });
  },

  /** @returns how many bytes were written: fewer where there is no room for more */
  *fdWrite(ctx: SyscallContext, fd: number, bytes: Uint8Array, position: number): Steps<number> {
    const file = ctx.process.descriptors.get(fd);
    if (file === undefined) throw new LinuxError(Errno.EBADF, 'write');
    return yield* using(file, () => writeOpen(ctx, file, bytes, position));
  },

  *fdStat(ctx: SyscallContext, fd: number): Steps<HostStat> {
    return yield* onFile(ctx, 'fstat', fd, ({ inode }) => {
      const result = inode.refresh(ctx);
      return result < 0 ? result : statOf(inode);
    });
  },

  *fdTruncate(ctx: SyscallContext, fd: number, size: number): Steps<void> {
    yield* onFile(ctx, 'ftruncate', fd, (file) => truncateOpen(ctx, file, size));
  },

  *fdSync(ctx: SyscallContext, fd: number, isDataOnly: boolean): Steps<void> {
    yield* onFile(ctx, isDataOnly ? 'fdatasync' : 'fsync', fd, (file) => synchronise(ctx, file, isDataOnly));
  },

  *fdChmod(ctx: SyscallContext, fd: number, mode: number): Steps<void> {
    yield* onFile(ctx, 'fchmod', fd, ({ inode }) => setMode(ctx, inode, mode));
  },

  *fdChown(ctx: SyscallContext, fd: number, uid: number, gid: number): Steps<void> {
    yield* onFile(ctx, 'fchown', fd, ({ inode }) => setOwner(ctx, inode, uid, gid));
  },

  /** Times in seconds since 1970. */
  *fdUtimes(ctx: SyscallContext, fd: number, atime: number, mtime: number): Steps<void> {
    yield* onFile(ctx, 'futime', fd, ({ inode }) => setTimes(ctx, inode, timeOf(atime), timeOf(mtime)));
  },
};

/** @param seconds since 1970, finite */
export function timeOf(seconds: number): { readonly sec: number; readonly nsec: number } {
  const sec = Math.floor(seconds);
  return { sec, nsec: Math.floor((seconds - sec) * 1e9) };
}

function* writeOpen(ctx: SyscallContext, file: FileDescription, bytes: Uint8Array, position: number): Steps<number> {
  if (!file.isWritable) throw new LinuxError(Errno.EBADF, 'write');
  if (position !== AT_OFFSET && !file.isSeekable) throw new LinuxError(Errno.ESPIPE, 'write');
  let done = 0;
  while (done < bytes.length) {
    const start = done;
    const count = Math.min(SLICE, bytes.length - start);
    const at = position === AT_OFFSET ? file.offset : position + start;
    // Linux: O_APPEND wins over a position too (pwrite(2), BUGS).
    const result = yield* attempt(ctx, () => file.write(ctx, bytes, start, count, file.isAppending ? -1 : at));
    if (result < 0 && done === 0) throw new LinuxError(-result, 'write');
    if (result <= 0) break;
    done += result;
    if (position === AT_OFFSET) file.offset = file.isAppending && file.isSeekable ? file.inode.size : at + result;
    if (done < bytes.length) yield* pause(ctx);
  }
  return done;
}

function onFile<Result>(
  ctx: SyscallContext,
  name: string,
  fd: number,
  run: (file: FileDescription) => Result | number,
): Steps<Exclude<Result, number>> {
  return call(ctx, name, undefined, () => {
    const file = ctx.description(fd);
    return file === undefined ? -Errno.EBADF : run(file);
  });
}
