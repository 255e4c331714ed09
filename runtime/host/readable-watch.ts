// A word by which the thread that has Linux asks the thread that has the event loop to be told when a descriptor has
// something to read.
//
//   IDLE ──(Linux: a read found nothing)──▶ WANTED ──(event loop: it is readable)──▶ READABLE ──(Linux: has read)──▶ IDLE
//
// Linux alone leaves IDLE and READABLE, either side WANTED, by compare-and-exchange. READABLE may be late: somebody else may
// have taken what was there. A reader looks again then, and asks again.

const IDLE = 0;
const WANTED = 1;
const READABLE = 2;

export function createWatch(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** The side of the thread that reads. */
export class WatchReader {
  readonly #word: Int32Array;

  constructor(watch: SharedArrayBuffer) {
    this.#word = new Int32Array(watch);
  }

  /** The descriptor was found readable since it was asked for. */
  get isReadable(): boolean {
    return Atomics.load(this.#word, 0) === READABLE;
  }

  /** Nobody has told yet what was asked for. */
  get isWanted(): boolean {
    return Atomics.load(this.#word, 0) === WANTED;
  }

  /** Asks to be told; pairs with `serveWatch`. */
  ask(): void {
    if (Atomics.exchange(this.#word, 0, WANTED) !== WANTED) Atomics.notify(this.#word, 0);
  }

  /** What was found may be gone. */
  clear(): void {
    Atomics.store(this.#word, 0, IDLE);
  }
}

/**
 * The side of the thread that has the event loop: answers for ever.
 *
 * @param readable resolves when the descriptor has something to read, its end, or an error
 * @param ring wakes the thread that reads
 */
export async function serveWatch(
  watch: SharedArrayBuffer,
  readable: () => Promise<void>,
  ring: () => void,
): Promise<never> {
  const word = new Int32Array(watch);
  for (;;) {
    const seen = Atomics.load(word, 0);
    if (seen !== WANTED) {
      const { async, value } = Atomics.waitAsync(word, 0, seen);
      if (async) await value;
      continue;
    }
    await readable();
    if (Atomics.compareExchange(word, 0, WANTED, READABLE) === WANTED) ring();
  }
}
