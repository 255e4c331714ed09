// The cores of one process and the threads on them. The first core runs main; each of the others is reserved: its worker sleeps on its
// slot's doorbell until a thread of the process is started there, by storing words, without a message. So it works the same
// while whoever boots is busy, and in a page.
//
//     STATE of a reserved core, in its slot:
//
//     FREE ──CAS, by who starts──▶ CLAIMED ──TID, START_…, then──▶ BEGUN ──by its worker──▶ RUNS
//       ▲                                                                                    │
//       └──────── the worker is back, or will be before it looks again ────── LEAVING ◀──────┘  before anybody hears of the end
//
// A thread that is joined may hold its core for some microseconds more (LEAVING): whoever starts one then waits for that, and says so in the
// block's word STARTERS; who frees a core rings the process when somebody does. For threads that tell of their end by the guest's own
// means, which nobody sees, it waits a moment in any case. A process has as many cores as it took at its start.

import { type Control, nextPid, ringSlot, SLOT, slotBase } from '../channel/layout.ts';
import { sleepOnSlot } from '../channel/run-clock.ts';
import { boundedPolicyOf, SpinBudget } from '../channel/wait-policy.ts';
import type { ProcessBlock } from './block.ts';

const STATE = { FREE: 0, CLAIMED: 1, BEGUN: 2, RUNS: 3, LEAVING: 4 } as const;
/** How long whoever starts a thread waits for a core where none is about to be free: what a thread has told others of its end may be early. */
const GRACE_MS = 20;
/** How long it waits for a core that is about to be free rather than wake another one: about what that takes. */
const SOON_MS = 0.02;
/** START_FUNCTION of a thread that begins at an export, not at a function of the table. */
export const AT_EXPORT = -1;

/** What a reserved core is to run. */
export interface ThreadOrder {
  readonly tid: number;
  /** Index of the function in table 0, or AT_EXPORT. */
  readonly index: number;
  readonly argument: number;
}

export class ThreadCores {
  /** The core's own slot. */
  readonly slot: number;
  /** Of all cores of the process; the first is main's. */
  readonly slots: readonly number[];
  readonly #control: Control;
  readonly #block: ProcessBlock;
  readonly #words: Int32Array;
  readonly #state: number;
  readonly #processors: number;
  readonly #budget: SpinBudget;

  /** @param processors of the host */
  constructor(control: Control, block: ProcessBlock, slots: readonly number[], slot: number, processors: number) {
    this.#control = control;
    this.#block = block;
    this.slots = slots;
    this.slot = slot;
    this.#processors = processors;
    this.#words = control.i32;
    this.#state = slotBase(slot) + SLOT.STATE;
    this.#budget = new SpinBudget(boundedPolicyOf(control));
  }

  /** Of the thread that runs on this core; 0: none does. */
  get tid(): number {
    return tidOn(this.#control, this.slot);
  }

  /** On which threads run. */
  running(): number[] {
    return this.slots.filter((slot) => tidOn(this.#control, slot) !== 0);
  }

  /** Undefined: the process has no such thread. */
  slotOf(tid: number): number | undefined {
    return tid === 0 ? undefined : this.slots.find((slot) => tidOn(this.#control, slot) === tid);
  }

  /**
   * Starts a thread on a free core.
   *
   * @param index of a function in table 0, or AT_EXPORT
   * @returns its id; 0: every core has a thread, or the process has ended
   */
  start(index: number, argument: number): number {
    const core = this.#claim() ?? this.#awaitCore();
    if (core === undefined) return 0;
    const words = this.#words;
    const base = slotBase(core);
    const tid = nextPid(this.#control);
    words[base + SLOT.START_FUNCTION] = index;
    words[base + SLOT.START_ARGUMENT] = argument;
    words[base + SLOT.SIGNALS] = 0;
    words[base + SLOT.SIGNALS + 1] = 0;
    this.#block.threadBegins();
    Atomics.store(words, base + SLOT.TID, tid);
    // Pairs with the load in `next`.
    Atomics.store(words, base + SLOT.STATE, STATE.BEGUN);
    ringSlot(this.#control, core);
    return tid;
  }

  /** For a reserved core: sleeps until a thread is started there. @returns undefined: the process has ended */
  next(): ThreadOrder | undefined {
    const words = this.#words;
    const isCalled = (): boolean => Atomics.load(words, this.#state) === STATE.BEGUN || this.#block.ending !== 0;
    const spins = this.#block.awake < this.#processors;
    if (!(spins && this.#budget.spin(isCalled))) sleepOnSlot(this.#control, this.slot, isCalled);
    if (this.#block.ending !== 0) return undefined;
    Atomics.store(words, this.#state, STATE.RUNS);
    const base = slotBase(this.slot);
    return {
      tid: this.tid,
      index: words[base + SLOT.START_FUNCTION] as number,
      argument: words[base + SLOT.START_ARGUMENT] as number,
    };
  }

  /** This core is about to be free: before anybody hears that its thread ends. */
  leaving(): void {
    Atomics.store(this.#words, this.#state, STATE.LEAVING);
  }

  /** This core's thread is gone. @returns whether it was the last of its process */
  left(): boolean {
    const words = this.#words;
    Atomics.store(words, slotBase(this.slot) + SLOT.TID, 0);
    const isLast = this.#block.threadEnds();
    // Main's core runs main alone.
    if (this.slot === this.slots[0]) return isLast;
    // Pairs with the look of a starter that has said so.
    Atomics.store(words, this.#state, STATE.FREE);
    if (this.#block.starters !== 0) this.#block.ring();
    return isLast;
  }

  /** A free core: rather one that is awake, or will be in less time than another one takes to wake up. */
  #claim(): number | undefined {
    const claimAwake = (): number | undefined => this.#claimOf((slot) => this.#isAwake(slot));
    let core = claimAwake();
    if (core === undefined && this.#processors > 1 && this.#isOneLeaving()) {
      const endMs = performance.now() + SOON_MS;
      do core = claimAwake();
      while (core === undefined && performance.now() < endMs && this.#isOneLeaving());
    }
    return core ?? claimAwake() ?? this.#claimOf(() => true);
  }

  #claimOf(isWanted: (slot: number) => boolean): number | undefined {
    const words = this.#words;
    for (let i = 1; i < this.slots.length; i++) {
      const slot = this.slots[i] as number;
      const state = slotBase(slot) + SLOT.STATE;
      if (Atomics.load(words, state) !== STATE.FREE || !isWanted(slot)) continue;
      if (Atomics.compareExchange(words, state, STATE.FREE, STATE.CLAIMED) === STATE.FREE) return slot;
    }
    return undefined;
  }

  #isAwake(slot: number): boolean {
    return Atomics.load(this.#words, slotBase(slot) + SLOT.PARKED) === 0;
  }

  /** Waits while a core is about to be free, and a moment in any case. */
  #awaitCore(): number | undefined {
    if (this.slots.length === 1) return undefined;
    let core: number | undefined;
    const dueMs = performance.now() + GRACE_MS;
    const leftMs = (): number => (this.#isOneLeaving() ? Number.POSITIVE_INFINITY : dueMs - performance.now());
    this.#block.addStarters(1);
    const isThere = (): boolean => {
      core ??= this.#block.ending === 0 ? this.#claim() : undefined;
      return core !== undefined || this.#block.ending !== 0;
    };
    sleepOnSlot(this.#control, this.slot, isThere, leftMs);
    this.#block.addStarters(-1);
    return core;
  }

  #isOneLeaving(): boolean {
    return this.slots.some((slot) => Atomics.load(this.#words, slotBase(slot) + SLOT.STATE) === STATE.LEAVING);
  }
}

/** The id of the thread on a slot; 0: there is none. */
export function tidOn({ i32 }: Control, slot: number): number {
  return Atomics.load(i32, slotBase(slot) + SLOT.TID);
}

/** Makes a slot's words those of a core on which nothing has run. @param tid of the thread that begins there; 0: none yet */
export function clearThread({ i32 }: Control, slot: number, tid: number): void {
  const base = slotBase(slot);
  i32.fill(0, base + SLOT.TID, base + SLOT.ASKED + 1);
  Atomics.store(i32, base + SLOT.TID, tid);
}
