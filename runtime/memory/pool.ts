// The machine's guest memories. An engine never gives a dropped shared memory back in time, so memories are kept and used
// again: by exact maximum, the smallest that is large enough first. Owned by the booting thread. A memory comes back when
// its last user (guest, Linux, host requests) is gone; the core that gets it next zeroes it (see core/scrub).

/** One guest's memory for as long as it has it. */
export interface PooledMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  /** It had another guest before. */
  readonly isUsed: boolean;
}

export const PAGE_BYTES = 65536;

export class MemoryPool {
  readonly #budgetPages: number;
  readonly #free = new Map<number, WebAssembly.Memory[]>();
  #reservedPages = 0;

  /** @param budgetBytes what all guests together may grow to */
  constructor(budgetBytes: number) {
    this.#budgetPages = Math.floor(budgetBytes / PAGE_BYTES);
  }

  /** Pages that guests hold now, each at its maximum. */
  get reservedPages(): number {
    return this.#reservedPages;
  }

  /** @returns undefined when the budget does not allow it now */
  take(initialPages: number, maximumPages: number): PooledMemory | undefined {
    if (this.#reservedPages + maximumPages > this.#budgetPages) return undefined;
    const memory = this.#reuse(initialPages, maximumPages);
    if (memory !== undefined) {
      this.#reservedPages += maximumPages;
      return { memory, maximumPages, isUsed: true };
    }
    const fresh = allocate(initialPages, maximumPages);
    if (fresh === undefined) return undefined;
    this.#reservedPages += maximumPages;
    return { memory: fresh, maximumPages, isUsed: false };
  }

  giveBack({ memory, maximumPages }: PooledMemory): void {
    this.#reservedPages -= maximumPages;
    const free = this.#free.get(maximumPages) ?? [];
    this.#free.set(maximumPages, free);
    free.push(memory);
    free.sort((a, b) => a.buffer.byteLength - b.buffer.byteLength);
  }

  #reuse(initialPages: number, maximumPages: number): WebAssembly.Memory | undefined {
    const free = this.#free.get(maximumPages);
    if (free === undefined || free.length === 0) return undefined;
    const fitting = free.findIndex((memory) => memory.buffer.byteLength >= initialPages * PAGE_BYTES);
    const index = fitting >= 0 ? fitting : free.length - 1;
    const memory = free[index];
    if (memory === undefined) return undefined;
    const lacking = initialPages - memory.buffer.byteLength / PAGE_BYTES;
    if (lacking > 0 && !grows(memory, lacking)) return undefined;
    free.splice(index, 1);
    return memory;
  }
}

/** The engine's limits (a page may have about 100 memories) are an absent memory, not an exception. */
function allocate(initial: number, maximum: number): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: true });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function grows(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
