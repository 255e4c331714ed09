// The bytes of a file of an overlay that was changed: blocks that were written are kept here, the others still lie below.
// A block is taken over before its first byte changes, so a change costs what it touches, not the file's size, and there
// is no moment at which a copy is half done.
//
//     size below when taken |<--------------- below ------------->|
//     block                 |  0  |  1  |  2  |  3  |  4  |  5  |  6  |
//     kept here             |     | yes |     | yes | yes |       yes …    (at or beyond `below` all is here, or a hole)
//
// `below` only ever shrinks. What lies below is read by who calls this. Linux's thread alone.
// See: fs/memory/extents; against whole copies: docs/rationale.md.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Quota } from '../../vfs/quota.ts';
import { Extents } from '../memory/extents.ts';

/** Bytes of a block; a chunk of fs/memory/extents is a multiple of it. */
export const BLOCK = 65_536;

export class OverlayContent {
  readonly #quota: Quota;
  readonly #extents: Extents;
  #below: number;
  /** Blocks below `#below` that are kept here. */
  readonly #taken = new Set<number>();

  /** @param below how many bytes of the file below belong to it */
  constructor(quota: Quota, below: number) {
    this.#quota = quota;
    this.#extents = new Extents(quota);
    this.#below = below;
  }

  /** Up to where bytes of the file below may be needed; 0: it is needed no more. */
  get below(): number {
    return this.#below;
  }
  /** Bytes that still lie below. */
  get lengthBelow(): number {
    return Math.max(0, this.#below - this.#taken.size * BLOCK);
  }
  get storage(): number {
    return this.#extents.storage;
  }

  isBelow(block: number): boolean {
    return block * BLOCK < this.#below && !this.#taken.has(block);
  }

  /** Bytes of a block that belong to the file below. */
  lengthBelowIn(block: number): number {
    return Math.min(BLOCK, this.#below - block * BLOCK);
  }

  /** How many bytes from an offset on, at most `most`, lie below; negative: how many do not. */
  run(offset: number, most: number): number {
    if (offset >= this.#below) return -most;
    let block = Math.floor(offset / BLOCK);
    const isBelow = this.isBelow(block);
    const limit = Math.min(offset + most, this.#below);
    let end = offset;
    while (end < limit && this.isBelow(block) === isBelow) end = ++block * BLOCK;
    if (isBelow) return Math.min(end, limit) - offset;
    // Beyond `below` everything is here.
    return offset - (end >= this.#below ? offset + most : Math.min(end, limit));
  }

  /** Copies a range that lies inside the file, and not below. */
  read(into: Uint8Array, at: number, length: number, position: number): void {
    this.#extents.read(into, at, length, position);
  }

  /**
   * Keeps a block here from now on.
   *
   * @param bytes that it has below, as far as they belong to the file
   * @returns 0 or −ENOSPC, when nothing has changed
   */
  take(block: number, bytes: Uint8Array): number {
    // The file may have been cut meanwhile, or another was quicker.
    if (!this.isBelow(block)) return 0;
    const length = this.lengthBelowIn(block);
    const result = this.#keep(block, length);
    if (result === 0) this.#extents.write(bytes, 0, length, block * BLOCK, block * BLOCK);
    return result;
  }

  /**
   * Stores bytes. Blocks of which only a part is written were taken.
   *
   * @returns how many were stored (fewer when the quota is used up), or −ENOSPC for none
   */
  write(from: Uint8Array, start: number, length: number, position: number, size: number): number {
    if (position >= this.#below) return this.#extents.write(from, start, length, position, size);
    let done = 0;
    while (done < length) {
      const offset = position + done;
      const block = Math.floor(offset / BLOCK);
      const count = Math.min(length - done, (block + 1) * BLOCK - offset);
      let result = this.isBelow(block) ? this.#keep(block, this.lengthBelowIn(block)) : 0;
      if (result === 0) result = this.#extents.write(from, start + done, count, offset, size);
      if (result < 0) return done > 0 ? done : result;
      done += result;
      if (result < count) break;
    }
    return done;
  }

  /** Makes sure that a range has storage. @returns 0 or −ENOSPC */
  reserve(position: number, length: number): number {
    return this.#extents.reserve(position, length);
  }

  /** Forgets what lies at or beyond `size`, here and below. */
  shrink(size: number): void {
    this.#extents.shrink(size);
    if (size >= this.#below) return;
    this.#below = size;
    for (const block of this.#taken) {
      if (block * BLOCK >= size) this.#taken.delete(block);
    }
    this.#settle();
  }

  /** Whether a write of a range leaves bytes of a block below that belong to the file. */
  leavesPart(block: number, position: number, length: number): boolean {
    if (!this.isBelow(block)) return false;
    const start = block * BLOCK;
    return position > start || position + length < start + this.lengthBelowIn(block);
  }

  /** Gives a block storage and notes that it is taken: the caller must store its bytes at once. */
  #keep(block: number, length: number): number {
    const at = block * BLOCK;
    // Looked at first, so that a block that does not fit takes no storage.
    const hasRoom = this.#quota.left >= length || this.#extents.isStored(at, length);
    if (!hasRoom || this.#extents.reserve(at, length) < 0) return -Errno.ENOSPC;
    this.#taken.add(block);
    this.#settle();
    return 0;
  }

  #settle(): void {
    if (this.#taken.size * BLOCK < this.#below) return;
    this.#below = 0;
    this.#taken.clear();
  }
}
