// A guest's linear memory as handlers see it: bounds-checked views that follow growth. Guest memory is hostile: another
// thread may change any byte at any time, so a handler copies what it decides on, once, then checks, then uses the copy.
// The bounds are those of the memory as the guest sees it: a pooled one may be larger, and a pointer into the rest is EFAULT,
// whoever had the memory before.
// Used by both personalities and the loader. Views are refreshed only when a bound check fails (growth is rare, the
// `buffer` getter is slow); engine note: another worker may see a stale length until a grow by zero.

import type { GuestPtr } from '../abi/types.ts';
import { knownPages, PAGE_BYTES } from './pages.ts';

/** The part of WebAssembly.Memory that is needed; a plain (not shared) one works too. */
export type GuestMemorySource = Pick<WebAssembly.Memory, 'buffer' | 'grow'>;

const TWO_32 = 2 ** 32;
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
if (!littleEndian) throw new Error('fusedos needs a little-endian host: guest memory is viewed in place');

export class GuestMemory {
  readonly #memory: GuestMemorySource;
  readonly #pages: (() => number) | undefined;
  /** What the guest has of it; never hand it to a platform API (they reject or alias shared memory): copy first. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Aligned words, index = address / 4. */
  words: Uint32Array = new Uint32Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));

  /** @param pages how many the guest has now; absent: all of them */
  constructor(memory: GuestMemorySource, pages?: () => number) {
    this.#memory = memory;
    this.#pages = pages;
    // One whose size nobody tells is asked when it seems too small.
    this.#view(pages?.() ?? 0);
  }

  get buffer(): ArrayBufferLike {
    return this.bytes.buffer;
  }

  /** Its size as the guest sees it now, in bytes. */
  get size(): number {
    this.#refresh();
    return this.bytes.length;
  }

  /** Whether [address, address + length) lies inside the memory as it is now. Any number is allowed for both. */
  contains(address: number, length: number): boolean {
    const start = address >>> 0;
    if (start + length <= this.bytes.length && length >= 0) return true;
    this.#refresh();
    return start + length <= this.bytes.length && length >= 0;
  }

  /** As `contains`, for `count` elements of `size` bytes at an address. */
  containsArray(address: number, count: number, size: number): boolean {
    return this.contains(address, (count >>> 0) * size);
  }

  /** A copy of a checked range, in memory that no guest shares. */
  copyOut(address: number, length: number): Uint8Array<ArrayBuffer> {
    const start = address >>> 0;
    return new Uint8Array(this.bytes.subarray(start, start + length));
  }

  /** Stores bytes at a checked address. */
  copyIn(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address >>> 0);
  }

  // The scalar accessors want an address that was checked; they take any alignment.

  readU32(address: number): number {
    return (address & 3) === 0 ? (this.words[address >>> 2] as number) : this.view.getUint32(address >>> 0, true);
  }

  writeU32(address: number, value: number): void {
    if ((address & 3) === 0) this.words[address >>> 2] = value;
    else this.view.setUint32(address >>> 0, value, true);
  }

  readU64(address: number): bigint {
    return this.view.getBigUint64(address >>> 0, true);
  }

  writeU64(address: number, value: bigint): void {
    this.view.setBigUint64(address >>> 0, value, true);
  }

  /** Writes an unsigned 64-bit number given as two halves, without a bigint. */
  writeU64Halves(address: number, low: number, high: number): void {
    this.writeU32(address, low);
    this.writeU32(address + 4, high);
  }

  /** Writes a whole number of at most 2^53 as an unsigned 64-bit one. */
  writeNumber(address: number, value: number): void {
    this.writeU64Halves(address, value >>> 0, Math.floor(value / TWO_32));
  }

  readU16(address: number): number {
    return this.view.getUint16(address >>> 0, true);
  }

  writeU16(address: number, value: number): void {
    this.view.setUint16(address >>> 0, value, true);
  }

  #refresh(): void {
    this.#view(this.#pages?.() ?? Number.POSITIVE_INFINITY);
  }

  /** @param leastPages that the memory has by now, as far as its guest has told; of one whose guest tells nothing, how many are wanted */
  #view(leastPages: number): void {
    const known = knownPages(this.#memory, leastPages);
    const { buffer } = this.#memory;
    const size = this.#pages === undefined ? buffer.byteLength : Math.min(leastPages, known) * PAGE_BYTES;
    if (size === this.bytes.length && buffer === this.bytes.buffer) return;
    this.bytes = new Uint8Array(buffer, 0, size);
    this.words = new Uint32Array(buffer, 0, size / Uint32Array.BYTES_PER_ELEMENT);
    this.view = new DataView(buffer, 0, size);
  }
}

/** A memory that is not shared, and may not exist yet: only the guest grows it, and every growth gives it another buffer. */
export function unsharedSource(memory: () => WebAssembly.Memory | undefined): GuestMemorySource {
  const none = new ArrayBuffer(0);
  return {
    get buffer() {
      return memory()?.buffer ?? none;
    },
    grow: () => 0,
  };
}

/** The guest's address `offset` bytes on. */
export function offsetPtr(address: GuestPtr, offset: number): GuestPtr {
  return (address + offset) as GuestPtr;
}
