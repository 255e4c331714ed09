// What changed in a file system in memory since some moment. A name carries the epoch in which it was made, a file the one in
// which it changed last, and a checkpoint ends an epoch; so an operation stores one number more. Only a name that was there
// before and goes is noted in the checkpoint, which so is at most as large as the tree was. The two trees, then and now, are
// compared when somebody asks.

import type { FileSystemCheckpoint, Inode, TreeChanges } from '../../vfs/inode.ts';
import { MemoryDirectory } from './directory.ts';
import type { MemoryInode } from './inode.ts';

/** Stands for a file that was there then and is none of those that are there now. */
export const SOME_FILE = 'some file';

/** What a path led to. */
type Then<File> = File | typeof SOME_FILE | undefined;

/**
 * Compares a tree then and now. What a mount hides is not looked at.
 *
 * @param epoch the last before the changes
 * @param pairNames calls `pair` with each name that is in either of two directories, and what it led to
 */
export function compareTrees<File extends Inode & { readonly changedIn: number }>(
  root: File,
  epoch: number,
  pairNames: (
    before: Then<File>,
    now: File | undefined,
    pair: (name: string, before: Then<File>, now: File | undefined) => void,
  ) => void,
): TreeChanges {
  const changes: TreeChanges = { created: [], changed: [], removed: [] };
  const pending: [string, Then<File>, File | undefined][] = [['', root, root]];
  // Grows while it is gone through.
  for (const [path, before, now] of pending) {
    if (before !== undefined && now !== undefined) {
      if (before !== now || now.changedIn > epoch) changes.changed.push(path);
    } else if (before !== undefined) changes.removed.push(path);
    else if (now !== undefined) changes.created.push(path);
    if (now !== undefined && now.coveredCount > 0) continue;
    const prefix = path === '' ? '' : `${path}/`;
    pairNames(before, now, (name, then, nowThere) => pending.push([prefix + name, then, nowThere]));
  }
  return changes;
}

export class Checkpoint implements FileSystemCheckpoint {
  /** The epoch that it ended. */
  readonly epoch: number;
  readonly release: () => void;
  readonly #root: MemoryDirectory;
  /** Names that were there and lead nowhere, or elsewhere, now. */
  readonly #lost = new Map<MemoryInode, Map<string, MemoryInode>>();

  constructor(epoch: number, root: MemoryDirectory, release: () => void) {
    this.epoch = epoch;
    this.release = release;
    this.#root = root;
  }

  /** For the store. */
  lost(directory: MemoryInode, name: string, inode: MemoryInode): void {
    let names = this.#lost.get(directory);
    if (names === undefined) {
      names = new Map();
      this.#lost.set(directory, names);
    }
    names.set(name, inode);
  }

  /** Compares then and now. */
  changes(): TreeChanges {
    return compareTrees<MemoryInode>(this.#root, this.epoch, (before, now, pair) => {
      const old = before instanceof MemoryDirectory ? this.#entriesThen(before) : NO_NAMES;
      const entries = now instanceof MemoryDirectory ? now.entries : NO_ENTRIES;
      for (const [name, inode] of old) pair(name, inode, entries.get(name)?.inode);
      for (const [name, { inode }] of entries) if (!old.has(name)) pair(name, undefined, inode);
    });
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
