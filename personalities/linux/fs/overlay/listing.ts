// The names of a directory of an overlay, those below and those made here merged, in one order with one set of cookies. It
// exists while somebody has the directory open, is brought up to date with what is below each time that reading begins
// anew, and is told of each change made here. Names that stay keep their cookies.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { stampAccess } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { Inode } from '../../vfs/inode.ts';
import { type DirectorySink, FileDescription } from '../../vfs/inode.ts';
import { FIRST_COOKIE, NameCursor } from '../../vfs/name-cursor.ts';
import type { OverlayInode } from './inode.ts';

interface ListedName {
  readonly cookie: number;
  ino: number;
  mode: number;
  /** The last reading from the start that found it. */
  round: number;
}

export class OverlayListing {
  readonly names = new Map<string, ListedName>();
  /** All names were read once: only then may it be listed. */
  isComplete = false;
  #round = 0;
  #nextCookie = FIRST_COOKIE;

  /** Reading begins anew: names that are not put from now on are gone. */
  begin(): void {
    this.#round++;
  }

  /** A name is there, as before or new. */
  put(name: string, { ino, mode }: Pick<Inode, 'ino' | 'mode'>): void {
    const round = this.#round;
    const listed = this.names.get(name);
    if (listed === undefined) {
      this.names.set(name, { cookie: this.#nextCookie++, ino, mode, round });
      return;
    }
    listed.ino = ino;
    listed.mode = mode;
    listed.round = round;
  }

  delete(name: string): void {
    this.names.delete(name);
  }

  /** Reading has ended: removes names that it did not find. Stops after each so many, so that others can run. */
  *sweep(slice: number): Generator<undefined, void, undefined> {
    let count = 0;
    for (const [name, { round }] of this.names) {
      if (round !== this.#round) this.names.delete(name);
      if (++count % slice === 0) yield;
    }
    this.isComplete = true;
  }
}

/** A directory, as it is listed. */
interface ListedDirectory extends OverlayInode {
  readonly isRemoved: boolean;
  /** A description of it was made, or is gone. */
  opened(): void;
  closed(): void;
  /** The names; brought up to date when reading begins. @returns −errno, −ERESTART */
  listing(caller: Caller, isBeginning: boolean): OverlayListing | number;
}

export class OverlayDirectoryDescription extends FileDescription {
  declare readonly inode: ListedDirectory;
  override readonly isSeekable = false;
  readonly #cursor = new NameCursor<ListedName>();

  constructor(inode: ListedDirectory, flags: number) {
    super(inode, flags);
    inode.opened();
  }

  override readDirectory(caller: Caller, cookie: number, sink: DirectorySink): number {
    const { inode } = this;
    if (inode.isRemoved) return -Errno.ENOENT;
    const listing = inode.listing(caller, cookie === 0);
    if (typeof listing === 'number') return listing;
    if (inode.isOwn) stampAccess(inode, inode.fileSystem.clock);
    if (cookie < 1 && !sink.entry('.', inode.ino, inode.mode, 1)) return 0;
    if (cookie < 2) {
      const above = inode.directory ?? inode;
      if (!sink.entry('..', above.ino, above.mode, FIRST_COOKIE)) return 0;
    }
    this.#cursor.list(listing.names, cookie, (name, { ino, mode, cookie: at }) => sink.entry(name, ino, mode, at + 1));
    return 0;
  }

  protected override released(): void {
    this.inode.closed();
  }
}
