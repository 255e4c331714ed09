// What changed in a file system in memory since some moment. Nothing is recorded but what is lost otherwise: a name carries
// the epoch in which it was made, a file the one in which it last changed, and a checkpoint ends an epoch; so an operation
// stores one number more, and only a name that was there before and goes is noted in the checkpoint. Its record is at most
// as large as the tree was. The two trees, then and now, are compared when somebody asks.

import { MemoryDirectory } from './memory-directory.ts';
import type { MemoryInode } from './memory-inode.ts';

/** Paths from the top of the file system, in no order; a renamed file is removed and created. */
export interface TreeChanges {
  readonly created: string[];
  /** Contents or attributes; a directory's entries are told for themselves. */
  readonly changed: string[];
  readonly removed: string[];
}

export interface FileSystemCheckpoint {
  changes(): TreeChanges;
  /** Nobody will ask any more. */
  release(): void;
}

export class Checkpoint implements FileSystemCheckpoint {
  /** The epoch that it ended. */
  readonly epoch: number;
  readonly release: () => void;
  readonly #root: MemoryDirectory;
  /** Names that were there and lead nowhere, or elsewhere, now. */
  readonly #lost = new Map<MemoryDirectory, Map<string, MemoryInode>>();

  constructor(epoch: number, root: MemoryDirectory, release: () => void) {
    this.epoch = epoch;
    this.release = release;
    this.#root = root;
  }

  /** For the store. */
  lost(directory: MemoryDirectory, name: string, inode: MemoryInode): void {
    let names = this.#lost.get(directory);
    if (names === undefined) {
      names = new Map();
      this.#lost.set(directory, names);
    }
    names.set(name, inode);
  }

  /** Compares then and now. What a mount hides is not looked at. */
  changes(): TreeChanges {
    const changes: TreeChanges = { created: [], changed: [], removed: [] };
    const pending: [string, MemoryInode | undefined, MemoryInode | undefined][] = [['', this.#root, this.#root]];
    // Grows while it is gone through.
    for (const [path, before, now] of pending) {
      if (before === undefined) changes.created.push(path);
      else if (now === undefined) changes.removed.push(path);
      else if (before !== now || now.changedIn > this.epoch) changes.changed.push(path);
      if (now !== undefined && now.coveredCount > 0) continue;
      const old = before instanceof MemoryDirectory ? this.#entriesThen(before) : NO_NAMES;
      const entries = now instanceof MemoryDirectory ? now.entries : NO_ENTRIES;
      const prefix = path === '' ? '' : `${path}/`;
      for (const [name, inode] of old) pending.push([prefix + name, inode, entries.get(name)?.inode]);
      for (const [name, { inode }] of entries) {
        if (!old.has(name)) pending.push([prefix + name, undefined, inode]);
      }
    }
    return changes;
  }

  #entriesThen(directory: MemoryDirectory): ReadonlyMap<string, MemoryInode> {
    const then = new Map(this.#lost.get(directory));
    for (const [name, { inode, addedIn }] of directory.entries) {
      if (addedIn <= this.epoch) then.set(name, inode);
    }
    return then;
  }
}

const NO_NAMES: ReadonlyMap<string, MemoryInode> = new Map();
const NO_ENTRIES: MemoryDirectory['entries'] = new Map();
