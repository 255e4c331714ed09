// The bytes of one regular file in memory: sparse, in chunks of at most 1 MiB, charged to a quota. A chunk holds one run of
// bytes and grows by doubling; the chunks of a file that is written from front to back are made whole at once, so that
// appending N bytes costs O(N) and few allocations. What was never written costs nothing and reads as zero.
// Charged is what was written, not what was allocated ahead of it: a quota is used up to its end, whatever the order in
// which files grow, and the heap holds at most about twice as much.
//
//     file   |<- chunk 0 ->|<- chunk 1 ->|    hole    |<- chunk 3 ->|
//     chunk  |      [start …… bytes ……]      |  the rest of it is a hole
//
// Beyond the size of the file every stored byte is zero. A snapshot shares chunks with the file instead of copying them: a
// chunk that somebody else holds is copied before it is written to. Used by one thread; see fs/memory/file.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { copyBytes } from '../../../../runtime/memory/copy.ts';
import type { Quota } from '../../vfs/quota.ts';

const CHUNK_SHIFT = 20;
export const CHUNK = 1 << CHUNK_SHIFT;
/** Storage comes in these: st_blocks counts them. */
const GRAIN = 512;
/** A lonely write into a hole takes whole pages. */
const PAGE = 4096;

interface Chunk {
  /** Where in the chunk `bytes` begins, and up to where they are charged. */
  start: number;
  end: number;
  /** Zero from `end` on. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Snapshots that share `bytes`. */
  lease: Lease | undefined;
}

/** The snapshots that share some bytes. */
interface Lease {
  holders: number;
}

/** Bytes of a file, from a position on; between two of them a file reads as zero. */
export interface FileSegment {
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The bytes of a file at one moment, shared with it: nobody may write to them. */
export interface FileSnapshot {
  /** From the front to the back. */
  readonly segments: readonly FileSegment[];
  /** Call it once: until then what the file overwrites takes memory twice. */
  release(): void;
}

export class Extents {
  readonly #quota: Quota;
  readonly #chunks = new Map<number, Chunk>();
  /** The chunk used last, and its number. */
  #lastIndex = -1;
  #last: Chunk | undefined;
  /** Bytes of storage taken from the quota. */
  storage = 0;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  /** Copies a range that lies inside the file. */
  read(into: Uint8Array, at: number, length: number, position: number): void {
    const within = this.#withinLast(position, length);
    if (within >= 0 && this.#last !== undefined) return copyBytes(this.#last.bytes, within, into, at, length);
    let done = 0;
    while (done < length) {
      const offset = position + done;
      const inChunk = offset % CHUNK;
      const count = Math.min(length - done, CHUNK - inChunk);
      const chunk = this.#chunk((offset - inChunk) / CHUNK);
      if (chunk === undefined) into.fill(0, at + done, at + done + count);
      else readChunk(chunk, inChunk, into, at + done, count);
      done += count;
    }
  }

  /**
   * Stores bytes; `size` is the file's size before.
   *
   * @returns how many were stored (fewer when the quota is used up), or −ENOSPC for none
   */
  write(from: Uint8Array, at: number, length: number, position: number, size: number): number {
    const within = this.#withinLast(position, length);
    if (within >= 0 && this.#last !== undefined) {
      if (this.#last.lease !== undefined) own(this.#last);
      copyBytes(from, at, this.#last.bytes, within, length);
      return length;
    }
    let done = 0;
    while (done < length) {
      const offset = position + done;
      const inChunk = offset % CHUNK;
      let count = Math.min(length - done, CHUNK - inChunk);
      const index = (offset - inChunk) / CHUNK;
      let chunk = this.#chunk(index);
      if (chunk === undefined || inChunk < chunk.start || inChunk + count > chunk.end) {
        count = this.#provide(index, chunk, inChunk, count, position <= size && offset >= size);
        if (count === 0) return done > 0 ? done : -Errno.ENOSPC;
        chunk = this.#chunk(index) as Chunk;
      }
      if (chunk.lease !== undefined) own(chunk);
      copyBytes(from, at + done, chunk.bytes, inChunk - chunk.start, count);
      done += count;
    }
    return length;
  }

  /** Gives a whole range storage, or changes nothing. @returns 0 or −ENOSPC */
  reserve(position: number, length: number): number {
    // A range that cannot fit is refused first: it may be thousands of chunks.
    if (length - this.storage > this.#quota.left) return -Errno.ENOSPC;
    const before: [index: number, start: number, end: number][] = [];
    let done = 0;
    while (done < length) {
      const offset = position + done;
      const inChunk = offset % CHUNK;
      const count = Math.min(length - done, CHUNK - inChunk);
      const index = (offset - inChunk) / CHUNK;
      const chunk = this.#chunk(index);
      if (!this.isStored(offset, count)) {
        before.push([index, chunk?.start ?? 0, chunk?.end ?? 0]);
        if (this.#provide(index, chunk, inChunk, count, false) < count) {
          for (const each of before) this.#giveBack(...each);
          return -Errno.ENOSPC;
        }
      }
      done += count;
    }
    return 0;
  }

  /** Whether a range that lies in one chunk has storage already. */
  isStored(position: number, length: number): boolean {
    const inChunk = position % CHUNK;
    const chunk = this.#chunk((position - inChunk) / CHUNK);
    return chunk !== undefined && inChunk >= chunk.start && inChunk + length <= chunk.end;
  }

  /** Forgets what lies at or beyond `size`. */
  shrink(size: number): void {
    const boundary = Math.floor(size / CHUNK);
    for (const [index, chunk] of this.#chunks) {
      if (index < boundary) continue;
      const keep = index > boundary ? 0 : size % CHUNK;
      const used = Math.max(0, keep - chunk.start);
      const end = Math.min(chunk.end, chunk.start + roundUp(used, GRAIN));
      this.#give(chunk.end - end);
      chunk.end = end;
      if (used === 0) this.#chunks.delete(index);
      else if (used * 4 <= chunk.bytes.length) {
        const bytes = new Uint8Array(end - chunk.start);
        bytes.set(chunk.bytes.subarray(0, Math.min(used, bytes.length)));
        chunk.bytes = bytes;
        chunk.lease = undefined;
      } else {
        own(chunk);
        chunk.bytes.fill(0, used);
      }
    }
    this.#lastIndex = -1;
    this.#last = undefined;
  }

  /** Gives back what a reservation that failed took for a chunk; `end` 0: all of it. What is between is zero. */
  #giveBack(index: number, start: number, end: number): void {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined) return;
    if (end === 0) {
      this.#chunks.delete(index);
      this.#give(chunk.end - chunk.start);
      this.#lastIndex = -1;
      this.#last = undefined;
    } else if (chunk.start === start) {
      this.#give(chunk.end - end);
      chunk.end = end;
    }
  }

  /** Where in the bytes of the chunk used last a range lies; −1: not all of it there. Most transfers need no more. */
  #withinLast(position: number, length: number): number {
    if (this.#last === undefined) return -1;
    const within = position - this.#lastIndex * CHUNK - this.#last.start;
    return within >= 0 && within + length <= this.#last.end - this.#last.start ? within : -1;
  }

  /** What the file holds now, without copying it; `size` is the file's. */
  snapshot(size: number): FileSnapshot {
    const leases: Lease[] = [];
    const segments: FileSegment[] = [];
    for (const [index, chunk] of [...this.#chunks].sort(([a], [b]) => a - b)) {
      const position = index * CHUNK + chunk.start;
      const length = Math.min(chunk.end - chunk.start, size - position);
      if (length <= 0) continue;
      chunk.lease ??= { holders: 0 };
      chunk.lease.holders++;
      leases.push(chunk.lease);
      segments.push({ position, bytes: chunk.bytes.subarray(0, length) });
    }
    return {
      segments,
      release: () => {
        for (const lease of leases) lease.holders--;
      },
    };
  }

  #chunk(index: number): Chunk | undefined {
    if (index === this.#lastIndex) return this.#last;
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined) {
      this.#lastIndex = index;
      this.#last = chunk;
    }
    return chunk;
  }

  /**
   * Gives [from, from + count) of a chunk storage.
   *
   * @returns how many bytes of it have storage now, from its start on
   */
  #provide(index: number, chunk: Chunk | undefined, from: number, count: number, isSequential: boolean): number {
    const end = from + count;
    if (chunk === undefined) return this.#begin(index, from, count, isSequential && from === 0);
    const start = from < chunk.start ? roundDown(from, PAGE) : chunk.start;
    const newEnd = Math.max(chunk.end, roundUp(end, GRAIN));
    if (this.#extend(chunk, start, newEnd, from <= chunk.end)) return count;
    if (from < chunk.start) return this.#extend(chunk, roundDown(from, GRAIN), newEnd, false) ? count : 0;
    const possible = Math.min(CHUNK, chunk.end + roundDown(this.#quota.left, GRAIN));
    if (possible <= from || !this.#extend(chunk, start, possible, false)) return 0;
    return Math.min(count, possible - from);
  }

  /** As `#provide`, of a chunk that has nothing yet. */
  #begin(index: number, from: number, count: number, isSequential: boolean): number {
    const end = from + count;
    const start = isSequential ? 0 : roundDown(from, PAGE);
    // Whole chunks for a file that grows past its first one; what is wanted in the first, and then doubling.
    const chargedEnd = start === 0 ? roundUp(end, GRAIN) : Math.min(CHUNK, roundUp(end, PAGE));
    if (this.#place(index, start, chargedEnd, isSequential && index > 0 ? CHUNK : chargedEnd)) return count;
    const grains = roundDown(this.#quota.left, GRAIN) - (from % GRAIN);
    const first = roundDown(from, GRAIN);
    const last = Math.min(roundUp(end, GRAIN), from + grains);
    if (grains <= 0 || !this.#place(index, first, last, last)) return 0;
    return Math.min(count, last - from);
  }

  #place(index: number, start: number, end: number, capacityEnd: number): boolean {
    const bytes = this.#take(end - start, capacityEnd - start);
    if (bytes === undefined) return false;
    const chunk: Chunk = { start, end, bytes, lease: undefined };
    this.#chunks.set(index, chunk);
    this.#lastIndex = index;
    this.#last = chunk;
    return true;
  }

  /** Makes a chunk reach from `start` to `end`. @param doubles it is expected to grow on */
  #extend(chunk: Chunk, start: number, end: number, doubles: boolean): boolean {
    const charge = end - start - (chunk.end - chunk.start);
    const capacity = chunk.bytes.length;
    if (start === chunk.start && end <= start + capacity) {
      if (!this.#quota.take(charge)) return false;
      this.storage += charge;
    } else {
      const capacityEnd = doubles ? Math.min(CHUNK, Math.max(end, start + 2 * capacity)) : end;
      const bytes = this.#take(charge, capacityEnd - start);
      if (bytes === undefined) return false;
      bytes.set(chunk.bytes.subarray(0, chunk.end - chunk.start), chunk.start - start);
      chunk.start = start;
      chunk.bytes = bytes;
      chunk.lease = undefined;
    }
    chunk.end = end;
    return true;
  }

  /** Charges bytes and allocates; undefined when the quota or the host has no room. */
  #take(charge: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#quota.take(charge)) return undefined;
    try {
      const bytes = new Uint8Array(length);
      this.storage += charge;
      return bytes;
    } catch {
      // RangeError: the host has no memory; to the guest the disk is full.
      this.#quota.give(charge);
      return undefined;
    }
  }

  #give(bytes: number): void {
    this.#quota.give(bytes);
    this.storage -= bytes;
  }
}

/** Leaves shared bytes to those who hold them. */
function own(chunk: Chunk): void {
  if (chunk.lease !== undefined && chunk.lease.holders > 0) chunk.bytes = chunk.bytes.slice();
  chunk.lease = undefined;
}

function readChunk(chunk: Chunk, inChunk: number, into: Uint8Array, at: number, count: number): void {
  const first = inChunk - chunk.start;
  if (first >= 0 && first + count <= chunk.bytes.length) {
    copyBytes(chunk.bytes, first, into, at, count);
    return;
  }
  const lead = Math.min(count, Math.max(0, -first));
  const available = Math.max(0, Math.min(count, chunk.bytes.length - first) - lead);
  into.fill(0, at, at + lead);
  if (available > 0) copyBytes(chunk.bytes, first + lead, into, at + lead, available);
  into.fill(0, at + lead + available, at + count);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function roundDown(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}
