// Removal of a directory with everything below it, for the machine's embedder. Walks by inode, not by path, so that no
// depth is too deep; goes down only where a directory turns out not to be empty.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { rmdirAt, unlinkAt } from '../syscalls/links.ts';
import type { Inode } from '../vfs/inode.ts';
import { isDirectoryMode, O_RDONLY } from '../vfs/mode.ts';
import { call, list } from './steps.ts';

interface Task {
  /** The directory that holds the name. */
  readonly base: Inode;
  readonly name: string;
  readonly isDirectory: boolean;
  isListed: boolean;
}

/** Removes a directory, which `path` names. */
export function* removeTree(ctx: SyscallContext, path: string): Steps<void> {
  const tasks: Task[] = [{ base: ctx.process.root, name: path, isDirectory: true, isListed: false }];
  for (let task = tasks.at(-1); task !== undefined; task = tasks.at(-1)) {
    const { base, name } = task;
    if (!task.isDirectory) {
      const result = yield* attempt(ctx, () => unlinkAt(ctx, base, name, 0));
      if (result < 0 && result !== -Errno.ENOENT) throw new LinuxError(-result, 'rm', path);
      tasks.pop();
      continue;
    }
    const result = yield* attempt(ctx, () => rmdirAt(ctx, base, name, 0));
    if (result === 0 || result === -Errno.ENOENT) {
      tasks.pop();
      continue;
    }
    if (result !== -Errno.ENOTEMPTY || task.isListed) throw new LinuxError(-result, 'rm', path);
    task.isListed = true;
    tasks.push(...(yield* tasksBelow(ctx, base, name, path)));
  }
}

function* tasksBelow(ctx: SyscallContext, base: Inode, name: string, path: string): Steps<Task[]> {
  yield* call(ctx, 'rm', path, () => ctx.walk.toInode(ctx, ctx.process, base, name, 0));
  const { inode } = ctx.walk;
  const directory = yield* call(ctx, 'rm', path, () => inode.open(ctx, O_RDONLY));
  directory.retain();
  try {
    const entries = yield* list(ctx, directory, path);
    return entries.map((entry) => ({
      base: inode,
      name: entry.name,
      isDirectory: isDirectoryMode(entry.mode),
      isListed: false,
    }));
  } finally {
    directory.release();
  }
}
