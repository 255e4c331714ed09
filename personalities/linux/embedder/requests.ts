// The operations of `machine.fs`, shaped like node:fs/promises', on values that survive a structured clone. They run as the
// kernel's process (root), through the same calls as a guest's, also on file systems that take time: an operation is a generator
// that stops where a call has to wait and goes on from there (kernel/block). Paths are absolute. Errors are LinuxErrors.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, pause, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { find, setMode, setOwner, setTimes, truncate } from '../syscalls/attributes.ts';
import { copyFileRange } from '../syscalls/copy.ts';
import { linkAt, mkdirAt, readlinkAt, renameAt, rmdirAt, symlinkAt, unlinkAt } from '../syscalls/links.ts';
import { statfs } from '../syscalls/statfs.ts';
import { AT_OFFSET } from '../syscalls/transfer.ts';
import type { FileDescription, Inode } from '../vfs/inode.ts';
import { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } from '../vfs/mode.ts';
import { pathBelow, pathOfDirectory } from '../vfs/paths.ts';
import { FOLLOW } from '../vfs/walk.ts';
import { openFileOperations, timeOf } from './open-files.ts';
import { removeTree } from './remove-tree.ts';
import { type HostStat, type HostStatFs, statOf } from './stat.ts';
import { call, list, makeDirectories, readAll, withOpen, writeAll } from './steps.ts';

export type { HostOutcome } from './steps.ts';

const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;
const PRIVATE_MODE = 0o700;
/** Of one run of copy_file_range. */
const COPY_PIECE = 1 << 30;
/** COPYFILE_* of node:fs. */
const COPY_EXCLUSIVE = 1;
const COPY_CLONE_ALONE = 4;
const TEMPORARY = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const TEMPORARY_LENGTH = 6;
const TEMPORARY_TRIES = 64;

interface WriteOptions {
  readonly mode?: number;
  /** O_*, or `w` (default), `a`, `wx`, `ax`. */
  readonly flag?: string | number;
}

const WRITE_FLAGS = new Map([
  ['w', O_TRUNC],
  ['wx', O_TRUNC | O_EXCL],
  ['a', O_APPEND],
  ['ax', O_APPEND | O_EXCL],
]);

/** By name; the first parameter is the context, the others are the request's. */
export const hostOperations = {
  ...openFileOperations,

  *readFile(ctx: SyscallContext, path: string, flags: number = O_RDONLY): Steps<Uint8Array> {
    return yield* withOpen(ctx, 'open', path, flags, FILE_MODE, function* (file) {
      if (!file.isReadable) throw new LinuxError(Errno.EBADF, 'read', path);
      return yield* readAll(ctx, file, path);
    });
  },

  *writeFile(ctx: SyscallContext, path: string, bytes: Uint8Array, options: WriteOptions = {}): Steps<void> {
    const { flag = 'w', mode = FILE_MODE } = options;
    const extra = typeof flag === 'number' ? 0 : WRITE_FLAGS.get(flag);
    if (extra === undefined) throw new LinuxError(Errno.EINVAL, 'open', path);
    const flags = typeof flag === 'number' ? flag : O_WRONLY | O_CREAT | extra;
    yield* withOpen(ctx, 'open', path, flags, mode, function* (file) {
      if (!file.isWritable) throw new LinuxError(Errno.EBADF, 'write', path);
      yield* writeAll(ctx, file, bytes, path);
    });
  },

  /** @param flags COPYFILE_*, added up. Errors: EOPNOTSUPP, a copy that shares storage is asked for: no file system has it */
  *copyFile(ctx: SyscallContext, from: string, to: string, flags = 0): Steps<void> {
    yield* withOpen(ctx, 'copyfile', from, O_RDONLY, 0, function* (source) {
      if (source.inode.isDirectory) throw new LinuxError(Errno.EISDIR, 'copyfile', from);
      if ((flags & COPY_CLONE_ALONE) !== 0) throw new LinuxError(Errno.EOPNOTSUPP, 'copyfile', from);
      const mode = source.inode.mode & 0o777;
      const exclusive = (flags & COPY_EXCLUSIVE) === 0 ? 0 : O_EXCL;
      yield* withOpen(ctx, 'copyfile', to, O_WRONLY | O_CREAT | exclusive, mode, function* (target) {
        if (target.inode === source.inode) return;
        if (target.inode.isRegular) {
          yield* call(ctx, 'copyfile', to, () => truncate(ctx, target.inode, 0));
        }
        yield* copyAll(ctx, source, target, from, to);
      });
    });
  },

  /** @returns the first directory that was made, as Node's with `recursive` */
  *mkdir(
    ctx: SyscallContext,
    path: string,
    options: { readonly recursive?: boolean; readonly mode?: number } = {},
  ): Steps<string | undefined> {
    const mode = options.mode ?? DIRECTORY_MODE;
    if (options.recursive !== true) {
      yield* call(ctx, 'mkdir', path, () => mkdirAt(ctx, ctx.process.root, path, mode, 0));
      return undefined;
    }
    const first = yield* makeDirectories(ctx, path, mode, mode);
    const inode = yield* lookup(ctx, 'mkdir', path, FOLLOW);
    if (!inode.isDirectory) throw new LinuxError(Errno.EEXIST, 'mkdir', path);
    return first;
  },

  *readdir(ctx: SyscallContext, path: string): Steps<{ name: string; mode: number }[]> {
    return yield* withOpen(ctx, 'scandir', path, O_RDONLY | O_DIRECTORY, 0, (directory) => list(ctx, directory, path));
  },

  *stat(ctx: SyscallContext, path: string): Steps<HostStat> {
    return statOf(yield* lookup(ctx, 'stat', path, FOLLOW));
  },

  *lstat(ctx: SyscallContext, path: string): Steps<HostStat> {
    return statOf(yield* lookup(ctx, 'lstat', path, 0));
  },

  *statfs(ctx: SyscallContext, path: string): Steps<HostStatFs> {
    return yield* onPath(ctx, 'statfs', path, FOLLOW, (inode) => statfs(ctx, inode));
  },

  /** @returns the path without links and dots */
  *realpath(ctx: SyscallContext, path: string): Steps<string> {
    const inode = yield* lookup(ctx, 'realpath', path, FOLLOW);
    const { walk, process } = ctx;
    if (inode.isDirectory) return pathOfDirectory(process.namespace, inode);
    const { openedIn, openedAs } = walk.magic ?? { openedIn: walk.directory, openedAs: walk.name };
    if (openedIn === undefined) throw new LinuxError(Errno.ENOENT, 'realpath', path);
    return pathBelow(process.namespace, openedIn, openedAs);
  },

  /** Makes a directory of a name that nothing has. @returns its path */
  *mkdtemp(ctx: SyscallContext, prefix: string): Steps<string> {
    if (prefix === '') throw new LinuxError(Errno.EINVAL, 'mkdtemp', 'XXXXXX');
    for (let tries = 0; ; tries++) {
      const path = prefix + randomName(ctx);
      const result = yield* attempt(ctx, () => mkdirAt(ctx, ctx.process.root, path, PRIVATE_MODE, 0));
      if (result === 0) return path;
      if (result !== -Errno.EEXIST || tries === TEMPORARY_TRIES) {
        throw new LinuxError(-result, 'mkdtemp', `${prefix}XXXXXX`);
      }
    }
  },

  *access(ctx: SyscallContext, path: string, mode = 0): Steps<void> {
    const inode = yield* lookup(ctx, 'access', path, FOLLOW);
    const isExecutable = inode.isDirectory || (inode.mode & 0o111) !== 0;
    if ((mode & 1) !== 0 && !isExecutable) throw new LinuxError(Errno.EACCES, 'access', path);
    if ((mode & 2) !== 0 && ctx.process.namespace.isReadOnly(inode)) throw new LinuxError(Errno.EROFS, 'access', path);
  },

  *rm(
    ctx: SyscallContext,
    path: string,
    options: { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Steps<void> {
    const found = yield* attempt(ctx, () => find(ctx, ctx.process.root, path, 0));
    if (found === -Errno.ENOENT && options.force === true) return;
    if (found < 0) throw new LinuxError(-found, 'rm', path);
    if (!ctx.walk.inode.isDirectory) {
      yield* call(ctx, 'rm', path, () => unlinkAt(ctx, ctx.process.root, path, 0));
      return;
    }
    if (options.recursive !== true) throw new LinuxError(Errno.EISDIR, 'rm', path);
    yield* removeTree(ctx, path);
  },

  *rmdir(ctx: SyscallContext, path: string): Steps<void> {
    yield* call(ctx, 'rmdir', path, () => rmdirAt(ctx, ctx.process.root, path, 0));
  },

  *unlink(ctx: SyscallContext, path: string): Steps<void> {
    yield* call(ctx, 'unlink', path, () => unlinkAt(ctx, ctx.process.root, path, 0));
  },

  *rename(ctx: SyscallContext, from: string, to: string): Steps<void> {
    const { root } = ctx.process;
    yield* call(ctx, 'rename', from, () => renameAt(ctx, root, from, root, to, 0));
  },

  *link(ctx: SyscallContext, existing: string, path: string): Steps<void> {
    const { root } = ctx.process;
    yield* call(ctx, 'link', existing, () => linkAt(ctx, root, existing, root, path, 0, 0));
  },

  *symlink(ctx: SyscallContext, target: string, path: string): Steps<void> {
    yield* call(ctx, 'symlink', path, () => symlinkAt(ctx, target, ctx.process.root, path, 0));
  },

  *readlink(ctx: SyscallContext, path: string): Steps<string> {
    return yield* call(ctx, 'readlink', path, () => readlinkAt(ctx, ctx.process.root, path, 0));
  },

  *chmod(ctx: SyscallContext, path: string, mode: number): Steps<void> {
    yield* onPath(ctx, 'chmod', path, FOLLOW, (inode) => setMode(ctx, inode, mode));
  },

  *truncate(ctx: SyscallContext, path: string, length = 0): Steps<void> {
    const inode = yield* lookup(ctx, 'open', path, FOLLOW);
    yield* call(ctx, 'truncate', path, () => truncate(ctx, inode, length));
  },

  /**
   * Marks that differ once a file has changed: of a directory, one for each name in it; of another file, one under an empty
   * name. Of files in memory all are of one moment.
   */
  *look(ctx: SyscallContext, path: string, isDeep: boolean): Steps<[name: string, mark: string][]> {
    const top = yield* lookup(ctx, 'watch', path, FOLLOW);
    if (!top.isDirectory) return [['', markOf(top)]];
    const marks: [string, string][] = [];
    const pending = [''];
    // Grows while it is gone through.
    for (const below of pending) {
      const names = yield* namesIn(ctx, `${path}/${below}`, below !== '');
      for (const name of names) {
        const inner = below === '' ? name : `${below}/${name}`;
        const result = yield* attempt(ctx, () => find(ctx, ctx.process.root, `${path}/${inner}`, 0));
        if (result < 0) continue;
        marks.push([inner, markOf(ctx.walk.inode)]);
        if (isDeep && ctx.walk.inode.isDirectory) pending.push(inner);
      }
    }
    return marks;
  },

  /** −1 leaves an identity. */
  *chown(ctx: SyscallContext, path: string, uid: number, gid: number): Steps<void> {
    yield* onPath(ctx, 'chown', path, FOLLOW, (inode) => setOwner(ctx, inode, uid, gid));
  },

  *lchown(ctx: SyscallContext, path: string, uid: number, gid: number): Steps<void> {
    yield* onPath(ctx, 'lchown', path, 0, (inode) => setOwner(ctx, inode, uid, gid));
  },

  /** Times in seconds since 1970. */
  *utimes(ctx: SyscallContext, path: string, atime: number, mtime: number): Steps<void> {
    yield* onPath(ctx, 'utime', path, FOLLOW, (inode) => setTimes(ctx, inode, timeOf(atime), timeOf(mtime)));
  },

  *lutimes(ctx: SyscallContext, path: string, atime: number, mtime: number): Steps<void> {
    yield* onPath(ctx, 'lutime', path, 0, (inode) => setTimes(ctx, inode, timeOf(atime), timeOf(mtime)));
  },
};

/** Finds a file and works on it, in one call: what it has found stays what it is when the call waits and runs again. */
function onPath<Result>(
  ctx: SyscallContext,
  name: string,
  path: string,
  walkFlags: number,
  run: (inode: Inode) => Result | number,
): Steps<Exclude<Result, number>> {
  return call(ctx, name, path, () => {
    const found = find(ctx, ctx.process.root, path, walkFlags);
    return found < 0 ? found : run(ctx.walk.inode);
  });
}

function* lookup(ctx: SyscallContext, name: string, path: string, walkFlags: number): Steps<Inode> {
  yield* call(ctx, name, path, () => find(ctx, ctx.process.root, path, walkFlags));
  return ctx.walk.inode;
}

function* copyAll(
  ctx: SyscallContext,
  source: FileDescription,
  target: FileDescription,
  from: string,
  to: string,
): Steps<void> {
  // Devices and the files of /proc tell no size, and have no ranges.
  if (!source.inode.isRegular || !target.inode.isRegular || source.inode.size === 0) {
    yield* writeAll(ctx, target, yield* readAll(ctx, source, from), to);
    return;
  }
  for (;;) {
    const result = yield* attempt(ctx, () => copyFileRange(ctx, source, AT_OFFSET, target, AT_OFFSET, COPY_PIECE));
    if (result < 0) throw new LinuxError(-result, 'copyfile', to);
    if (result === 0) return;
    yield* pause(ctx);
  }
}

/** @param mayBeGone a directory that somebody removes meanwhile has no names */
function* namesIn(ctx: SyscallContext, path: string, mayBeGone: boolean): Steps<string[]> {
  try {
    const flags = O_RDONLY | O_DIRECTORY;
    const entries = yield* withOpen(ctx, 'watch', path, flags, 0, (directory) => list(ctx, directory, path));
    return entries.map(({ name }) => name);
  } catch (error) {
    if (mayBeGone && error instanceof LinuxError) return [];
    throw error;
  }
}

/** The inode number comes first. A directory's mark leaves out what changes with its names: they have marks of their own. */
function markOf({ ino, mode, uid, gid, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec, isDirectory }: Inode): string {
  const attributes = [ino, mode, uid, gid];
  return (isDirectory ? attributes : [...attributes, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec]).join(' ');
}

function randomName({ kernel }: SyscallContext): string {
  const bytes = new Uint8Array(TEMPORARY_LENGTH);
  kernel.random(bytes);
  return [...bytes].map((byte) => TEMPORARY[byte % TEMPORARY.length]).join('');
}
