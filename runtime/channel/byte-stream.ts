// A byte stream between two threads: one writer, one reader, a ring in shared memory. Carries stdin, stdout and stderr
// between the host's thread and the personality that serves the guest.
//
//   int32: HEAD (bytes written, modulo 2^32)  TAIL (bytes read)  WRITER_CLOSED  READER_CLOSED │ ring, a power of two bytes
//
// Each side waits on the other's word: the host's thread by waitAsync, a worker by its doorbell. HEAD and WRITER_CLOSED are
// the writer's, TAIL and READER_CLOSED the reader's.

import type { StreamReader, StreamWriter } from './service.ts';

const HEAD = 0;
const TAIL = 1;
const WRITER_CLOSED = 2;
const READER_CLOSED = 3;
/** The word that a sleeping host thread watches: changed by the other side whenever it did anything. */
const NEWS = 4;
const HEADER_BYTES = 64;

export function createByteStream(capacity = 65536): SharedArrayBuffer {
  if ((capacity & (capacity - 1)) !== 0) throw new RangeError('the capacity of a byte stream is a power of two');
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

class Ring {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly mask: number;
  readonly #ring: () => void;

  constructor(buffer: SharedArrayBuffer, ring: () => void) {
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.bytes = new Uint8Array(buffer, HEADER_BYTES);
    this.mask = this.bytes.length - 1;
    this.#ring = ring;
  }

  /** Pairs with `news` of the other side. */
  tell(): void {
    Atomics.add(this.words, NEWS, 1);
    Atomics.notify(this.words, NEWS);
    this.#ring();
  }

  /** Resolves when the other side has done anything since `seen` was taken. */
  async news(seen: number): Promise<void> {
    const { async, value } = Atomics.waitAsync(this.words, NEWS, seen);
    if (async) await value;
  }

  get seen(): number {
    return Atomics.load(this.words, NEWS);
  }

  get filled(): number {
    return (Atomics.load(this.words, HEAD) - Atomics.load(this.words, TAIL)) | 0;
  }
}

/** @param ring called after each change, to wake a reader or writer that sleeps on something else */
export class RingReader implements StreamReader {
  readonly #ring: Ring;

  constructor(buffer: SharedArrayBuffer, ring: () => void = () => {}) {
    this.#ring = new Ring(buffer, ring);
  }

  get available(): number {
    return this.#ring.filled;
  }

  get ended(): boolean {
    // The flag first: what was written before it was set is then seen in `available`.
    return Atomics.load(this.#ring.words, WRITER_CLOSED) !== 0 && this.available === 0;
  }

  read(into: Uint8Array): number {
    const { words, bytes, mask } = this.#ring;
    const count = Math.min(this.available, into.length);
    if (count === 0) return 0;
    const tail = words[TAIL] as number;
    const start = tail & mask;
    const first = Math.min(count, bytes.length - start);
    into.set(bytes.subarray(start, start + first));
    if (first < count) into.set(bytes.subarray(0, count - first), first);
    Atomics.store(words, TAIL, (tail + count) | 0);
    this.#ring.tell();
    return count;
  }

  close(): void {
    if (Atomics.exchange(this.#ring.words, READER_CLOSED, 1) === 0) this.#ring.tell();
  }

  /** The bytes that come next, a copy; empty at the end. Waits in the event loop. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const seen = this.#ring.seen;
      const ended = Atomics.load(this.#ring.words, WRITER_CLOSED) !== 0;
      const count = this.available;
      if (count > 0) {
        const chunk = new Uint8Array(count);
        this.read(chunk);
        return chunk;
      }
      if (ended) return new Uint8Array(0);
      await this.#ring.news(seen);
    }
  }
}

/** @param ring called after each change, to wake a reader or writer that sleeps on something else */
export class RingWriter implements StreamWriter {
  readonly #ring: Ring;

  constructor(buffer: SharedArrayBuffer, ring: () => void = () => {}) {
    this.#ring = new Ring(buffer, ring);
  }

  get space(): number {
    return this.#ring.bytes.length - this.#ring.filled;
  }

  get broken(): boolean {
    return Atomics.load(this.#ring.words, READER_CLOSED) !== 0;
  }

  write(from: Uint8Array): number {
    const { words, bytes, mask } = this.#ring;
    const count = Math.min(this.space, from.length);
    if (count === 0) return 0;
    const head = words[HEAD] as number;
    const start = head & mask;
    const first = Math.min(count, bytes.length - start);
    bytes.set(from.subarray(0, first), start);
    if (first < count) bytes.set(from.subarray(first, count));
    Atomics.store(words, HEAD, (head + count) | 0);
    this.#ring.tell();
    return count;
  }

  close(): void {
    if (Atomics.exchange(this.#ring.words, WRITER_CLOSED, 1) === 0) this.#ring.tell();
  }

  /** Writes all of it, waiting in the event loop for room. @returns false when the reader has closed */
  async writeAll(from: Uint8Array): Promise<boolean> {
    let rest = from;
    while (rest.length > 0) {
      const seen = this.#ring.seen;
      if (this.broken) return false;
      const written = this.write(rest);
      rest = rest.subarray(written);
      if (rest.length > 0 && written === 0) await this.#ring.news(seen);
    }
    return !this.broken;
  }
}
