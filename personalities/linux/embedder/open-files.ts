// Files that the machine's embedder has open: descriptors of the kernel's process, counted and limited as any process's, and
// shown in /proc/1/fd. A file stays pinned while an operation uses it, whoever closes its number meanwhile. Sizes and positions
// are safe integers, checked where they came in. See: embedder/requests, of which these are a part.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, pause, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { setMode, setOwner, setTimes, truncateOpen } from '../syscalls/attributes.ts';
import { synchronise } from '../syscalls/files.ts';
import { openAt } from '../syscalls/open.ts';
import type { FileDescription } from '../vfs/inode.ts';
import { type HostStat, statOf } from './stat.ts';
import { call, SLICE } from './steps.ts';

/** Where the numbers of the embedder begin, as those of any program do. */
const FIRST_DESCRIPTOR = 3;
/** The file's own offset is to be used, and moved. */
const AT_OFFSET = -1;

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
    return yield* withFile(ctx, 'read', fd, function* (file) {
      if (file.inode.isDirectory) throw new LinuxError(Errno.EISDIR, 'read');
      if (!file.isReadable) throw new LinuxError(Errno.EBADF, 'read');
      if (position !== AT_OFFSET && !file.isSeekable) throw new LinuxError(Errno.ESPIPE, 'read');
      const at = position === AT_OFFSET ? file.offset : position;
      const bytes = new Uint8Array(length);
      const count = yield* counted(ctx, 'read', () => file.read(ctx, bytes, 0, length, at));
      if (position === AT_OFFSET) file.offset = at + count;
      return count === length ? bytes : bytes.slice(0, count);
    });
  },

  /** @returns how many bytes were written: fewer where there is no room for more */
  *fdWrite(ctx: SyscallContext, fd: number, bytes: Uint8Array, position: number): Steps<number> {
    return yield* withFile(ctx, 'write', fd, (file) => writeOpen(ctx, file, bytes, position));
  },

  *fdStat(ctx: SyscallContext, fd: number): Steps<HostStat> {
    return yield* withFile(ctx, 'fstat', fd, function* ({ inode }) {
      yield* call(ctx, 'fstat', undefined, () => inode.refresh(ctx));
      return statOf(inode);
    });
  },

  *fdTruncate(ctx: SyscallContext, fd: number, size: number): Steps<void> {
    yield* withFile(ctx, 'ftruncate', fd, (file) =>
      call(ctx, 'ftruncate', undefined, () => truncateOpen(ctx, file, size)),
    );
  },

  *fdSync(ctx: SyscallContext, fd: number, isDataOnly: boolean): Steps<void> {
    const name = isDataOnly ? 'fdatasync' : 'fsync';
    yield* withFile(ctx, name, fd, (file) => call(ctx, name, undefined, () => synchronise(ctx, file, isDataOnly)));
  },

  *fdChmod(ctx: SyscallContext, fd: number, mode: number): Steps<void> {
    yield* withFile(ctx, 'fchmod', fd, ({ inode }) => call(ctx, 'fchmod', undefined, () => setMode(ctx, inode, mode)));
  },

  *fdChown(ctx: SyscallContext, fd: number, uid: number, gid: number): Steps<void> {
    yield* withFile(ctx, 'fchown', fd, ({ inode }) =>
      call(ctx, 'fchown', undefined, () => setOwner(ctx, inode, uid, gid)),
    );
  },

  /** Times in seconds since 1970. */
  *fdUtimes(ctx: SyscallContext, fd: number, atime: number, mtime: number): Steps<void> {
    yield* withFile(ctx, 'futime', fd, ({ inode }) =>
      call(ctx, 'futime', undefined, () => setTimes(ctx, inode, timeOf(atime), timeOf(mtime))),
    );
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

function* withFile<Result>(
  ctx: SyscallContext,
  name: string,
  fd: number,
  use: (file: FileDescription) => Steps<Result>,
): Steps<Result> {
  const file = ctx.process.descriptors.get(fd);
  if (file === undefined) throw new LinuxError(Errno.EBADF, name);
  file.retain();
  try {
    return yield* use(file);
  } finally {
    file.release();
  }
}

function* counted(ctx: SyscallContext, name: string, run: () => number): Steps<number> {
  const result = yield* attempt(ctx, run);
  if (result < 0) throw new LinuxError(-result, name);
  return result;
}
