// The machine's guest memories. An engine never gives a dropped shared memory back in time, and gives a page only about a hundred, so
// memories are kept and used again, for any guest whose limit they cover. What a guest takes for its memory's size is not the
// memory's own (see core/memory-calls), so one that has grown is as good as any: zeroed from end to end, which an idle core
// does if there is one (see core/scrub). That takes longer the larger it is, hence each guest gets the memory nearest to what
// it will need. Owned by the booting thread. A memory comes back when its last user (see lease.ts) is gone.

import { knownPages, PAGE_BYTES } from './pages.ts';

/** One guest's memory for as long as it has it. */
export interface PooledMemory {
  readonly memory: WebAssembly.Memory;
  /** What the guest may grow it to, and is accounted for. */
  readonly maximumPages: number;
  /** What the memory itself may grow to. */
  readonly capacityPages: number;
  /** Another guest's bytes are in it. */
  readonly isDirty: boolean;
}

export interface MemoryWish {
  /** What the guest begins with. */
  readonly initialPages: number;
  /** The most that it may grow to. */
  readonly maximumPages: number;
  /** What it will grow to, as far as anybody can tell. */
  readonly likelyPages: number;
}

interface FreeMemory {
  readonly memory: WebAssembly.Memory;
  readonly capacityPages: number;
  readonly pages: number;
  readonly isDirty: boolean;
}

/** Capacities: engines may reserve addresses for them. Most programs state no maximum, and get the process's. */
const LEAST_CAPACITY = 1024;
const CAPACITY_STEP = 16;
const MOST_CAPACITY = 65536;
/** A memory that is so many times and pages larger than what a guest needs is left for others… */
const WASTE_FACTOR = 4;
const WASTE_PAGES = 512;
/** … unless so many are free already. */
const KEPT = 2;
/** One that it has, and one that comes back from the guest before. */
const MEMORIES_A_GUEST = 2;

export class MemoryPool {
  readonly #budgetPages: number;
  readonly #free: FreeMemory[] = [];
  /** Memories that nobody uses any more and that are being zeroed. */
  #coming = 0;
  /** Memories whose process has ended: others are about to let go of them, or they are being zeroed. */
  readonly #leaving = new Set<WebAssembly.Memory>();
  /** All that were made: none is ever given up. */
  #count = 0;
  readonly #awaiting: (() => void)[] = [];
  #reservedPages = 0;

  /** @param budgetBytes what all guests together may grow to */
  constructor(budgetBytes: number) {
    this.#budgetPages = Math.floor(budgetBytes / PAGE_BYTES);
  }

  /** Pages that guests hold now, each at its maximum. */
  get reservedPages(): number {
    return this.#reservedPages;
  }

  /** Memories that wait for a guest. */
  get freeCount(): number {
    return this.#free.length;
  }

  /**
   * Whether it is better to wait a moment for a memory that is on its way back than to make one more, which stays as large as its
   * largest guest for good: there is none for the guest now, and there are two for each guest already.
   */
  isWorthWaiting({ maximumPages }: MemoryWish): boolean {
    if (this.#leaving.size === 0 || this.#free.some(({ capacityPages }) => capacityPages >= maximumPages)) return false;
    const guests = this.#count - this.#free.length - this.#leaving.size + 1;
    return this.#count >= MEMORIES_A_GUEST * guests;
  }

  /** Resolves when the next memory is free. */
  nextFree(): Promise<void> {
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  /** The process that had it has ended; those who still use it give it back soon. */
  leaves({ memory }: PooledMemory): void {
    this.#leaving.add(memory);
  }

  /** @returns undefined when the budget or the engine does not allow it now */
  take(wish: MemoryWish): PooledMemory | undefined {
    const { maximumPages } = wish;
    if (this.#reservedPages + maximumPages > this.#budgetPages) return undefined;
    const nearest = this.#nearest(wish);
    const isWasteful = nearest !== undefined && this.#free.length + this.#coming < KEPT && isWaste(nearest, wish);
    const taken =
      (isWasteful ? this.#make(wish) : undefined) ?? (nearest && this.#reuse(nearest, wish)) ?? this.#make(wish);
    if (taken === undefined) return undefined;
    this.#reservedPages += maximumPages;
    const { memory, capacityPages, isDirty } = taken;
    return { memory, maximumPages, capacityPages, isDirty };
  }

  /**
   * Takes back what nobody uses any more.
   *
   * @param zero begins to zero the memory, and calls back when it is zero, or is not and never will be; false: it cannot now.
   * One memory is zeroed at a time, so that few are missing meanwhile; another one is left to the core that gets it next.
   */
  giveBack(
    { memory, maximumPages, capacityPages }: PooledMemory,
    zero: (done: (isZero: boolean) => void) => boolean,
  ): void {
    this.#reservedPages -= maximumPages;
    const free = (isDirty: boolean): void => {
      this.#leaving.delete(memory);
      this.#free.push({ memory, capacityPages, pages: knownPages(memory, 0), isDirty });
      for (const resolve of this.#awaiting.splice(0)) resolve();
    };
    const finish = (isZero: boolean): void => {
      this.#coming--;
      free(!isZero);
    };
    if (this.#coming > 0) return free(true);
    this.#coming++;
    this.#leaving.add(memory);
    if (!zero(finish)) finish(false);
  }

  #make(wish: MemoryWish): FreeMemory | undefined {
    const made = allocate(wish);
    if (made !== undefined) this.#count++;
    return made;
  }

  #nearest(wish: MemoryWish): FreeMemory | undefined {
    const wanted = wantedPages(wish);
    const fitting = this.#free.filter(({ capacityPages }) => capacityPages >= wish.maximumPages);
    const distance = ({ pages }: FreeMemory): number => Math.abs(pages - wanted);
    return fitting.sort((a, b) => distance(a) - distance(b) || Number(a.isDirty) - Number(b.isDirty))[0];
  }

  /** @returns undefined when it is too small and the engine does not grow it */
  #reuse(found: FreeMemory, { initialPages }: MemoryWish): FreeMemory | undefined {
    const lacking = initialPages - found.pages;
    if (lacking > 0 && !grows(found.memory, lacking)) return undefined;
    this.#free.splice(this.#free.indexOf(found), 1);
    return found;
  }
}

function wantedPages({ initialPages, likelyPages, maximumPages }: MemoryWish): number {
  return Math.min(Math.max(initialPages, likelyPages), maximumPages);
}

function isWaste({ pages }: FreeMemory, wish: MemoryWish): boolean {
  return pages > WASTE_FACTOR * wantedPages(wish) + WASTE_PAGES;
}

/** The engine's limits (a page may have about 100 memories) are an absent memory, not an exception. */
function allocate(wish: MemoryWish): FreeMemory | undefined {
  const capacityPages = capacityFor(wish.maximumPages);
  const pages = wantedPages(wish);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: capacityPages, shared: true });
    return { memory, capacityPages, pages, isDirty: false };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function capacityFor(maximumPages: number): number {
  let capacity = LEAST_CAPACITY;
  while (capacity < maximumPages) capacity *= CAPACITY_STEP;
  return Math.min(capacity, MOST_CAPACITY);
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
