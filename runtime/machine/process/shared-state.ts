// Memory for what the threads of a process share besides their own memory, kept for the next process: an engine gives dropped shared memory
// back late. Used on the booting thread.

const KEPT = 8;

export class SharedStatePool {
  readonly #free: SharedArrayBuffer[] = [];

  /** All zero. @param bytes at least so many */
  take(bytes: number): SharedArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    if (index < 0) return new SharedArrayBuffer(bytes);
    const [buffer] = this.#free.splice(index, 1) as [SharedArrayBuffer];
    new Uint8Array(buffer).fill(0);
    return buffer;
  }

  /** No thread uses it any more. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }
}
