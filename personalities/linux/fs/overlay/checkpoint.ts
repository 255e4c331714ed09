// What changed in an overlay since some moment. It costs what was changed, not what is there, and asks the file system below
// nothing: a directory from below that was removed or moved is listed without what it holds, and a change to a file that has
// several names below is listed under the one by which it was taken over.
// Names are replaced whole (see OverlayName), so a checkpoint keeps the names of its moment; files carry the epoch of their last
// change, as in fs/memory/checkpoint. Linux's thread alone.

import type { FileSystemCheckpoint, TreeChanges } from '../../vfs/inode.ts';
import { compareTrees, SOME_FILE } from '../memory/checkpoint.ts';
import { OverlayDirectory, type OverlayName } from './directory.ts';
import type { OverlayInode } from './inode.ts';

type Names = ReadonlyMap<string, OverlayName>;

const NO_NAMES: Names = new Map();

export class OverlayCheckpoint implements FileSystemCheckpoint {
  readonly #root: OverlayDirectory;
  readonly #epoch: number;
  readonly #then = new Map<OverlayDirectory, Names>();

  /** @param epoch the one that it ended */
  constructor(root: OverlayDirectory, epoch: number) {
    this.#root = root;
    this.#epoch = epoch;
    const pending = [root];
    // Grows while it is gone through.
    for (const directory of pending) {
      if (directory.names.size === 0) continue;
      this.#then.set(directory, new Map(directory.names));
      for (const { inode } of directory.names.values()) if (inode instanceof OverlayDirectory) pending.push(inode);
    }
  }

  changes(): TreeChanges {
    return compareTrees<OverlayInode>(this.#root, this.#epoch, (before, now, pair) => {
      const old = before instanceof OverlayDirectory ? (this.#then.get(before) ?? NO_NAMES) : NO_NAMES;
      const names = now instanceof OverlayDirectory ? now.names : NO_NAMES;
      for (const [name, { inode }] of old) pair(name, inode, names.get(name)?.inode);
      for (const [name, entry] of names) {
        if (!old.has(name)) pair(name, before === now ? unkept(entry) : undefined, entry.inode);
      }
    });
  }

  release(): void {
    this.#then.clear();
  }
}

/** What a name led to before the overlay kept it. */
function unkept({ inode, isBelow, isTaken }: OverlayName): OverlayInode | typeof SOME_FILE | undefined {
  if (isTaken) return inode;
  return isBelow ? SOME_FILE : undefined;
}
