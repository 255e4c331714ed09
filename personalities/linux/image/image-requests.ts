// The operations of `machine.fs` on whole trees: images saved and restored, and what changed since a checkpoint. An image goes by
// pieces, a request each, so that neither side holds more of it than a piece. See: embedder/requests, for the other operations.

import { Errno } from '../../../runtime/abi/errno.ts';
import { call } from '../embedder/steps.ts';
import { MemoryDirectory } from '../fs/memory/directory.ts';
import { snapshotTree } from '../fs/memory/tree.ts';
import type { Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import { find } from '../syscalls/attributes.ts';
import { FOLLOW } from '../vfs/walk.ts';
import { BOOT, changesSince, type OpenTrees } from './open-trees.ts';
import { StagedTree } from './staged-tree.ts';
import { TarReader } from './tar-reader.ts';
import { tarOf } from './tar-writer.ts';

/** By name, for what is open of one Linux's trees. */
export const imageOperations = (openTrees: OpenTrees) => ({
  /** @returns the number of the image; it is of this moment, whatever happens before it is read */
  *saveBegin(ctx: SyscallContext, path: string): Steps<number> {
    const top = yield* memoryDirectory(ctx, 'save', path);
    const { entries, release } = snapshotTree(top);
    return openTrees.addSaving({ chunks: tarOf(entries), release });
  },

  /** @returns the next piece of the image; undefined: there is no more */
  saveRead: atOnce((_ctx, id: number) => {
    const saving = openTrees.saving(id);
    let isOpen = false;
    try {
      const next = saving.chunks.next();
      isOpen = next.done !== true;
      return next.value ?? undefined;
    } finally {
      if (!isOpen) openTrees.endSaving(id);
    }
  }),

  /** The rest of the image is not wanted. */
  saveEnd: atOnce((_ctx, id: number) => {
    openTrees.endSaving(id);
  }),

  /** @param isMerging whether what is there and not in the image stays */
  *restoreBegin(ctx: SyscallContext, path: string, isMerging: boolean): Steps<number> {
    const target = yield* memoryDirectory(ctx, 'restore', path);
    if (ctx.process.namespace.isReadOnly(target)) throw new LinuxError(Errno.EROFS, 'restore', path);
    const tree = new StagedTree(target, isMerging);
    return openTrees.addRestoring({ reader: new TarReader(tree), tree });
  },

  /** Takes the next piece of an image. An image that is refused is forgotten, with all of it that was taken before. */
  restoreWrite: atOnce((_ctx, id: number, bytes: Uint8Array) => {
    const restoring = openTrees.takeRestoring(id);
    restoring.reader.push(bytes);
    openTrees.addRestoring(restoring, id);
  }),

  /** The image is complete: puts its tree in place. */
  restoreEnd: atOnce((_ctx, id: number) => {
    const { reader, tree } = openTrees.takeRestoring(id);
    reader.finish();
    tree.commit();
  }),

  restoreAbort: atOnce((_ctx, id: number) => {
    openTrees.takeRestoring(id);
  }),

  /** @returns the number of a checkpoint: what changes from now on can be asked for */
  checkpoint: atOnce((ctx) => {
    return openTrees.addCheckpoint(ctx.process.namespace);
  }),

  changes: atOnce((ctx, id: number = BOOT) => {
    return changesSince(openTrees.checkpoint(id), ctx.process.namespace);
  }),

  checkpointEnd: atOnce((_ctx, id: number) => {
    openTrees.endCheckpoint(id);
  }),

  /** The machine is ready for its embedder: changes are counted from here. */
  booted: atOnce((ctx) => {
    openTrees.markBoot(ctx.process.namespace);
  }),
});

/** An operation that never has to wait. */
function atOnce<Args extends readonly unknown[], Result>(
  run: (ctx: SyscallContext, ...args: Args) => Result,
): (ctx: SyscallContext, ...args: Args) => Steps<Result> {
  return function* (ctx, ...args) {
    yield* NO_STEPS;
    return run(ctx, ...args);
  };
}

const NO_STEPS: readonly undefined[] = [];

/** A directory whose files are kept in memory. */
function* memoryDirectory(ctx: SyscallContext, name: string, path: string): Steps<MemoryDirectory> {
  yield* call(ctx, name, path, () => find(ctx, ctx.process.root, path, FOLLOW));
  const { inode } = ctx.walk;
  if (!inode.isDirectory) throw new LinuxError(Errno.ENOTDIR, name, path);
  if (inode instanceof MemoryDirectory) return inode;
  throw new LinuxError(Errno.EOPNOTSUPP, name, path, 'only files in the machine’s memory are kept in images');
}
