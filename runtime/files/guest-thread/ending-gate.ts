// Lets a thread finish what must not be cut in two before another thread ends it: between a system call that has been made
// and the note of it, say. One word of shared memory a thread.

/** Bits of the word: the thread is inside; it is to be ended. */
const INSIDE = 1;
const SHUT = 2;
/** A thread that died by itself never comes out. */
const PATIENCE_MS = 1000;

export function createGate(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** The thread's own side. */
export class EndingGate {
  readonly #word: Int32Array;
  #depth = 0;

  /** @param buffer undefined: nobody else ends this thread */
  constructor(buffer: ArrayBufferLike = new ArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#word = new Int32Array(buffer);
  }

  /** Does something whole or not at all; may be nested. Does not return when the thread is about to be ended. */
  wholly<T>(action: () => T): T {
    // Pairs with the or in shutGate.
    if (this.#depth === 0 && Atomics.compareExchange(this.#word, 0, 0, INSIDE) !== 0) this.#awaitEnd();
    this.#depth++;
    try {
      return action();
    } finally {
      this.#depth--;
      if (this.#depth === 0) Atomics.and(this.#word, 0, ~INSIDE);
    }
  }

  #awaitEnd(): never {
    for (;;) Atomics.wait(this.#word, 0, SHUT);
  }
}

/** @returns when the thread is not inside and will not come in: it can be ended. Does not block. */
export async function shutGate(buffer: ArrayBufferLike): Promise<void> {
  const word = new Int32Array(buffer);
  // Pairs with the compareExchange in wholly.
  Atomics.or(word, 0, SHUT);
  const end = performance.now() + PATIENCE_MS;
  while ((Atomics.load(word, 0) & INSIDE) !== 0 && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 1));
}
