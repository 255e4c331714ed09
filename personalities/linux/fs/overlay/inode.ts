// The base of all files of an overlay. Until something of a file changes, it is what it is in the file system below; from then
// on what it is is kept here. It is one object before and after, so descriptions, working directories and inode numbers stay
// good. Linux's thread alone.
//
// To take a file over is to keep its attributes here from now on, and to enter its name in its directory, and that
// directory's in the one above, so that whatever happens below does not lead away from it.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Clock } from '../../kernel/clock.ts';
import { changeMode, changeOwner, changeTimes, copyAttributes } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { type FileSystem, Inode, type TimesChange } from '../../vfs/inode.ts';
import { S_IFLNK } from '../../vfs/mode.ts';
import { nameLength } from '../../vfs/names.ts';
import { INODE_COST, type MemoryStore } from '../memory/inode.ts';
import type { OverlayTasks } from './tasks.ts';

/** The overlay, as its files use it. */
export interface OverlayTable extends FileSystem {
  readonly clock: Clock;
  /** What changes are charged to. */
  readonly upper: MemoryStore;
  readonly tasks: OverlayTasks;
  nextIno(): number;
  /** The file of the overlay for one below, which was found just now. */
  inodeOf(lower: Inode, directory: OverlayParent, name: string): OverlayInode;
  /** No name below leads to it any more. */
  unlist(inode: OverlayInode): void;
}

/** What a file needs of the directory that holds it. */
export interface OverlayParent extends Inode {
  refer(): void;
  unrefer(): void;
  /** Enters a name for what it names below. @returns 0 or −ENOSPC */
  takeName(name: string, inode: OverlayInode): number;
}

/** Whether an errno says that what was below is there no more. */
export function isGone(result: number): boolean {
  return result === -Errno.ENOENT || result === -Errno.ESTALE || result === -Errno.ENOTDIR;
}

let lastSerial = 0;

export abstract class OverlayInode extends Inode {
  readonly fileSystem: OverlayTable;
  /** No other file of an overlay has it, ever. */
  readonly serial = ++lastSerial;
  /** What it is, or was, below; undefined: it was made here. */
  lower: Inode | undefined;
  /** Its attributes are kept here. */
  isOwn: boolean;
  /** The epoch of `upper` when contents or attributes last changed here, other than by reading. */
  changedIn = 0;
  /** The directory that it was last seen in, under which name; undefined: the top, or it has no name that is known. */
  directory: OverlayParent | undefined;
  name = '';
  /** Files seen in it, and tasks. They keep it, as holds do, but do not count as use of the file system. */
  #references = 0;
  /** Looked up since the overlay last let files go. */
  isRecent = false;
  #isCharged: boolean;
  #isForgotten = false;

  /** @param lower undefined: it is made here, and INODE_COST was charged for it */
  constructor(fileSystem: OverlayTable, mode: number, uid: number, gid: number, lower: Inode | undefined) {
    super(lower?.ino ?? fileSystem.nextIno(), mode, uid, gid);
    this.fileSystem = fileSystem;
    this.lower = lower;
    this.isOwn = lower === undefined;
    this.#isCharged = lower === undefined;
    if (lower === undefined) return;
    lower.hold();
    copyAttributes(lower, this);
  }

  protected get clock(): Clock {
    return this.fileSystem.clock;
  }

  override refresh(caller: Caller): number {
    if (this.isOwn) return 0;
    const { lower } = this;
    if (lower === undefined) return -Errno.ESTALE;
    const result = lower.refresh(caller);
    if (result >= 0) copyAttributes(lower, this);
    return result;
  }

  override setMode(caller: Caller, mode: number): number {
    const result = this.#takeOverToChange(caller);
    return result < 0 ? result : changeMode(this, this.clock, mode);
  }
  override setOwner(caller: Caller, uid: number, gid: number): number {
    const result = this.#takeOverToChange(caller);
    return result < 0 ? result : changeOwner(this, this.clock, uid, gid);
  }
  override setTimes(caller: Caller, change: TimesChange): number {
    const result = this.#takeOverToChange(caller);
    return result < 0 ? result : changeTimes(this, this.clock, change);
  }

  /** Takes it over as it is below now. @returns 0 or −errno: −ENOSPC, −ERESTART, what the file below answers */
  takeOver(caller: Caller): number {
    if (this.isOwn) return 0;
    const result = this.refresh(caller);
    return result < 0 ? result : this.takeOverSeen();
  }

  /** Takes it over as it was last seen below. @returns 0, −ENOSPC, or −ESTALE: it was forgotten since it was looked up */
  takeOverSeen(): number {
    if (this.isOwn) return 0;
    if (this.lower === undefined) return -Errno.ESTALE;
    const { upper } = this.fileSystem;
    if (!upper.quota.take(INODE_COST)) return -Errno.ENOSPC;
    const result = this.directory?.takeName(this.name, this) ?? 0;
    if (result < 0) {
      upper.quota.give(INODE_COST);
      return result;
    }
    this.#isCharged = true;
    upper.inodes++;
    // Another name of the file still finds it by what it is below.
    if (this.isDirectory || this.nlink === 1) this.fileSystem.unlist(this);
    this.becomeOwn();
    return 0;
  }

  /** A name of it is about to go: makes sure that others can stay. @returns as `takeOverSeen` */
  prepareLoss(): number {
    return this.nlink > 1 && !this.isDirectory ? this.takeOverSeen() : 0;
  }

  /** A name of it goes: descriptions that are open see it as it is now. It will not last, so nothing is charged. */
  keep(): void {
    if (!this.isOwn) this.becomeOwn();
  }

  protected becomeOwn(): void {
    if (this.lower !== undefined) copyAttributes(this.lower, this);
    this.isOwn = true;
  }

  /** Whether what is below is still what was taken over. */
  isAsTaken(): boolean {
    return true;
  }

  #takeOverToChange(caller: Caller): number {
    const result = this.takeOver(caller);
    if (result >= 0) this.changed();
    return result;
  }

  /** Contents or attributes change. */
  protected changed(): void {
    this.changedIn = this.fileSystem.upper.epoch;
  }

  /** It was found, made or moved there. */
  setPlace(directory: OverlayParent | undefined, name: string): void {
    this.name = name;
    if (directory === this.directory) return;
    directory?.refer();
    this.directory?.unrefer();
    this.directory = directory;
  }

  /** Something of the overlay itself uses it. */
  refer(): void {
    this.#references++;
  }
  unrefer(): void {
    this.#references--;
    this.unused();
  }

  /** Nobody uses it, but for those that below or in its directory find it by name. */
  get isUnused(): boolean {
    return this.holds === 0 && this.#references === 0 && this.coveredCount === 0;
  }

  /** Its last name is gone. */
  gone(): void {
    this.fileSystem.unlist(this);
    this.unused();
  }

  protected override unused(): void {
    if (this.nlink === 0 && this.isUnused && !this.#isForgotten) this.#forget();
  }

  /** Lets go of what it is below, and of its directory. */
  letGo(): void {
    this.lower?.drop();
    this.lower = undefined;
    this.setPlace(undefined, '');
  }

  /** Gives contents back to the quota. */
  protected discard(): void {}

  #forget(): void {
    this.#isForgotten = true;
    this.fileSystem.unlist(this);
    this.discard();
    if (this.#isCharged) {
      this.#isCharged = false;
      const { upper } = this.fileSystem;
      upper.inodes--;
      upper.quota.give(INODE_COST);
    }
    this.letGo();
  }
}

export class OverlaySymlink extends OverlayInode {
  /** Of a link that was made here. */
  readonly #target: string;

  constructor(fileSystem: OverlayTable, uid: number, gid: number, origin: Inode | string) {
    super(fileSystem, S_IFLNK | 0o777, uid, gid, typeof origin === 'string' ? undefined : origin);
    this.#target = typeof origin === 'string' ? origin : '';
    if (typeof origin === 'string') this.size = nameLength(origin);
  }

  open(): number {
    return -Errno.ELOOP;
  }

  override readlink(caller: Caller): string | number {
    return this.lower?.readlink(caller) ?? this.#target;
  }

  protected override discard(): void {
    this.fileSystem.upper.quota.give(this.#target.length);
  }
}

/** A device, FIFO or socket: it is opened below; its attributes and names are kept here. */
export class OverlaySpecial extends OverlayInode {
  constructor(fileSystem: OverlayTable, lower: Inode) {
    super(fileSystem, lower.mode, lower.uid, lower.gid, lower);
  }

  open(caller: Caller, flags: number): FileDescription | number {
    return this.lower?.open(caller, flags) ?? -Errno.ENXIO;
  }
}
