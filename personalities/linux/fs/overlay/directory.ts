// Directories of an overlay. What is below shows through, except under the names that are kept here: files that were made,
// moved or changed here, and names that were removed (whiteouts). A directory that is moved takes what is below it along,
// because it, not its path, refers to it; one that was made here has nothing below. Linux's thread alone.
//
// Each operation first makes sure of what may have to wait or fail, then changes everything at once.
// See: Linux Documentation/filesystems/overlayfs.rst.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { pause, type Steps } from '../../kernel/block.ts';
import { stampAll, stampChange, stampModification } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { FileDescription, Inode } from '../../vfs/inode.ts';
import { S_IFDIR, S_ISGID } from '../../vfs/mode.ts';
import { groupOfNew } from '../../vfs/permissions.ts';
import { INODE_COST, NAME_COST } from '../memory/inode.ts';
import { OverlayFile } from './file.ts';
import { isGone, OverlayInode, type OverlayParent, OverlaySymlink, type OverlayTable } from './inode.ts';
import { OverlayDirectoryDescription, OverlayListing } from './listing.ts';
import { listBelow, NAMES_A_SLICE, type OverlayTask } from './tasks.ts';

/** A name that is kept here. */
export interface OverlayName {
  /** Undefined: the name below is hidden. */
  readonly inode: OverlayInode | undefined;
  /** There is, or was when it was last seen, such a name below. */
  readonly isBelow: boolean;
  /** It is listed where the name below was. */
  readonly keepsPlace: boolean;
  /** It is the file that the name below is, taken over. */
  readonly isTaken: boolean;
}

const WHITEOUT: OverlayName = { inode: undefined, isBelow: true, keepsPlace: false, isTaken: false };

export class OverlayDirectory extends OverlayInode implements OverlayParent {
  declare directory: OverlayDirectory | undefined;
  readonly names = new Map<string, OverlayName>();
  isRemoved = false;
  /** Names here that are not hidden. */
  #visible = 0;
  /** While somebody has it open. */
  #listing: OverlayListing | undefined;
  #opens = 0;

  constructor(fileSystem: OverlayTable, mode: number, uid: number, gid: number, lower: Inode | undefined) {
    super(fileSystem, S_IFDIR | (mode & 0o7777), uid, gid, lower);
    if (lower === undefined) this.nlink = 2;
  }

  open(_caller: Caller, flags: number): FileDescription {
    return new OverlayDirectoryDescription(this, flags);
  }

  /** Linux: what is removed still has its `..`. */
  override parent(): Inode {
    return this.directory ?? this;
  }

  override lookup(caller: Caller, name: string, path = '', rest = 0): Inode | number {
    const here = this.names.get(name);
    if (here !== undefined) return here.inode ?? -Errno.ENOENT;
    const { lower } = this;
    if (lower === undefined) return this.isOwn ? -Errno.ENOENT : -Errno.ESTALE;
    const found = lower.lookup(caller, name, path, rest);
    if (typeof found === 'number') return this.isOwn && isGone(found) ? -Errno.ENOENT : found;
    return this.fileSystem.inodeOf(found, this, name);
  }

  override create(caller: Caller, name: string, mode: number): Inode | number {
    const refusal = this.#prepareNew(caller, name, INODE_COST);
    if (refusal < 0) return refusal;
    return this.#add(name, new OverlayFile(this.fileSystem, mode, caller.uid, groupOfNew(this, caller), undefined));
  }

  override mkdir(caller: Caller, name: string, mode: number): Inode | number {
    const refusal = this.#prepareNew(caller, name, INODE_COST);
    if (refusal < 0) return refusal;
    // Linux: a set-group-ID directory hands the bit and its group down.
    const bits = mode | (this.mode & S_ISGID);
    this.#countSubdirectory(1);
    return this.#add(
      name,
      new OverlayDirectory(this.fileSystem, bits, caller.uid, groupOfNew(this, caller), undefined),
    );
  }

  override symlink(caller: Caller, name: string, target: string): Inode | number {
    const refusal = this.#prepareNew(caller, name, INODE_COST + target.length);
    if (refusal < 0) return refusal;
    return this.#add(name, new OverlaySymlink(this.fileSystem, caller.uid, groupOfNew(this, caller), target));
  }

  override link(caller: Caller, name: string, inode: Inode): number {
    if (!(inode instanceof OverlayInode)) return -Errno.EXDEV;
    let refusal = inode.takeOver(caller);
    if (refusal < 0) return refusal;
    refusal = this.#prepareNew(caller, name, 0);
    if (refusal < 0) return refusal;
    this.#enter(name, inode, false);
    inode.nlink++;
    stampChange(inode, this.#now());
    stampModification(this, this.clock);
    return 0;
  }

  override unlink(caller: Caller, name: string, inode: Inode): number {
    return this.#remove(caller, name, inode);
  }

  override rmdir(caller: Caller, name: string, inode: Inode): number {
    if (!(inode instanceof OverlayDirectory)) return -Errno.EXDEV;
    const refusal = inode.#isEmpty(caller);
    return refusal < 0 ? refusal : this.#remove(caller, name, inode);
  }

  override rename(
    caller: Caller,
    name: string,
    inode: Inode,
    newDirectory: Inode,
    newName: string,
    replaced: Inode | undefined,
  ): number {
    if (!(newDirectory instanceof OverlayDirectory) || !(inode instanceof OverlayInode)) return -Errno.EXDEV;
    if (replaced !== undefined && !(replaced instanceof OverlayInode)) return -Errno.EXDEV;
    const refusal = this.#prepareRename(caller, name, inode, newDirectory, newName, replaced);
    if (refusal < 0) return refusal;
    newDirectory.#enter(newName, inode, replaced !== undefined);
    this.#leave(name);
    const clock = this.#now();
    if (replaced !== undefined) newDirectory.#lose(newName, replaced);
    if (inode instanceof OverlayDirectory) {
      this.#countSubdirectory(-1);
      newDirectory.#countSubdirectory(1);
    }
    inode.setPlace(newDirectory, newName);
    stampChange(inode, clock);
    stampModification(this, clock);
    stampModification(newDirectory, clock);
    return 0;
  }

  takeName(name: string, inode: OverlayInode): number {
    if (this.isRemoved || this.names.has(name)) return 0;
    const result = this.takeOverSeen();
    if (result < 0) return result;
    if (!this.#charge(costOf(name))) return -Errno.ENOSPC;
    this.#set(name, { inode, isBelow: true, keepsPlace: true, isTaken: true });
    return 0;
  }

  // Listing: see fs/overlay/listing.

  opened(): void {
    this.#opens++;
  }
  closed(): void {
    if (--this.#opens === 0) this.#listing = undefined;
  }

  /** The names, brought up to date when reading begins. @returns −errno, −ERESTART */
  listing(caller: Caller, isBeginning: boolean): OverlayListing | number {
    if (isBeginning || this.#listing?.isComplete !== true) {
      const result = this.fileSystem.tasks.run(caller, `overlay list ${this.serial}`, (task) => this.#list(task));
      if (result < 0) return result;
    }
    return this.#listing ?? -Errno.EIO;
  }

  *#list(task: OverlayTask): Steps<number> {
    // Nobody may have it open any more when this goes on.
    this.opened();
    this.refer();
    try {
      this.#listing ??= new OverlayListing();
      const listing = this.#listing;
      listing.begin();
      const result = yield* this.#putBelow(task, listing);
      if (result < 0) return result;
      let count = 0;
      for (const [name, { inode }] of this.names) {
        if (inode !== undefined) listing.put(name, inode);
        if (++count % NAMES_A_SLICE === 0) yield* pause(task);
      }
      for (const _slice of listing.sweep(NAMES_A_SLICE)) yield* pause(task);
      return 0;
    } finally {
      this.closed();
      this.unrefer();
    }
  }

  *#putBelow(task: OverlayTask, listing: OverlayListing): Steps<number> {
    const { lower } = this;
    if (lower === undefined) return 0;
    const result = yield* listBelow(task, lower, (name, ino, mode) => {
      const here = this.names.get(name);
      if (here === undefined) listing.put(name, { ino, mode });
      else if (here.inode !== undefined && here.keepsPlace) listing.put(name, here.inode);
      return true;
    });
    return this.isOwn && isGone(result) ? 0 : result;
  }

  /** 0 when it shows no name; −ENOTEMPTY. */
  #isEmpty(caller: Caller): number {
    if (this.#visible > 0) return -Errno.ENOTEMPTY;
    const { lower } = this;
    if (lower === undefined) return 0;
    const result = this.fileSystem.tasks.run(caller, `overlay empty ${this.serial}`, (task) =>
      this.#lookForName(task, lower),
    );
    // Names may have been made here meanwhile; a whiteout goes only when a name takes its place.
    return result === 0 && this.#visible > 0 ? -Errno.ENOTEMPTY : result;
  }

  *#lookForName(task: OverlayTask, lower: Inode): Steps<number> {
    let isEmpty = true;
    const result = yield* listBelow(task, lower, (name) => {
      isEmpty = this.names.has(name);
      return isEmpty;
    });
    if (result < 0 && !isGone(result)) return result;
    return isEmpty ? 0 : -Errno.ENOTEMPTY;
  }

  // Names.

  #prepareNew(caller: Caller, name: string, cost: number): number {
    // Removed but still open: takes no new names.
    if (this.isRemoved) return -Errno.ENOENT;
    const result = this.takeOver(caller);
    if (result < 0) return result;
    return this.#charge(cost + this.#costOfName(name)) ? 0 : -Errno.ENOSPC;
  }

  #prepareRename(
    caller: Caller,
    name: string,
    inode: OverlayInode,
    newDirectory: OverlayDirectory,
    newName: string,
    replaced: OverlayInode | undefined,
  ): number {
    if (this.isRemoved || newDirectory.isRemoved) return -Errno.ENOENT;
    // All that may have to wait comes first.
    let result = this.refresh(caller);
    if (result < 0) return result;
    result = newDirectory.refresh(caller);
    if (result < 0) return result;
    if (replaced instanceof OverlayDirectory) {
      result = replaced.#isEmpty(caller);
      if (result < 0) return result;
    }
    for (const changing of [this, newDirectory, inode]) {
      result = changing.takeOverSeen();
      if (result < 0) return result;
    }
    result = replaced?.prepareLoss() ?? 0;
    if (result < 0) return result;
    return this.#charge(this.#costOfName(name) + newDirectory.#costOfName(newName)) ? 0 : -Errno.ENOSPC;
  }

  #remove(caller: Caller, name: string, inode: Inode): number {
    if (!(inode instanceof OverlayInode)) return -Errno.EXDEV;
    let result = this.takeOver(caller);
    if (result < 0) return result;
    result = inode.prepareLoss();
    if (result < 0) return result;
    if (!this.#charge(this.#costOfName(name))) return -Errno.ENOSPC;
    this.#leave(name);
    stampModification(this, this.#now());
    this.#lose(name, inode);
    return 0;
  }

  #add(name: string, inode: OverlayInode): Inode {
    this.#enter(name, inode, false);
    inode.setPlace(this, name);
    const clock = this.#now();
    stampAll(inode, clock);
    stampModification(this, clock);
    return inode;
  }

  /** Makes a name stand for a file; its cost was charged. @param replaces it stood for another */
  #enter(name: string, inode: OverlayInode, replaces: boolean): void {
    const before = this.names.get(name);
    const isBelow = before?.isBelow ?? replaces;
    const keepsPlace = replaces && (before?.keepsPlace ?? true);
    // In the order of names as they were made; what replaces another takes its place.
    if (before !== undefined && !replaces) this.names.delete(name);
    this.#set(name, { inode, isBelow, keepsPlace, isTaken: false });
    this.#listing?.put(name, inode);
  }

  /** Takes a name away. */
  #leave(name: string): void {
    const before = this.names.get(name);
    if (before?.isBelow === false) {
      this.names.delete(name);
      this.fileSystem.upper.quota.give(costOf(name));
      this.#visible--;
    } else this.#set(name, WHITEOUT);
    this.#listing?.delete(name);
  }

  #set(name: string, entry: OverlayName): void {
    const before = this.names.get(name);
    this.#visible += (entry.inode === undefined ? 0 : 1) - (before?.inode === undefined ? 0 : 1);
    this.names.set(name, entry);
  }

  /** One name here of a file is gone. */
  #lose(name: string, inode: OverlayInode): void {
    inode.keep();
    if (inode instanceof OverlayDirectory) {
      inode.#removed();
      this.#countSubdirectory(-1);
    } else {
      inode.nlink--;
      if (inode.directory === this && inode.name === name) inode.setPlace(undefined, '');
    }
    stampChange(inode, this.clock);
    if (inode.nlink === 0) inode.gone();
  }

  /** It is empty and has no name any more: forgets what it hid. */
  #removed(): void {
    this.isRemoved = true;
    this.nlink = 0;
    for (const name of this.names.keys()) this.fileSystem.upper.quota.give(costOf(name));
    this.names.clear();
    this.fileSystem.unlist(this);
    this.lower?.drop();
    this.lower = undefined;
  }

  /** What keeping a name here costs besides what was charged. */
  #costOfName(name: string): number {
    return this.names.has(name) ? 0 : costOf(name);
  }

  #charge(cost: number): boolean {
    return this.fileSystem.upper.quota.take(cost);
  }

  /** Some file systems of hosts count no subdirectories and say 1. */
  #countSubdirectory(change: number): void {
    if (this.nlink >= 2) this.nlink = Math.max(2, this.nlink + change);
  }

  #now() {
    const { clock } = this;
    clock.read();
    return clock;
  }
}

function costOf(name: string): number {
  return NAME_COST + name.length * 2;
}
