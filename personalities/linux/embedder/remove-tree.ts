// Removal of a directory with everything below it, for the machine's embedder. Walks by inode, not by path, so that no
// depth is too deep; goes down only where a directory turns out not to be empty.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { rmdirAt, unlinkAt } from '../syscalls/links.ts';
import type { Inode } from '../vfs/inode.ts';
import { isDirectoryMode, O_RDONLY } from '../vfs/mode.ts';
import { call, list, using } from './steps.ts';

interface Task {
  /** The directory that holds the name. */
  readonly base: Inode;
  readonly name: string;
  readonly isDirectory: boolean;
  /** The directory itself, once it was listed: held, since the names in it are found by it. */
  listed: Inode | undefined;
}

/** Removes a directory, which `path` names. */
export function* removeTree(ctx: SyscallContext, path: string): Steps<void> {
  const tasks: Task[] = [{ base: ctx.process.root, name: path, isDirectory: true, listed: undefined }];
  try {
    for (let task = tasks.at(-1); task !== undefined; task = tasks.at(-1)) {
      const { base, name, isDirectory, listed } = task;
      const result = yield* attempt(ctx, () => (isDirectory ? rmdirAt : unlinkAt)(ctx, base, name, 0));
      if (result === -Errno.ENOTEMPTY && isDirectory && listed === undefined) {
        tasks.push(...(yield* tasksBelow(ctx, task, path)));
        continue;
      }
      if (result < 0 && result !== -Errno.ENOENT) throw new LinuxError(-result, 'rm', path);
      tasks.pop();
      listed?.drop();
    }
  } finally {
    for (const { listed } of tasks) listed?.drop();
  }
}

function* tasksBelow(ctx: SyscallContext, task: Task, path: string): Steps<Task[]> {
  yield* call(ctx, 'rm', path, () => ctx.walk.toInode(ctx, ctx.process, task.base, task.name, 0));
  const { inode } = ctx.walk;
  inode.hold();
  task.listed = inode;
  const directory = yield* call(ctx, 'rm', path, () => inode.open(ctx, O_RDONLY));
  const entries = yield* using(directory, () => list(ctx, directory, path));
  return entries.map(({ name, mode }) => {
    return { base: inode, name, isDirectory: isDirectoryMode(mode), listed: undefined };
  });
}
