// Regular files of an overlay, and their open descriptions. A file that was not changed is read below. From its first
// change on, attributes and size are kept here, and bytes block by block (fs/overlay/content). All descriptions of a file
// see its changes, also those that were opened before.
//
// If the host changes a file below that was changed here too, what is not kept here belongs to no file that ever was:
// ESTALE when that is noticed (at open, and where bytes are missing). Linux's thread alone.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { attempt, type Steps } from '../../kernel/block.ts';
import { stampAccess, stampModification } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { Inode } from '../../vfs/inode.ts';
import { FileDescription, MAX_FILE_SIZE } from '../../vfs/inode.ts';
import { O_RDONLY, S_IFREG } from '../../vfs/mode.ts';
import { BLOCK, OverlayContent } from './content.ts';
import { OverlayInode, type OverlayTable } from './inode.ts';
import type { OverlayTask } from './tasks.ts';

/** How a file was below when it was taken over. */
interface Taken {
  readonly size: number;
  readonly storage: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
}

export class OverlayFile extends OverlayInode {
  /** Undefined: nothing was ever stored here, and nothing is needed below. */
  #content: OverlayContent | undefined;
  #taken: Taken | undefined;

  constructor(fileSystem: OverlayTable, mode: number, uid: number, gid: number, lower: Inode | undefined) {
    super(fileSystem, S_IFREG | (mode & 0o7777), uid, gid, lower);
  }

  open(caller: Caller, flags: number): FileDescription | number {
    // Nothing else asks the clock while a file is only read, and `relatime` must see that a day went by.
    this.clock.read();
    const { lower } = this;
    if (this.isOwn && this.#below === 0) return new OverlayFileDescription(this, flags, undefined);
    if (lower === undefined) return -Errno.ESTALE;
    if (this.isOwn) {
      const result = lower.refresh(caller);
      if (result < 0) return result;
      if (!this.isAsTaken()) return -Errno.ESTALE;
    }
    const source = lower.open(caller, O_RDONLY);
    return typeof source === 'number' ? source : new OverlayFileDescription(this, flags, source);
  }

  override truncate(caller: Caller, size: number): number {
    if (size > MAX_FILE_SIZE) return -Errno.EFBIG;
    const result = this.takeOver(caller);
    if (result < 0) return result;
    if (size < this.size) this.#content?.shrink(size);
    this.size = size;
    this.#modified();
    return 0;
  }

  /** @param source the file below; undefined: nothing of it is needed */
  read(
    caller: Caller,
    source: FileDescription | undefined,
    into: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): number {
    if (!this.isOwn) return source?.read(caller, into, start, length, position) ?? -Errno.EIO;
    if (length > 0) stampAccess(this, this.clock);
    const count = Math.min(length, this.size - position);
    const contents = this.#contents;
    for (let done = 0; done < count; ) {
      const run = contents.run(position + done, count - done);
      if (run < 0) {
        contents.read(into, start + done, -run, position + done);
        done -= run;
        continue;
      }
      const result = source?.read(caller, into, start + done, run, position + done) ?? -Errno.EIO;
      if (result < 0) return result;
      done += result;
      // The host has cut it.
      if (result < run) return done > 0 ? done : -Errno.ESTALE;
    }
    return Math.max(count, 0);
  }

  /** @param position −1: at the end */
  write(
    caller: Caller,
    source: FileDescription | undefined,
    from: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): number {
    if (length === 0) return 0;
    const refusal = this.takeOver(caller);
    if (refusal < 0) return refusal;
    const at = position < 0 ? this.size : position;
    if (at >= MAX_FILE_SIZE) return -Errno.EFBIG;
    const wanted = this.#takeEnds(caller, source, at, Math.min(length, MAX_FILE_SIZE - at));
    if (wanted < 0) return wanted;
    const written = this.#contents.write(from, start, wanted, at, this.size);
    if (written < 0) return written;
    if (at + written > this.size) this.size = at + written;
    this.#modified();
    return written;
  }

  allocate(caller: Caller, position: number, length: number): number {
    const end = position + length;
    if (end > MAX_FILE_SIZE) return -Errno.EFBIG;
    const refusal = this.takeOver(caller);
    if (refusal < 0) return refusal;
    const result = this.#contents.reserve(position, length);
    this.#countStorage();
    if (result < 0) return result;
    if (end > this.size) this.size = end;
    this.#modified();
    return 0;
  }

  override isAsTaken(): boolean {
    const { lower } = this;
    const taken = this.#taken;
    if (lower === undefined || taken === undefined) return true;
    return lower.size === taken.size && lower.mtimeSec === taken.mtimeSec && lower.mtimeNsec === taken.mtimeNsec;
  }

  protected override becomeOwn(): void {
    super.becomeOwn();
    const { size, storage, mtimeSec, mtimeNsec } = this;
    this.#taken = { size, storage, mtimeSec, mtimeNsec };
    if (size > 0) this.#content = new OverlayContent(this.fileSystem.upper.quota, size);
  }

  protected override discard(): void {
    this.#content?.shrink(0);
  }

  /** Up to where bytes of the file below may be needed, once it is taken over. */
  get #below(): number {
    return this.#content?.below ?? 0;
  }

  get #contents(): OverlayContent {
    this.#content ??= new OverlayContent(this.fileSystem.upper.quota, 0);
    return this.#content;
  }

  /**
   * Takes over the first and the last block of a range, if bytes in them will stay; those between are overwritten whole.
   *
   * @returns how much of the range can be written then (less when there is no room for the last block), or −errno
   */
  #takeEnds(caller: Caller, source: FileDescription | undefined, at: number, length: number): number {
    if (at >= this.#below) return length;
    const first = Math.floor(at / BLOCK);
    const last = Math.floor((at + length - 1) / BLOCK);
    const result = this.#takeIfPart(caller, source, first, at, length);
    if (result < 0 || last === first) return result < 0 ? result : length;
    const lastResult = this.#takeIfPart(caller, source, last, at, length);
    if (lastResult === -Errno.ENOSPC) return last * BLOCK - at;
    return lastResult < 0 ? lastResult : length;
  }

  #takeIfPart(caller: Caller, source: FileDescription | undefined, block: number, at: number, length: number): number {
    if (!this.#contents.leavesPart(block, at, length)) return 0;
    if (source === undefined) return -Errno.EIO;
    const key = `overlay take ${this.serial} ${block}`;
    return this.fileSystem.tasks.run(caller, key, (task) => this.#takeBlock(task, source, block));
  }

  *#takeBlock(task: OverlayTask, source: FileDescription, block: number): Steps<number> {
    const contents = this.#contents;
    const bytes = new Uint8Array(contents.lengthBelowIn(block));
    source.retain();
    this.refer();
    try {
      for (let done = 0; done < bytes.length; ) {
        const at = done;
        const result = yield* attempt(task, () => source.read(task, bytes, at, bytes.length - at, block * BLOCK + at));
        if (result < 0) return result;
        // The host has cut it.
        if (result === 0) return -Errno.ESTALE;
        done += result;
      }
      const result = contents.take(block, bytes);
      this.#countStorage();
      return result;
    } finally {
      source.release();
      this.unrefer();
    }
  }

  #modified(): void {
    this.changed();
    this.#countStorage();
    this.clock.read();
    stampModification(this, this.clock);
  }

  #countStorage(): void {
    const { storage, lengthBelow } = this.#contents;
    this.storage = storage + Math.min(lengthBelow, this.#taken?.storage ?? 0);
  }
}

class OverlayFileDescription extends FileDescription {
  declare readonly inode: OverlayFile;
  /** The file below, open for reading. */
  readonly #source: FileDescription | undefined;

  constructor(inode: OverlayFile, flags: number, source: FileDescription | undefined) {
    super(inode, flags);
    this.#source = source;
    source?.retain();
  }

  override read(caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    return this.inode.read(caller, this.#source, into, start, length, position);
  }

  override write(caller: Caller, from: Uint8Array, start: number, length: number, position: number): number {
    return this.inode.write(caller, this.#source, from, start, length, position);
  }

  override allocate(caller: Caller, offset: number, length: number): number {
    return this.inode.allocate(caller, offset, length);
  }

  override readableBytes(): number {
    return Math.max(0, this.inode.size - this.offset);
  }

  protected override released(): void {
    this.#source?.release();
  }
}
