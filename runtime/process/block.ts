// The process block: what the threads of one process share, in words that every worker of the machine maps. A thread's own words are
// its slot's (channel/layout); a process has one block and as many slots as it has threads. Whoever ends the process does it here.
//
//   int32 ATTENTION     0, or KILLED | wait status: the process has ended, its threads must leave (room for pending signals)
//         MEMORY_PAGES REFUSED
//         THREADS       how many of its threads have begun and not ended
//         READY         1: its memory is as its program begins, so that other threads may be started in it
//         STARTERS      how many threads wait for a core to start another thread on, see thread-cores
//         DEADLOCK      1: a thread has found that all of them wait for ever, and tells so
//         MESSAGING     where messaging stands, for threads that are not its own
//         SIGNALS       two words: signals that were sent to the process as a whole, and wait for a thread to take them
//   +128  SLOTS         a bit for each slot of it: of the cores on which its threads run, or may be started
//   +384  futex queues, see shm/futex
//   +640  descriptor table, see abi/descriptor-table
//
// ATTENTION is stored by whoever is first, by compare-and-exchange; SLOTS by whoever starts the process.

import { descriptorTableBytes } from '../abi/descriptor-table.ts';
import {
  BLOCK_FUTEX_OFFSET,
  BLOCK_TABLE_OFFSET,
  blockBase,
  type Control,
  DESCRIPTORS,
  KILLED,
  ringSlot,
} from '../channel/layout.ts';
import { waitersIn } from '../shm/futex.ts';

/** Index of each word of a block, in int32 from the block's start. */
const BLOCK = {
  ATTENTION: 0,
  MEMORY_PAGES: 1,
  REFUSED: 2,
  THREADS: 3,
  READY: 4,
  STARTERS: 5,
  SIGNALS: 6,
  DEADLOCK: 8,
  MESSAGING: 9,
  SLOTS: 32,
} as const;
const SLOT_WORDS = 64;
const WORD_BITS = 32;

/** Limits of a process that its calls run into, as bits of REFUSED. */
export const LIMIT = { storage: 1, openFiles: 2, memory: 4 } as const;
export type CallLimitName = keyof typeof LIMIT;

/** The block of a process whose first thread gets a slot: it is free when that slot is. */
export function blockOfFirst(slot: number): number {
  return slot;
}

export class ProcessBlock {
  readonly number: number;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Index in `words` of the pages of the process's memory as its guest sees it; the guest's threads add to them. */
  readonly pagesIndex: number;
  /** Index in `words` of the signals that were sent to the process as a whole: two words. */
  readonly signalsIndex: number;
  /** Index in `words` of its futex queues. */
  readonly futexIndex: number;
  readonly #control: Control;
  readonly #base: number;

  constructor(control: Control, number: number) {
    this.number = number;
    this.words = control.i32;
    this.#control = control;
    this.#base = blockBase(number);
    this.pagesIndex = this.#base + BLOCK.MEMORY_PAGES;
    this.signalsIndex = this.#base + BLOCK.SIGNALS;
    this.futexIndex = this.#base + BLOCK_FUTEX_OFFSET / Int32Array.BYTES_PER_ELEMENT;
  }

  /** Makes it that of a process that has done nothing yet. @param memoryPages what its memory begins with */
  clear(memoryPages = 0): void {
    const table = this.#base + (BLOCK_TABLE_OFFSET >> 2);
    for (let i = this.#base; i < table; i++) Atomics.store(this.words, i, 0);
    Atomics.store(this.words, this.pagesIndex, memoryPages);
    Atomics.store(this.words, this.#base + BLOCK.THREADS, 1);
    this.descriptors().fill(0);
  }

  /** KILLED | wait status of a process that has ended; 0: it has not. */
  get ending(): number {
    return Atomics.load(this.words, this.#base + BLOCK.ATTENTION);
  }

  /** Ends the process, unless somebody has: who is first decides how. Wakes its threads. @returns `ending` before */
  end(waitStatus: number): number {
    const attention = this.#base + BLOCK.ATTENTION;
    // Pairs with the looks of whoever sleeps on a slot's doorbell.
    const earlier = Atomics.compareExchange(this.words, attention, 0, KILLED | waitStatus);
    if (earlier === 0) this.ring();
    return earlier;
  }

  /** Tells every thread of the process that what it waits for may be there. */
  ring(): void {
    for (const slot of this.slots()) ringSlot(this.#control, slot);
  }

  /** A thread of the process runs on a slot from now on. It looks at `ending` before it does anything. */
  join(slot: number): void {
    Atomics.or(this.words, this.#slotWord(slot), 1 << (slot % WORD_BITS));
  }

  /** On which its threads run. */
  slots(): number[] {
    const slots: number[] = [];
    for (let i = 0; i < SLOT_WORDS; i++) {
      const bits = Atomics.load(this.words, this.#base + BLOCK.SLOTS + i);
      for (let bit = 0; bits >>> bit !== 0 && bit < WORD_BITS; bit++) {
        if (((bits >>> bit) & 1) !== 0) slots.push(i * WORD_BITS + bit);
      }
    }
    return slots;
  }

  /** One more thread of it begins. */
  threadBegins(): void {
    Atomics.add(this.words, this.#base + BLOCK.THREADS, 1);
  }

  /** @returns whether it was the last one */
  threadEnds(): boolean {
    return Atomics.sub(this.words, this.#base + BLOCK.THREADS, 1) === 1;
  }

  /** Threads of it that have begun, and do not wait for one another. */
  get awake(): number {
    return Atomics.load(this.words, this.#base + BLOCK.THREADS) - waitersIn(this.words, this.futexIndex);
  }

  /** Its memory is as its program begins. */
  get isReady(): boolean {
    return Atomics.load(this.words, this.#base + BLOCK.READY) !== 0;
  }

  /** Says that it is, to the cores that wait for that. */
  becomeReady(): void {
    Atomics.store(this.words, this.#base + BLOCK.READY, 1);
    this.ring();
  }

  /** @returns whether it is the caller who tells that its threads wait for ever */
  claimDeadlock(): boolean {
    return Atomics.exchange(this.words, this.#base + BLOCK.DEADLOCK, 1) === 0;
  }

  /** What the thread that passes messages has told the others; 0: nothing yet. */
  get messaging(): number {
    return Atomics.load(this.words, this.#base + BLOCK.MESSAGING);
  }

  set messaging(standing: number) {
    Atomics.store(this.words, this.#base + BLOCK.MESSAGING, standing);
  }

  /** Threads that wait for a core to start another on. */
  get starters(): number {
    return Atomics.load(this.words, this.#base + BLOCK.STARTERS);
  }

  addStarters(change: 1 | -1): void {
    Atomics.add(this.words, this.#base + BLOCK.STARTERS, change);
  }

  /** Pages of its memory. */
  readonly memoryPages = (): number => Atomics.load(this.words, this.pagesIndex);

  /** A call was refused because of a limit of the process's own. */
  refuse(limit: CallLimitName): void {
    Atomics.or(this.words, this.#base + BLOCK.REFUSED, LIMIT[limit]);
  }

  /** Bits of LIMIT: what it was refused so far. */
  get refused(): number {
    return Atomics.load(this.words, this.#base + BLOCK.REFUSED);
  }

  set refused(limits: number) {
    Atomics.store(this.words, this.#base + BLOCK.REFUSED, limits);
  }

  /** Its descriptor table. @param limit how many descriptors it may have */
  descriptors(limit: number = DESCRIPTORS): Int32Array<SharedArrayBuffer> {
    const bytes = descriptorTableBytes(Math.min(limit, DESCRIPTORS));
    return new Int32Array(
      this.#control.buffer,
      this.#base * 4 + BLOCK_TABLE_OFFSET,
      bytes / Int32Array.BYTES_PER_ELEMENT,
    );
  }

  #slotWord(slot: number): number {
    return this.#base + BLOCK.SLOTS + Math.floor(slot / WORD_BITS);
  }
}
