// Packets from many threads to one: a ring of cells of the same size in shared memory.
//
//   int32 TAIL        how many packets were begun, by any sender
//         . . .       the rest of its lines
//   cell  STAMP │ 7 words │ payload
//         STAMP       what it was when the ring began (0), and one more for each round over all cells:
//                     rounds × cells: free for the packet of this round │ one more: the packet stands in it
//
//       sender                                        receiver, at position HEAD
//     1 TAIL = position; is the cell free? no: full   a does the packet of this round stand in the cell? no: nothing
//     2 TAIL + 1, if it is still that; else 1         b reads it
//     3 writes words and payload                      c STAMP = rounds + 1 × cells: free for the next round
//     4 STAMP + 1
//
// Packets of one sender arrive in the order in which it began them. A sender that ends between 2 and 4 stops the ring: its job ends with it.
// Source: Dmitry Vyukov, Bounded MPMC queue (1024cores), with one receiver, whose position nobody else needs.

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const TAIL_BYTES = 128;
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
  return TAIL_BYTES + shape.cells * cellWordsOf(shape) * WORD_BYTES;
}

/** How many packets were begun in the ring that stands at an index, modulo 2^32. */
export function begunIn(words: Int32Array, start: number): number {
  return Atomics.load(words, start);
}

/** One end of a ring. A thread that only sends calls `claim` and `publish`; the one receiver `next` and `release`. */
export class PacketRing {
  readonly words: Int32Array;
  readonly #tail: number;
  readonly #cells: number;
  readonly #cellWords: number;
  readonly #mask: number;
  #head = 0;

  /** @param start index of the ring in the words */
  constructor(words: Int32Array, start: number, shape: RingShape) {
    this.words = words;
    this.#tail = start;
    this.#cells = start + TAIL_BYTES / WORD_BYTES;
    this.#cellWords = cellWordsOf(shape);
    this.#mask = shape.cells - 1;
  }

  /** Begins a packet. @returns the index of its cell, to be published soon; -1: the ring is full */
  claim(): number {
    const { words } = this;
    for (;;) {
      const position = Atomics.load(words, this.#tail);
      const index = position & this.#mask;
      const cell = this.#cells + index * this.#cellWords;
      // Pairs with the store in release.
      const ahead = (Atomics.load(words, cell) - (position - index)) | 0;
      if (ahead < 0) return -1;
      if (ahead === 0 && Atomics.compareExchange(words, this.#tail, position, (position + 1) | 0) === position)
        return cell;
    }
  }

  /** Whether a packet could be begun now. */
  get hasRoom(): boolean {
    const position = Atomics.load(this.words, this.#tail);
    const index = position & this.#mask;
    return ((Atomics.load(this.words, this.#cells + index * this.#cellWords) - (position - index)) | 0) >= 0;
  }

  /** The packet stands in its cell. */
  publish(cell: number): void {
    // Pairs with the load in next.
    Atomics.store(this.words, cell, ((this.words[cell] as number) + 1) | 0);
  }

  /** The cell of the oldest packet that is there; -1: there is none. */
  next(): number {
    const index = this.#head & this.#mask;
    const cell = this.#cells + index * this.#cellWords;
    // Pairs with the store in publish.
    return Atomics.load(this.words, cell) === ((this.#head - index + 1) | 0) ? cell : -1;
  }

  /** The packet that `next` has told was read. */
  release(cell: number): void {
    const index = this.#head & this.#mask;
    this.#head = (this.#head + 1) | 0;
    // Pairs with the load in claim.
    Atomics.store(this.words, cell, (this.#head - 1 - index + this.#mask + 1) | 0);
  }
}
