// Regular files of the file system in memory, and their open descriptions.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { stampAccess, stampModification } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import { FileDescription, MAX_FILE_SIZE } from '../../vfs/inode.ts';
import { S_IFREG } from '../../vfs/mode.ts';
import { Extents, type FileSnapshot } from './extents.ts';
import { MemoryInode, type MemoryStore } from './inode.ts';

export class MemoryFile extends MemoryInode {
  /** Undefined: nothing was ever stored. */
  #extents: Extents | undefined;

  constructor(store: MemoryStore, mode: number, uid: number, gid: number) {
    super(store, S_IFREG | (mode & 0o7777), uid, gid);
  }

  open(_caller: Caller, flags: number): FileDescription {
    // Nothing else asks the clock while a file is only read, and `relatime` must see that a day went by.
    this.fileSystem.clock.read();
    return new MemoryFileDescription(this, flags);
  }

  override truncate(_caller: Caller, size: number): number {
    if (size > MAX_FILE_SIZE) return -Errno.EFBIG;
    if (size < this.size && this.#extents !== undefined) {
      this.#extents.shrink(size);
      this.storage = this.#extents.storage;
    }
    this.size = size;
    this.#modified();
    return 0;
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    const count = Math.min(length, this.size - position);
    if (length > 0) stampAccess(this, this.fileSystem.clock);
    if (count <= 0) return 0;
    if (this.#extents === undefined) into.fill(0, start, start + count);
    else this.#extents.read(into, start, count, position);
    return count;
  }

  write(from: Uint8Array, start: number, length: number, position: number): number {
    if (length === 0) return 0;
    if (position >= MAX_FILE_SIZE) return -Errno.EFBIG;
    this.#extents ??= new Extents(this.fileSystem.quota);
    const wanted = Math.min(length, MAX_FILE_SIZE - position);
    const written = this.#extents.write(from, start, wanted, position, this.size);
    if (written < 0) return written;
    if (position + written > this.size) this.size = position + written;
    this.storage = this.#extents.storage;
    this.#modified();
    return written;
  }

  allocate(position: number, length: number): number {
    const end = position + length;
    if (end > MAX_FILE_SIZE) return -Errno.EFBIG;
    this.#extents ??= new Extents(this.fileSystem.quota);
    const result = this.#extents.reserve(position, length);
    this.storage = this.#extents.storage;
    if (result < 0) return result;
    if (end > this.size) this.size = end;
    this.#modified();
    return 0;
  }

  /** What it holds now; later writes do not show in it. */
  snapshot(): FileSnapshot {
    return this.#extents?.snapshot(this.size) ?? { segments: [], release: () => {} };
  }

  protected override discard(): void {
    this.#extents?.shrink(0);
    this.#extents = undefined;
  }

  #modified(): void {
    const { clock, epoch } = this.fileSystem;
    this.changedIn = epoch;
    clock.read();
    stampModification(this, clock);
  }
}

class MemoryFileDescription extends FileDescription {
  declare readonly inode: MemoryFile;

  override read(_caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    return this.inode.read(into, start, length, position);
  }

  override write(_caller: Caller, from: Uint8Array, start: number, length: number, position: number): number {
    return this.inode.write(from, start, length, position < 0 ? this.inode.size : position);
  }

  override allocate(_caller: Caller, offset: number, length: number): number {
    return this.inode.allocate(offset, length);
  }

  override readableBytes(): number {
    return Math.max(0, this.inode.size - this.offset);
  }
}
