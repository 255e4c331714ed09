// Directories and symbolic links of the file system in memory. How they are listed: vfs/name-cursor.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { stampAccess, stampAll, stampChange, stampModification } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { Inode } from '../../vfs/inode.ts';
import { type DirectorySink, FileDescription } from '../../vfs/inode.ts';
import { S_IFDIR, S_IFLNK, S_ISGID } from '../../vfs/mode.ts';
import { FIRST_COOKIE, NameCursor } from '../../vfs/name-cursor.ts';
import { nameLength } from '../../vfs/names.ts';
import { groupOfNew } from '../../vfs/permissions.ts';
import { MemoryFile } from './file.ts';
import { INODE_COST, MemoryInode, type MemoryStore, NAME_COST } from './inode.ts';

/** A name in a directory. */
interface Entry {
  inode: MemoryInode;
  readonly cookie: number;
  /** The store's epoch when the name came to lead to this inode. */
  addedIn: number;
}

export class MemoryDirectory extends MemoryInode {
  readonly entries = new Map<string, Entry>();
  /** The directory above; itself at the top. Linux: what is removed still has its `..`. */
  above: MemoryDirectory;
  isRemoved = false;
  #nextCookie = FIRST_COOKIE;

  constructor(store: MemoryStore, mode: number, uid: number, gid: number, above: MemoryDirectory | undefined) {
    super(store, S_IFDIR | (mode & 0o7777), uid, gid);
    this.above = above ?? this;
    this.nlink = 2;
    store.clock.read();
    stampAll(this, store.clock);
  }

  open(_caller: Caller, flags: number): FileDescription {
    return new MemoryDirectoryDescription(this, flags);
  }

  override parent(): Inode {
    return this.above;
  }

  override lookup(_caller: Caller, name: string): Inode | number {
    const entry = this.entries.get(name);
    return entry === undefined ? -Errno.ENOENT : entry.inode;
  }

  override create(caller: Caller, name: string, mode: number): MemoryInode | number {
    const refusal = this.#charge(name, INODE_COST);
    if (refusal < 0) return refusal;
    return this.#add(name, new MemoryFile(this.fileSystem, mode, caller.uid, groupOfNew(this, caller)));
  }

  override mkdir(caller: Caller, name: string, mode: number): MemoryInode | number {
    const refusal = this.#charge(name, INODE_COST);
    if (refusal < 0) return refusal;
    // Linux: a set-group-ID directory hands the bit and its group down.
    const bits = mode | (this.mode & S_ISGID);
    const directory = new MemoryDirectory(this.fileSystem, bits, caller.uid, groupOfNew(this, caller), this);
    this.nlink++;
    return this.#add(name, directory);
  }

  override symlink(caller: Caller, name: string, target: string): MemoryInode | number {
    const refusal = this.#charge(name, INODE_COST + target.length);
    if (refusal < 0) return refusal;
    return this.#add(name, new MemorySymlink(this.fileSystem, target, caller.uid, groupOfNew(this, caller)));
  }

  override link(_caller: Caller, name: string, inode: Inode): number {
    const refusal = this.#charge(name, 0);
    if (refusal < 0) return refusal;
    const target = inode as MemoryInode;
    this.#insert(name, target);
    target.nlink++;
    stampChange(target, this.#now());
    stampModification(this, this.fileSystem.clock);
    return 0;
  }

  override unlink(_caller: Caller, name: string, inode: Inode): number {
    this.#remove(name);
    stampModification(this, this.#now());
    this.#lose(inode as MemoryInode);
    return 0;
  }

  override rmdir(_caller: Caller, name: string, inode: Inode): number {
    const directory = inode as MemoryDirectory;
    if (directory.entries.size > 0) return -Errno.ENOTEMPTY;
    this.#remove(name);
    stampModification(this, this.#now());
    this.#lose(directory);
    return 0;
  }

  override rename(
    _caller: Caller,
    name: string,
    inode: Inode,
    newDirectory: Inode,
    newName: string,
    replaced: Inode | undefined,
  ): number {
    const target = newDirectory as MemoryDirectory;
    const moved = inode as MemoryInode;
    if (replaced instanceof MemoryDirectory && replaced.entries.size > 0) return -Errno.ENOTEMPTY;
    const entry = target.entries.get(newName);
    if (entry === undefined) {
      const refusal = target.#charge(newName, 0);
      if (refusal < 0) return refusal;
      target.#insert(newName, moved);
    } else target.#redirect(newName, entry, moved);
    this.#remove(name);
    const clock = this.#now();
    if (replaced !== undefined) target.#lose(replaced as MemoryInode);
    if (moved instanceof MemoryDirectory) {
      moved.above = target;
      this.nlink--;
      target.nlink++;
    }
    stampChange(moved, clock);
    stampModification(this, clock);
    stampModification(target, clock);
    return 0;
  }

  override exchange(
    _caller: Caller,
    name: string,
    inode: Inode,
    other: Inode,
    otherName: string,
    otherInode: Inode,
  ): number {
    const target = other as MemoryDirectory;
    const [entry, otherEntry] = [this.entries.get(name), target.entries.get(otherName)];
    if (entry === undefined || otherEntry === undefined) return -Errno.ENOENT;
    this.#redirect(name, entry, otherInode as MemoryInode);
    target.#redirect(otherName, otherEntry, inode as MemoryInode);
    const clock = this.#now();
    for (const [moved, from, to] of [
      [inode, this, target],
      [otherInode, target, this],
    ] as const) {
      stampChange(moved, clock);
      if (!(moved instanceof MemoryDirectory)) continue;
      moved.above = to;
      from.nlink--;
      to.nlink++;
    }
    stampModification(this, clock);
    stampModification(target, clock);
    return 0;
  }

  /** Takes over a name of another directory of the store, which nothing here has; no charge: a name costs the same anywhere. */
  adopt(name: string, from: MemoryDirectory): void {
    const inode = from.entries.get(name)?.inode;
    if (inode === undefined) return;
    from.entries.delete(name);
    this.#insert(name, inode);
    stampModification(this, this.#now());
    if (!(inode instanceof MemoryDirectory)) return;
    inode.above = this;
    from.nlink--;
    this.nlink++;
  }

  /** One name here of an inode is gone. */
  #lose(inode: MemoryInode): void {
    if (inode instanceof MemoryDirectory) {
      inode.isRemoved = true;
      inode.nlink = 0;
      this.nlink--;
    } else inode.nlink--;
    stampChange(inode, this.fileSystem.clock);
    if (inode.nlink === 0) inode.unlinked();
  }

  #charge(name: string, cost: number): number {
    // Removed but still open: takes no new names.
    if (this.isRemoved) return -Errno.ENOENT;
    return this.fileSystem.quota.take(NAME_COST + name.length * 2 + cost) ? 0 : -Errno.ENOSPC;
  }

  #add(name: string, inode: MemoryInode): MemoryInode {
    this.#insert(name, inode);
    const clock = this.#now();
    stampAll(inode, clock);
    stampModification(this, clock);
    return inode;
  }

  #insert(name: string, inode: MemoryInode): void {
    this.entries.set(name, { inode, cookie: this.#nextCookie++, addedIn: this.fileSystem.epoch });
  }

  #redirect(name: string, entry: Entry, inode: MemoryInode): void {
    this.#noteLoss(name, entry);
    entry.inode = inode;
    entry.addedIn = this.fileSystem.epoch;
  }

  #noteLoss(name: string, { inode, addedIn }: Entry): void {
    if (addedIn <= this.fileSystem.checkedEpoch) this.fileSystem.lost(this, name, inode, addedIn);
  }

  #remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry !== undefined) this.#noteLoss(name, entry);
    this.entries.delete(name);
    this.fileSystem.quota.give(NAME_COST + name.length * 2);
  }

  #now() {
    const { clock } = this.fileSystem;
    clock.read();
    return clock;
  }
}

export class MemorySymlink extends MemoryInode {
  readonly target: string;

  constructor(store: MemoryStore, target: string, uid: number, gid: number) {
    super(store, S_IFLNK | 0o777, uid, gid);
    this.target = target;
    this.size = nameLength(target);
  }

  open(): number {
    return -Errno.ELOOP;
  }

  override readlink(): string {
    return this.target;
  }

  protected override discard(): void {
    this.fileSystem.quota.give(this.target.length);
  }
}

class MemoryDirectoryDescription extends FileDescription {
  declare readonly inode: MemoryDirectory;
  override readonly isSeekable = false;
  readonly #cursor = new NameCursor<Entry>();

  override readDirectory(_caller: Caller, cookie: number, sink: DirectorySink): number {
    const directory = this.inode;
    if (directory.isRemoved) return -Errno.ENOENT;
    stampAccess(directory, directory.fileSystem.clock);
    if (cookie < 1 && !sink.entry('.', directory.ino, directory.mode, 1)) return 0;
    if (cookie < 2 && !sink.entry('..', directory.above.ino, directory.mode, FIRST_COOKIE)) return 0;
    this.#cursor.list(directory.entries, cookie, (name, { inode, cookie: at }) =>
      sink.entry(name, inode.ino, inode.mode, at + 1),
    );
    return 0;
  }
}
