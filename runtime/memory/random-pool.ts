// Random bytes of the host's generator, drawn ahead: a request for a few costs it as much as one for many. Drawn into
// memory of our own, since platforms refuse shared views. One thread uses a pool; used bytes are forgotten.

const POOL_BYTES = 4096;
/** Up to here a loop copies quicker than a call with a new view. */
const LOOP_MOST = 64;

export class RandomPool {
  readonly #bytes = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /** Fills [at, at + length) with bytes fit for cryptography. */
  fill(into: Uint8Array, at: number, length: number): void {
    for (let done = 0; done < length; ) done += this.#take(into, at + done, length - done);
  }

  #take(into: Uint8Array, at: number, length: number): number {
    if (this.#used === POOL_BYTES) {
      crypto.getRandomValues(this.#bytes);
      this.#used = 0;
    }
    const start = this.#used;
    const count = Math.min(length, POOL_BYTES - start);
    if (count <= LOOP_MOST) for (let i = 0; i < count; i++) into[at + i] = this.#bytes[start + i] as number;
    else into.set(this.#bytes.subarray(start, start + count), at);
    this.#bytes.fill(0, start, start + count);
    this.#used = start + count;
    return count;
  }
}
