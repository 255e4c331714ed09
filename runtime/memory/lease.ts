// Who uses a guest's memory: its thread, Linux or the servers of its files, the embedder that holds a loaded program. Each has a
// share; the memory goes back to the pool when the last share has ended, and a share that has ended gives no memory: the next
// guest may be in it already. Owned by the booting thread.

/** One user's claim to a memory. */
export interface MemoryShare {
  /** Undefined once the share has ended. */
  readonly memory: WebAssembly.Memory | undefined;
  /** The user touches the memory no more. Once is enough. */
  end(): void;
}

export class MemoryLease {
  readonly #memory: WebAssembly.Memory;
  readonly #onFree: () => void;
  readonly #onLeaving: (() => void) | undefined;
  #shares = 0;
  #isLeaving = false;

  /**
   * @param onFree is called once, when the last share has ended
   * @param onLeaving is called once, when the first share has ended and others have not
   */
  constructor(memory: WebAssembly.Memory, onFree: () => void, onLeaving?: () => void) {
    this.#memory = memory;
    this.#onFree = onFree;
    this.#onLeaving = onLeaving;
  }

  /** For one more user; while another one has a share. */
  share(): MemoryShare {
    let memory: WebAssembly.Memory | undefined = this.#memory;
    this.#shares++;
    return {
      get memory() {
        return memory;
      },
      end: () => {
        if (memory === undefined) return;
        memory = undefined;
        this.#shares--;
        if (this.#shares === 0) return this.#onFree();
        if (!this.#isLeaving) this.#onLeaving?.();
        this.#isLeaving = true;
      },
    };
  }
}
