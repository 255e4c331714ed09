// An overlay: a tree that begins as another file system's and may be changed, while the file system below stays as it is. Changes
// are kept in memory, under a quota. The file system below may take time (a host directory), and may be an overlay again.
// Made by whoever boots Linux; the file system below is the overlay's from then on. Linux's thread alone.
//
// It does what Linux's overlayfs does, but: it renames directories that exist below (no EXDEV), hard links below stay links,
// inode numbers stay good, a file is copied block by block when it is written, not whole when it is opened, and an open
// description sees every change. If the file system below changes meanwhile, names that were not changed here show it; a file
// whose blocks would then be mixed is ESTALE.
// See: Linux Documentation/filesystems/overlayfs.rst.

import type { Clock } from '../../kernel/clock.ts';
import { copyAttributes } from '../../vfs/attributes.ts';
import { type FileSystem, type FileSystemStatus, type Inode, nextDevice } from '../../vfs/inode.ts';
import type { MemoryStore } from '../memory/inode.ts';
import { OverlayCheckpoint } from './checkpoint.ts';
import { OverlayDirectory } from './directory.ts';
import { OverlayFile } from './file.ts';
import { type OverlayInode, type OverlayParent, OverlaySpecial, OverlaySymlink, type OverlayTable } from './inode.ts';
import { OverlayTasks } from './tasks.ts';

export interface OverlayOptions {
  /** What is seen at first. Nobody else should change it. */
  readonly lower: FileSystem;
  /** What changes are charged to; its quota bounds them. Nothing of it is seen as a tree of its own. */
  readonly upper: MemoryStore;
  readonly clock: Clock;
}

/** Unchanged files that nobody holds and that are still kept. */
const KEPT = 4096;
/** How many files are looked at, for each that is too many. */
const LOOKS = 2;
const MOST_LOOKS = 2048;
/** The first inode number of files that were made here: no host has such. An overlay on an overlay begins higher. */
const FIRST_INO = 2 ** 52;
const INOS = 2 ** 44;

export class OverlayFileSystem implements OverlayTable {
  readonly type = 'overlay';
  readonly device = nextDevice();
  /** Kept by vfs/inode; what the overlay itself keeps does not count. */
  holds = 0;
  readonly root: OverlayDirectory;
  readonly lower: FileSystem;
  readonly upper: MemoryStore;
  readonly clock: Clock;
  readonly tasks = new OverlayTasks();
  /** Files that a name below leads to, longest unused first. */
  readonly #byLower = new Map<Inode, OverlayInode>();
  readonly #firstIno: number;

  constructor({ lower, upper, clock }: OverlayOptions) {
    this.lower = lower;
    this.upper = upper;
    this.clock = clock;
    this.#firstIno = lower instanceof OverlayFileSystem ? lower.#firstIno + INOS : FIRST_INO;
    const { mode, uid, gid } = lower.root;
    this.root = new OverlayDirectory(this, mode, uid, gid, lower.root);
  }

  /** As Linux: that of the store that holds the changes. */
  status(): FileSystemStatus {
    return this.upper.status();
  }

  checkpoint(): OverlayCheckpoint {
    return new OverlayCheckpoint(this.root, this.upper.epoch++);
  }

  poll(): void {
    this.lower.poll?.();
    this.tasks.poll();
    if (this.#byLower.size > KEPT) this.#letGo();
  }

  isBusy(): boolean {
    return this.tasks.isBusy || (this.lower.isBusy?.() ?? false);
  }

  dispose(): void {
    this.lower.dispose?.();
    this.upper.dispose();
  }

  nextIno(): number {
    return this.#firstIno + this.upper.nextIno();
  }

  inodeOf(lower: Inode, directory: OverlayParent, name: string): OverlayInode {
    let inode = this.#byLower.get(lower);
    // The host uses the number for another file, or has changed it: what was taken over stays under its own name.
    if (inode?.isOwn === true && !inode.isAsTaken()) inode = undefined;
    if (inode === undefined) {
      inode = this.#make(lower);
      this.#byLower.set(lower, inode);
    }
    inode.isRecent = true;
    if (!inode.isOwn) copyAttributes(lower, inode);
    if (!inode.isOwn || inode.directory === undefined) inode.setPlace(directory, name);
    return inode;
  }

  unlist(inode: OverlayInode): void {
    const { lower } = inode;
    if (lower !== undefined && this.#byLower.get(lower) === inode) this.#byLower.delete(lower);
  }

  #make(lower: Inode): OverlayInode {
    const { mode, uid, gid } = lower;
    if (lower.isDirectory) return new OverlayDirectory(this, mode, uid, gid, lower);
    if (lower.isRegular) return new OverlayFile(this, mode, uid, gid, lower);
    return lower.isSymlink ? new OverlaySymlink(this, uid, gid, lower) : new OverlaySpecial(this, lower);
  }

  /** Forgets files that nobody uses. Between calls only: during one, what was looked up is not held yet. */
  #letGo(): void {
    let looks = Math.min((this.#byLower.size - KEPT) * LOOKS, MOST_LOOKS);
    for (const [lower, inode] of this.#byLower) {
      if (looks-- === 0) return;
      this.#byLower.delete(lower);
      if (inode.isOwn || inode.isRecent || !inode.isUnused) {
        inode.isRecent = false;
        this.#byLower.set(lower, inode);
      } else inode.letGo();
    }
  }
}
