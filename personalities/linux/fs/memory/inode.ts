// The base of all files of the file system in memory, and the store that they are charged to.

import type { Clock } from '../../kernel/clock.ts';
import { changeMode, changeOwner, changeTimes } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import { type FileSystem, type FileSystemStatus, Inode, nextDevice, type TimesChange } from '../../vfs/inode.ts';
import type { Quota } from '../../vfs/quota.ts';

/** What an inode and a name cost of the quota besides file contents: about what they take on the heap. */
export const INODE_COST = 512;
export const NAME_COST = 128;
const BLOCK = 4096;

/** What the store tells a checkpoint that is open. */
interface OpenCheckpoint {
  /** The epoch that it ended. */
  readonly epoch: number;
  lost(directory: MemoryInode, name: string, inode: MemoryInode): void;
}

export abstract class MemoryStore implements FileSystem {
  readonly type: string;
  readonly device: number = nextDevice();
  readonly clock: Clock;
  readonly quota: Quota;
  abstract readonly root: Inode;
  /** Rises with every checkpoint: names and files carry the epoch of their last change (see fs/memory/checkpoint). */
  epoch = 1;
  /** The epoch that the newest open checkpoint ended; 0 when none is open. */
  checkedEpoch = 0;
  protected readonly checkpoints = new Set<OpenCheckpoint>();
  #lastIno = 0;
  /** Inodes that exist, unlinked but open ones included. */
  inodes = 0;

  constructor(type: string, clock: Clock, quota: Quota) {
    this.type = type;
    this.clock = clock;
    this.quota = quota;
  }

  status(): FileSystemStatus {
    const free = Math.max(0, Math.floor(this.quota.left / BLOCK));
    const filesFree = Math.max(0, Math.floor(this.quota.left / INODE_COST));
    return {
      blockSize: BLOCK,
      blocks: Math.floor(this.quota.limit / BLOCK),
      blocksFree: free,
      files: this.inodes + filesFree,
      filesFree,
    };
  }

  /** Nothing refers to what is in it any more. */
  dispose(): void {
    this.quota.end();
  }

  /** A name that was there when the newest checkpoint was made leads nowhere, or elsewhere, now. */
  lost(directory: MemoryInode, name: string, inode: MemoryInode, addedIn: number): void {
    for (const checkpoint of this.checkpoints) {
      if (addedIn <= checkpoint.epoch) checkpoint.lost(directory, name, inode);
    }
  }

  nextIno(): number {
    this.inodes++;
    return ++this.#lastIno;
  }
}

export abstract class MemoryInode extends Inode {
  readonly fileSystem: MemoryStore;
  /** The store's epoch when contents or attributes last changed, other than by reading. */
  changedIn = 0;

  constructor(store: MemoryStore, mode: number, uid: number, gid: number) {
    super(store.nextIno(), mode, uid, gid);
    this.fileSystem = store;
  }

  override setMode(_caller: Caller, mode: number): number {
    this.changedIn = this.fileSystem.epoch;
    return changeMode(this, this.fileSystem.clock, mode);
  }
  override setOwner(_caller: Caller, uid: number, gid: number): number {
    this.changedIn = this.fileSystem.epoch;
    return changeOwner(this, this.fileSystem.clock, uid, gid);
  }
  override setTimes(_caller: Caller, change: TimesChange): number {
    this.changedIn = this.fileSystem.epoch;
    return changeTimes(this, this.fileSystem.clock, change);
  }

  /** The last name is gone; the storage stays as long as somebody holds the file. */
  unlinked(): void {
    if (this.holds === 0) this.#forget();
  }

  protected override unused(): void {
    if (this.nlink === 0) this.#forget();
  }

  /** Gives contents back to the quota. */
  protected discard(): void {}

  #forget(): void {
    this.discard();
    this.fileSystem.inodes--;
    this.fileSystem.quota.give(INODE_COST);
  }
}
