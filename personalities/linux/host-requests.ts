// `machine.fs` on the inside: operations shaped like node:fs/promises', on values that survive a structured clone. They run
// as the kernel's process (root), through the same calls as a guest's, also on file systems that take time: an operation
// is a generator, which stops where a call has to wait and goes on from there.
// Paths are absolute. Errors are LinuxErrors.

import { Errno } from '../../runtime/abi/errno.ts';
import { attempt, call, list, readAll, type Steps, withOpen, writeAll } from './host-steps.ts';
import { imageOperations } from './image/image-requests.ts';
import type { SyscallContext } from './kernel/context.ts';
import { LinuxError } from './kernel/error.ts';
import { removeTree } from './remove-tree.ts';
import { find, type NewTime, setMode, setTimes, truncate } from './syscalls/attributes.ts';
import { linkAt, mkdirAt, readlinkAt, renameAt, rmdirAt, symlinkAt, unlinkAt } from './syscalls/links.ts';
import type { Inode } from './vfs/inode.ts';
import { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } from './vfs/mode.ts';
import { FOLLOW } from './vfs/walk.ts';

export type { HostOutcome } from './host-steps.ts';

const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;
const BLOCK = 4096;

interface WriteOptions {
  readonly mode?: number;
  /** `w` (default), `a`, `wx`, `ax`. */
  readonly flag?: string;
}

const WRITE_FLAGS = new Map([
  ['w', O_TRUNC],
  ['wx', O_TRUNC | O_EXCL],
  ['a', O_APPEND],
  ['ax', O_APPEND | O_EXCL],
]);

/** By name; the first parameter is the context, the others are the request's. */
export const hostOperations = {
  ...imageOperations,

  *readFile(ctx: SyscallContext, path: string): Steps<Uint8Array> {
    return yield* withOpen(ctx, 'open', path, O_RDONLY, 0, (file) => readAll(ctx, file, path));
  },

  *writeFile(ctx: SyscallContext, path: string, bytes: Uint8Array, options: WriteOptions = {}): Steps<void> {
    const extra = WRITE_FLAGS.get(options.flag ?? 'w');
    if (extra === undefined) throw new LinuxError(Errno.EINVAL, 'open', path);
    const flags = O_WRONLY | O_CREAT | extra;
    yield* withOpen(ctx, 'open', path, flags, options.mode ?? FILE_MODE, (file) => writeAll(ctx, file, bytes, path));
  },

  *copyFile(ctx: SyscallContext, from: string, to: string): Steps<void> {
    yield* withOpen(ctx, 'copyfile', from, O_RDONLY, 0, function* (source) {
      const bytes = yield* readAll(ctx, source, from);
      const mode = source.inode.mode & 0o777;
      const flags = O_WRONLY | O_CREAT | O_TRUNC;
      yield* withOpen(ctx, 'copyfile', to, flags, mode, (target) => writeAll(ctx, target, bytes, to));
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
    let first: string | undefined;
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const result = yield* attempt(ctx, () => mkdirAt(ctx, ctx.process.root, part, mode, 0));
      if (result === 0) first ??= part;
      else if (result !== -Errno.EEXIST) throw new LinuxError(-result, 'mkdir', path);
      if (end < 0) break;
    }
    const inode = yield* lookup(ctx, 'mkdir', path, FOLLOW);
    if (!inode.isDirectory) throw new LinuxError(Errno.EEXIST, 'mkdir', path);
    return first;
  },

  *readdir(ctx: SyscallContext, path: string): Steps<{ name: string; mode: number }[]> {
    return yield* withOpen(ctx, 'scandir', path, O_RDONLY | O_DIRECTORY, 0, (directory) => list(ctx, directory, path));
  },

  *stat(ctx: SyscallContext, path: string): Steps<object> {
    return statOf(yield* lookup(ctx, 'stat', path, FOLLOW));
  },

  *lstat(ctx: SyscallContext, path: string): Steps<object> {
    return statOf(yield* lookup(ctx, 'lstat', path, 0));
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
    const inode = yield* lookup(ctx, 'chmod', path, FOLLOW);
    yield* call(ctx, 'chmod', path, () => setMode(ctx, inode, mode));
  },

  *truncate(ctx: SyscallContext, path: string, length = 0): Steps<void> {
    const inode = yield* lookup(ctx, 'open', path, FOLLOW);
    yield* call(ctx, 'truncate', path, () => truncate(ctx, inode, length));
  },

  /** Times in seconds since 1970. */
  *utimes(ctx: SyscallContext, path: string, atime: number, mtime: number): Steps<void> {
    const inode = yield* lookup(ctx, 'utime', path, FOLLOW);
    yield* call(ctx, 'utime', path, () => setTimes(ctx, inode, newTime(atime), newTime(mtime)));
  },
};

export type HostOperation = keyof typeof hostOperations;

/** The steps of an operation. */
export function beginHostRequest(
  ctx: SyscallContext,
  operation: HostOperation,
  args: readonly unknown[],
): Steps<unknown> {
  const begin = hostOperations[operation] as (ctx: SyscallContext, ...args: readonly unknown[]) => Steps<unknown>;
  return begin(ctx, ...args);
}

function* lookup(ctx: SyscallContext, name: string, path: string, walkFlags: number): Steps<Inode> {
  yield* call(ctx, name, path, () => find(ctx, ctx.process.root, path, walkFlags));
  return ctx.walk.inode;
}

function newTime(seconds: number): NewTime {
  const sec = Math.floor(seconds);
  return { sec, nsec: Math.floor((seconds - sec) * 1e9) };
}

/** What stat(2) tells, by Node's names. */
function statOf(inode: Inode): object {
  return {
    dev: inode.fileSystem.device,
    ino: inode.ino,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    rdev: inode.rdev,
    size: inode.size,
    blksize: BLOCK,
    blocks: Math.ceil(inode.storage / 512),
    atimeMs: inode.atimeSec * 1000 + inode.atimeNsec / 1e6,
    mtimeMs: inode.mtimeSec * 1000 + inode.mtimeNsec / 1e6,
    ctimeMs: inode.ctimeSec * 1000 + inode.ctimeNsec / 1e6,
  };
}
