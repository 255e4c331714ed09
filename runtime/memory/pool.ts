// The machine's guest memories. An engine never gives a dropped shared memory back in time, so memories are kept and used
// again: by exact maximum, the smallest that is large enough first. Owned by the booting thread. A memory comes back when
// its last user (guest, Linux, host requests) is gone, zeroed by an idle core if there was one (see core/scrub).

/** One guest's memory for as long as it has it. */
export interface PooledMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  /** Another guest's bytes are in it. */
  readonly isDirty: boolean;
}

interface FreeMemory {
  readonly memory: WebAssembly.Memory;
  readonly isDirty: boolean;
}

export const PAGE_BYTES = 65536;

export class MemoryPool {
  readonly #budgetPages: number;
  readonly #free = new Map<number, FreeMemory[]>();
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
    const { memory, isDirty } = this.#reuse(initialPages, maximumPages) ?? {
      memory: allocate(initialPages, maximumPages),
      isDirty: false,
    };
    if (memory === undefined) return undefined;
    this.#reservedPages += maximumPages;
    return { memory, maximumPages, isDirty };
  }

  giveBack({ memory, maximumPages, isDirty }: PooledMemory): void {
    this.#reservedPages -= maximumPages;
    const free = this.#free.get(maximumPages) ?? [];
    this.#free.set(maximumPages, free);
    free.push({ memory, isDirty });
    free.sort(
      (a, b) => a.memory.buffer.byteLength - b.memory.buffer.byteLength || Number(a.isDirty) - Number(b.isDirty),
    );
  }

  #reuse(initialPages: number, maximumPages: number): FreeMemory | undefined {
    const free = this.#free.get(maximumPages);
    if (free === undefined || free.length === 0) return undefined;
    const fitting = free.findIndex(({ memory }) => memory.buffer.byteLength >= initialPages * PAGE_BYTES);
    const index = fitting >= 0 ? fitting : free.length - 1;
    const found = free[index];
    if (found === undefined) return undefined;
    const lacking = initialPages - found.memory.buffer.byteLength / PAGE_BYTES;
    if (lacking > 0 && !grows(found.memory, lacking)) return undefined;
    free.splice(index, 1);
    return found;
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
