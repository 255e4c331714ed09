// A byte stream between two threads: one writer, one reader, a ring in shared memory. Carries stdin, stdout and stderr
// between the host's thread and the personality that serves the guest.
//
//   int32: HEAD (bytes written, modulo 2^32)  TAIL (bytes read)  WRITER_CLOSED  READER_CLOSED
//          NEWS  READER_WANTS  WRITER_WANTS │ ring, a power of two bytes
//
// HEAD and WRITER_CLOSED are the writer's, TAIL and READER_CLOSED the reader's. The host's thread sleeps on the stream's own
// doorbell, NEWS, and says from how many bytes on it wants to be woken; a worker is woken by `ring` (its own doorbell).
// Where there is no shared memory, a stream serves one thread, which has both ends.

import type { StreamReader, StreamWriter } from '../channel/service.ts';
import { type Doorbell, ringFor, sleepUntilTold, toldOf, wake } from './doorbell.ts';

const HEAD = 0;
const TAIL = 1;
const WRITER_CLOSED = 2;
const READER_CLOSED = 3;
/** What either end sleeps on; rung when what it wants is there, and at each close. */
const NEWS = 4;
/** Bytes that a sleeping reader wants to find, or the room that a sleeping writer wants; 0: nobody sleeps. */
const READER_WANTS = 5;
const WRITER_WANTS = 6;
const HEADER_BYTES = 64;

/** A stream for one thread alone, in the type of those that threads share. */
export function createLocalByteStream(capacity = 65536): SharedArrayBuffer {
  return new ArrayBuffer(HEADER_BYTES + capacity) as ArrayBufferLike as SharedArrayBuffer;
}

export function createByteStream(capacity = 65536): SharedArrayBuffer {
  if ((capacity & (capacity - 1)) !== 0) throw new RangeError('the capacity of a byte stream is a power of two');
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

/** Streams to be used again: an engine gives dropped shared memory back late. */
export class ByteStreamPool {
  readonly #free: SharedArrayBuffer[] = [];

  take(): SharedArrayBuffer {
    const buffer = this.#free.pop();
    if (buffer === undefined) return createByteStream();
    new Int32Array(buffer, 0, HEADER_BYTES / 4).fill(0);
    return buffer;
  }

  /** A stream of `take` that neither end uses any more. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (this.#free.length < POOLED_STREAMS) this.#free.push(buffer);
  }
}

const POOLED_STREAMS = 64;

class Ring {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly mask: number;
  /** What the ends sleep on in the event loop: the reader until so many bytes are there, the writer until there is room. */
  readonly reader: Doorbell;
  readonly writer: Doorbell;
  readonly #ring: () => void;

  constructor(buffer: SharedArrayBuffer, ring: () => void) {
    const words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.words = words;
    this.bytes = new Uint8Array(buffer, HEADER_BYTES);
    this.mask = this.bytes.length - 1;
    this.reader = { words, bell: NEWS, announced: READER_WANTS };
    this.writer = { words, bell: NEWS, announced: WRITER_WANTS };
    this.#ring = ring;
  }

  /** HEAD has changed. */
  filledMore(): void {
    ringFor(this.reader, this.filled);
    this.#ring();
  }

  /** TAIL has changed. */
  emptiedMore(): void {
    ringFor(this.writer, this.bytes.length - this.filled);
    this.#ring();
  }

  /** Whoever sleeps is woken in any case: who closed it before may have been ended before he did that. */
  close(end: typeof WRITER_CLOSED | typeof READER_CLOSED): void {
    Atomics.store(this.words, end, 1);
    wake(this.reader);
    this.#ring();
  }

  /** Sleeps in the event loop until the other side closes; beside a sleep for room, too. */
  async untilClosed(isClosed: () => boolean): Promise<void> {
    for (;;) {
      // Not announced: a close changes it in any case.
      const seen = Atomics.load(this.words, NEWS);
      if (isClosed()) return;
      await toldOf(this.reader, seen);
    }
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
    return this.hungUp && this.available === 0;
  }

  get hungUp(): boolean {
    return Atomics.load(this.#ring.words, WRITER_CLOSED) !== 0;
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
    this.#ring.emptiedMore();
    return count;
  }

  close(): void {
    this.#ring.close(READER_CLOSED);
  }

  /**
   * The bytes that come next, a copy; empty at the end. Waits in the event loop.
   *
   * @param least waits for so many, or the end
   */
  async next(least = 1): Promise<Uint8Array<ArrayBuffer>> {
    const isClosed = (): boolean => Atomics.load(this.#ring.words, WRITER_CLOSED) !== 0;
    const isReady = (): boolean => this.available >= least || isClosed();
    if (!isReady()) await sleepUntilTold(this.#ring.reader, isReady, least);
    const chunk = new Uint8Array(this.available);
    this.read(chunk);
    return chunk;
  }

  /** Bytes that the ring holds at most. */
  get capacity(): number {
    return this.#ring.bytes.length;
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
    this.#ring.filledMore();
    return count;
  }

  close(): void {
    this.#ring.close(WRITER_CLOSED);
  }

  /** Resolves when the reader has closed; beside a write that waits for room, too. */
  whenBroken(): Promise<void> {
    return this.#ring.untilClosed(() => this.broken);
  }

  /** Writes all of it, waiting in the event loop for room. @returns false when the reader has closed */
  async writeAll(from: Uint8Array): Promise<boolean> {
    const isReady = (): boolean => this.space > 0 || this.broken;
    let rest = from;
    while (rest.length > 0 && !this.broken) {
      rest = rest.subarray(this.write(rest));
      if (rest.length > 0) await sleepUntilTold(this.#ring.writer, isReady);
    }
    return !this.broken;
  }
}
