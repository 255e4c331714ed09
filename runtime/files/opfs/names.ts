// The names of OPFS that were seen: OPFS numbers nothing, so each gets an inode number here, which it keeps while it is
// remembered, also under another name. A directory's inode number is also its node in the protocol. Shared by all that one
// worker serves; one thread.
//
// Names are absolute paths below the origin's root. What is open, or given as a node, is remembered; of the rest, the
// latest.

import type { OpfsDirectoryHandle, OpfsFileHandle } from './platform.ts';

interface KnownEntry {
  readonly ino: number;
  path: string;
  /** The name is gone, the number may still be in use. */
  isRemoved: boolean;
  /** Open files, and nodes given out: it is not forgotten. */
  uses: number;
}

export interface KnownFile extends KnownEntry {
  readonly kind: 'file';
  handle: OpfsFileHandle;
}

export interface KnownDirectory extends KnownEntry {
  readonly kind: 'directory';
  readonly handle: OpfsDirectoryHandle;
  /** OPFS keeps no times of directories: when it was first seen, or changed by us. In milliseconds since 1970. */
  changedMs: number;
}

export type Known = KnownFile | KnownDirectory;

/** Names that nothing uses and that are still remembered. */
const REMEMBERED = 16_384;
/** Looks for one to forget, each time that one comes. */
const LOOKS = 8;
/** Inode 1 is a mount's top. */
const FIRST_INO = 2;

export class OpfsNames {
  readonly #byPath = new Map<string, Known>();
  readonly #nodes = new Map<number, KnownDirectory>();
  #nextIno = FIRST_INO;

  find(path: string): Known | undefined {
    return this.#byPath.get(path);
  }

  seenFile(path: string, handle: OpfsFileHandle): KnownFile {
    const known = this.#byPath.get(path);
    if (known?.kind === 'file') {
      known.handle = handle;
      return known;
    }
    return this.#add({ kind: 'file', ino: this.#nextIno++, path, handle, isRemoved: false, uses: 0 });
  }

  seenDirectory(path: string, handle: OpfsDirectoryHandle, nowMs: number): KnownDirectory {
    const known = this.#byPath.get(path);
    if (known?.kind === 'directory') return known;
    const ino = this.#nextIno++;
    return this.#add({ kind: 'directory', ino, path, handle, isRemoved: false, uses: 0, changedMs: nowMs });
  }

  /** Nothing has that name now. */
  removed(path: string): void {
    const known = this.#byPath.get(path);
    if (known === undefined) return;
    known.isRemoved = true;
    this.#byPath.delete(path);
  }

  moved(file: KnownFile, path: string): void {
    this.removed(path);
    this.#byPath.delete(file.path);
    file.path = path;
    this.#byPath.set(path, file);
  }

  /** Gives a directory's node. */
  give(directory: KnownDirectory): number {
    directory.uses++;
    this.#nodes.set(directory.ino, directory);
    return directory.ino;
  }

  node(number: number): KnownDirectory | undefined {
    return this.#nodes.get(number);
  }

  forget(number: number, times: number): void {
    const directory = this.#nodes.get(number);
    if (directory === undefined) return;
    directory.uses -= times;
    if (directory.uses <= 0) this.#nodes.delete(number);
  }

  #add<K extends Known>(known: K): K {
    this.removed(known.path);
    if (this.#byPath.size >= REMEMBERED) this.#makeRoom();
    this.#byPath.set(known.path, known);
    return known;
  }

  #makeRoom(): void {
    let looks = 0;
    for (const [path, known] of this.#byPath) {
      if (++looks > LOOKS) return;
      this.#byPath.delete(path);
      if (known.uses <= 0) return;
      // In use: as if it had come last.
      this.#byPath.set(path, known);
    }
  }
}
