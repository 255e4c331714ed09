// Packets from many threads to one: a ring of cells of the same size in shared memory.
//
//   int32 TAIL        how many packets were begun, by any sender
//         . . .       the rest of its lines
//         HEAD        how many the receiver has read
//         . . .       the rest of its lines
//   cell  STAMP │ 7 words │ payload
//         STAMP       the position of the packet that stands in it, or stood, and one more; 0 when the ring begins
//
//       sender                                         receiver, at position HEAD
//     1 is TAIL before HEAD + cells? no: full        a is STAMP of HEAD's cell HEAD + 1? no: nothing
//     2 TAIL + 1, if it is still that; else 1        b reads the packet
//     3 writes words and payload                     c HEAD + 1
//     4 STAMP = position + 1
//
// A sender looks at HEAD only when all cells are used that it last knew to be free: else each packet moves the lines of its cell alone.
// Packets of one sender arrive in the order in which it began them. A sender that ends between 2 and 4 stops the ring: its job ends with it.
// After Dmitry Vyukov, Bounded MPMC queue (1024cores); with one receiver, whose position tells which cells are free.

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** Of TAIL's lines, and of HEAD's: processors fetch lines in pairs. */
const POSITION_BYTES = 128;
const POSITION_WORDS = POSITION_BYTES / WORD_BYTES;
/** Words of a packet, behind the stamp. */
export const PACKET_WORDS = 7;
/** Where in a cell its payload begins. */
export const PAYLOAD_WORD = 1 + PACKET_WORDS;

export interface RingShape {
  /** A power of two. */
  readonly cells: number;
  /** Of a cell's payload; a cell fills whole lines. */
  readonly payloadBytes: number;
}

function cellWordsOf({ payloadBytes }: RingShape): number {
  return PAYLOAD_WORD + payloadBytes / WORD_BYTES;
}

/** All zero when the ring begins. */
export function packetRingBytes(shape: RingShape): number {
  return 2 * POSITION_BYTES + shape.cells * cellWordsOf(shape) * WORD_BYTES;
}

/** How many packets were begun in the ring that stands at an index, modulo 2^32. */
export function begunIn(words: Int32Array, start: number): number {
  return Atomics.load(words, start);
}

/** How many its receiver has read, likewise. */
export function readIn(words: Int32Array, start: number): number {
  return Atomics.load(words, start + POSITION_WORDS);
}

/** One end of a ring. A thread that only sends calls `claim` and `publish`; the one receiver `next` and `release`. */
export class PacketRing {
  readonly words: Int32Array;
  readonly #tail: number;
  readonly #head: number;
  readonly #cells: number;
  readonly #cellWords: number;
  readonly #mask: number;
  /** Of a receiver: HEAD. */
  #position = 0;
  /** Of a sender: of the packet that it has begun; and up to where cells were free when it last looked. */
  #begun = 0;
  #freeEnd: number;

  /** @param start index of the ring in the words */
  constructor(words: Int32Array, start: number, shape: RingShape) {
    this.words = words;
    this.#tail = start;
    this.#head = start + POSITION_WORDS;
    this.#cells = start + 2 * POSITION_WORDS;
    this.#cellWords = cellWordsOf(shape);
    this.#mask = shape.cells - 1;
    this.#freeEnd = shape.cells;
  }

  /** Begins a packet, which this sender publishes before it begins another. @returns the index of its cell; -1: the ring is full */
  claim(): number {
    const { words } = this;
    for (;;) {
      const position = Atomics.load(words, this.#tail);
      if (!this.#isFree(position)) return -1;
      if (Atomics.compareExchange(words, this.#tail, position, (position + 1) | 0) !== position) continue;
      this.#begun = position;
      return this.#cellOf(position);
    }
  }

  /** Whether a packet could be begun now. */
  get hasRoom(): boolean {
    return this.#isFree(Atomics.load(this.words, this.#tail));
  }

  /** The packet that was begun stands in its cell. */
  publish(cell: number): void {
    // Pairs with the load in next.
    Atomics.store(this.words, cell, (this.#begun + 1) | 0);
  }

  /** The cell of the oldest packet that is there; -1: there is none. */
  next(): number {
    const cell = this.#cellOf(this.#position);
    // Pairs with the store in publish.
    return Atomics.load(this.words, cell) === ((this.#position + 1) | 0) ? cell : -1;
  }

  /** The packet that `next` has told was read. */
  release(): void {
    this.#position = (this.#position + 1) | 0;
    // Pairs with the load in isFree.
    Atomics.store(this.words, this.#head, this.#position);
  }

  #isFree(position: number): boolean {
    if (((position - this.#freeEnd) | 0) < 0) return true;
    this.#freeEnd = (Atomics.load(this.words, this.#head) + this.#mask + 1) | 0;
    return ((position - this.#freeEnd) | 0) < 0;
  }

  #cellOf(position: number): number {
    return this.#cells + (position & this.#mask) * this.#cellWords;
  }
}
