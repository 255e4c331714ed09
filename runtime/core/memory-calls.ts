// What instructions of a guest come to that the loader has replaced by calls. Waits and notifications: see wait-calls.ts. `memory.size` and
// `memory.grow` (see memory/module/edit/sizes): one word tells the memory's size as the guest
// sees it, which begins at what the module declares and ends at the guest's own limit. The memory itself is at least as large,
// and zero beyond that word: a pooled one may have served a larger guest. It is grown only when it falls short.
// The word is shared: threads of one process change it by compare-and-exchange, each through an instance of its own, and Linux and the
// booting thread read it. An instance of this class belongs to one worker, whose guests use it one after another.

import type { GuestMemorySource } from '../memory/guest-memory.ts';
import { MEMORY_CALL, type MemoryCallNames } from '../memory/module/index.ts';
import { knownPages, realPages } from '../memory/pages.ts';
import { WaitCalls, type Waits } from './wait-calls.ts';

/**
 * (module (import "m" "size" (func (result i32))) (import "m" "grow" (func (param i32) (result i32)))
 *   (export "size" (func 0)) (export "grow" (func 1)))
 * A table takes only functions of a module.
 */
const FUNCTIONS_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 10, 2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f, 2, 19, 2, 1, 0x6d, 4, 0x73,
  0x69, 0x7a, 0x65, 0, 0, 1, 0x6d, 4, 0x67, 0x72, 0x6f, 0x77, 0, 1, 7, 15, 2, 4, 0x73, 0x69, 0x7a, 0x65, 0, 0, 4, 0x67,
  0x72, 0x6f, 0x77, 0, 1,
]);
const REFUSED = -1;
/**
 * For a process that has threads: pages that it is given were there a while before, most likely, and all its threads know it. To atomic
 * instructions in code that is not optimised yet, engines let through only what the instance knows, which other threads' instances learn
 * a little later (for bulk instructions see memory/module/edit/fresh-pages).
 */
export const THREADS_AHEAD_PAGES = 64;

export class MemoryCalls {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #onRefused: () => void;
  readonly #functions: Readonly<Record<'size' | 'grow', () => void>>;
  /** Made for the first guest that waits. */
  #waitCalls: WaitCalls | undefined;
  #memory: WebAssembly.Memory | undefined;
  #realPages = 0;
  #maximumPages = 0;
  #aheadPages = 0;

  /**
   * @param index of the word in `words`: pages
   * @param onRefused a guest was told that its memory does not grow
   */
  constructor(words: Int32Array, index: number, onRefused: () => void = () => {}) {
    this.#words = words;
    this.#onRefused = onRefused;
    this.#index = index;
    const size = (): number => Atomics.load(this.#words, this.#index);
    const grow = (pages: number): number => this.grow(pages >>> 0);
    const module = new WebAssembly.Module(FUNCTIONS_MODULE);
    const { exports } = new WebAssembly.Instance(module, { m: { size, grow } });
    this.#functions = { size: exports['size'] as () => void, grow: exports['grow'] as () => void };
  }

  /**
   * The next guest's memory, before anything of it runs.
   *
   * @param maximumPages the most that the guest may grow to
   * @param aheadPages how much larger than the guest sees it the memory is kept, if it may be: see THREADS_AHEAD_PAGES
   */
  take(memory: WebAssembly.Memory | undefined, maximumPages: number, aheadPages = 0): void {
    this.#memory = memory;
    this.#realPages = memory === undefined ? 0 : knownPages(memory, Atomics.load(this.#words, this.#index));
    this.#maximumPages = maximumPages;
    this.#aheadPages = aheadPages;
    if (aheadPages > 0) this.#reaches(Atomics.load(this.#words, this.#index));
  }

  /**
   * Lets an instance ask for the size of its memory, grow it, and wait, and runs what was its start function: guest code.
   *
   * @param memory of the instance, for one that waits @param waits how it waits
   */
  bind({ exports }: WebAssembly.Instance, names: MemoryCallNames, memory?: GuestMemorySource, waits?: Waits): void {
    const table = exports[names.table] as WebAssembly.Table;
    table.set(MEMORY_CALL.size, this.#functions.size);
    table.set(MEMORY_CALL.grow, this.#functions.grow);
    if (names.hasWaits && memory !== undefined && waits !== undefined) this.#bindWaits(table, memory, waits);
    if (names.start !== null) (exports[names.start] as () => void)();
  }

  #bindWaits(table: WebAssembly.Table, memory: GuestMemorySource, waits: Waits): void {
    this.#waitCalls ??= new WaitCalls();
    this.#waitCalls.take(memory, waits);
    const { wait32, wait64, notify } = this.#waitCalls.functions;
    table.set(MEMORY_CALL.wait32, wait32);
    table.set(MEMORY_CALL.wait64, wait64);
    table.set(MEMORY_CALL.notify, notify);
  }

  /** @returns the size before, in pages; −1 when the guest may not have so much, or the engine refuses */
  readonly grow = (pages: number): number => {
    for (;;) {
      const before = Atomics.load(this.#words, this.#index);
      const after = before + pages;
      if (after > this.#maximumPages || !this.#reaches(after)) return this.#refuse();
      // Pairs with the same of another thread of the process: one of them comes first, and no page is given twice.
      if (Atomics.compareExchange(this.#words, this.#index, before, after) === before) return before;
    }
  };

  #refuse(): number {
    this.#onRefused();
    return REFUSED;
  }

  /** Makes the memory at least so large, and larger while that can be had. */
  #reaches(pages: number): boolean {
    const ahead = this.#aheadPages;
    if (Math.min(pages + ahead, this.#maximumPages) <= this.#realPages) return true;
    // So that the next growths find it large enough.
    return this.#enlarge(Math.min(pages + 2 * ahead, this.#maximumPages)) || this.#enlarge(pages);
  }

  #enlarge(pages: number): boolean {
    if (this.#memory === undefined) return false;
    this.#realPages = realPages(this.#memory); // another thread may have grown it
    if (pages <= this.#realPages) return true;
    try {
      this.#memory.grow(pages - this.#realPages);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    this.#realPages = realPages(this.#memory);
    return pages <= this.#realPages;
  }
}

/**
 * Grows a memory that is one thread's alone.
 *
 * @param onRefused it does not grow
 * @returns the size before, in pages; −1: it does not grow
 */
export function growing(memory: WebAssembly.Memory | undefined, onRefused = (): void => {}): (pages: number) => number {
  return (pages) => {
    try {
      if (memory !== undefined) return memory.grow(pages);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    onRefused();
    return REFUSED;
  };
}

/** A guest that is at the end of its stack ends by that; it is no answer of the memory's. */
function isRefusal(error: unknown): boolean {
  return error instanceof RangeError && !/call stack/i.test(error.message);
}
