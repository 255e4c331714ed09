// The futexes of a process as one of its threads uses them: by its slot, on the process's queues (shm/futex), asleep on the slot's
// doorbell. All waits of a guest come here: system calls, and what the loader makes of `memory.atomic.wait` and `notify`.
// Where a thread would be the last to fall asleep for ever, it finds out, and its process ends instead.

import { Signal } from '../abi/signals.ts';
import { BLOCK_FUTEX_WORDS, type Control, ringSlot, SLOT, slotBase } from '../channel/layout.ts';
import { boundedPolicyOf, SpinBudget } from '../channel/wait-policy.ts';
import { ANY, FutexQueues, type Waiter } from '../shm/futex.ts';
import { type Futex, type Interrupts, type SleepUntil, WAITED, type Waited, type WaitHow } from '../shm/waits.ts';
import type { ProcessBlock } from './block.ts';
import { tidOn } from './thread-cores.ts';

/** What it is given of its process's threads. */
export interface FutexThreads {
  running(): readonly number[];
}

export interface ThreadFutexParts {
  readonly control: Control;
  readonly slot: number;
  readonly block: ProcessBlock;
  readonly monitor: {
    leave(): never;
    raise(signal: number, message?: string): never;
    /** Where threads that wait are in their programs, by their slots. */
    placesOf(slots: readonly number[]): readonly string[];
  };
  readonly sleepUntil: SleepUntil;
  readonly threads: FutexThreads;
  /** Of the host. */
  readonly processors: number;
  /** The process ends when all its threads wait for ever. */
  readonly deadlockCheck?: boolean | undefined;
}

/** How often a thread gives way in vain: what it looks for is seen at once when the others have processors. */
const VAIN = 16;
/** How long it sleeps then. */
const GIVE_WAY_MS = 0.05;
/** For so long it gives way in vain while there are processors enough; between two looks it has done something else when they are so far apart. */
const PATIENCE_MS = 0.3;
const BUSY_MS = 0.1;
const NEVER = (): boolean => false;

const UNINTERRUPTED: Interrupts = {
  mayBeInterrupted: () => false,
  isInterrupted: () => false,
  nextDueMs: Number.POSITIVE_INFINITY,
};

export class ThreadFutex implements Futex {
  readonly #parts: ThreadFutexParts;
  readonly #queues: FutexQueues;
  readonly #budget: SpinBudget;
  #untilLook = VAIN;
  #lookedMs = 0;
  #vainSinceMs = 0;

  constructor(parts: ThreadFutexParts) {
    const { control, block, monitor } = parts;
    this.#parts = parts;
    this.#budget = new SpinBudget(boundedPolicyOf(control));
    this.#queues = new FutexQueues({
      words: control.i32,
      queues: block.futexIndex,
      length: BLOCK_FUTEX_WORDS,
      entryOf: (slot) => slotBase(slot) + SLOT.FUTEX,
      ring: (slot) => ringSlot(control, slot),
      isEnding: () => block.ending !== 0,
      leave: monitor.leave,
    });
  }

  /** Threads of the process that wait. */
  get waiting(): number {
    return this.#queues.waiting;
  }

  wait(address: number, isStill: () => boolean, how: WaitHow = {}): Waited {
    const { bitset = ANY, dueMs = Number.POSITIVE_INFINITY, interrupts = UNINTERRUPTED } = how;
    const { slot, sleepUntil, block, processors } = this.#parts;
    const queues = this.#queues;
    const isForever = Math.min(dueMs, interrupts.nextDueMs) === Number.POSITIVE_INFINITY;
    if (!queues.enter(slot, address, bitset, isForever, isStill)) return WAITED.differs;
    if (isForever) this.#endDeadlock();
    for (;;) {
      const leftMs = Math.min(dueMs, interrupts.nextDueMs) - performance.now();
      const isOver = (): boolean => queues.isWoken(slot) || interrupts.mayBeInterrupted();
      const hasProcessor = block.awake < processors; // this thread has entered, and is none of them
      if (leftMs > 0 && !(hasProcessor && this.#budget.spin(isOver))) sleepUntil(isOver, leftMs);
      if (queues.isWoken(slot)) return WAITED.woken;
      if (isForever) queues.setForever(slot, false); // before the signal that ends its sleep is taken, and nobody sees it any more
      if (interrupts.isInterrupted()) return queues.leave(slot) ? WAITED.woken : WAITED.interrupted;
      if (performance.now() >= dueMs) return queues.leave(slot) ? WAITED.woken : WAITED.late;
      if (isForever) {
        queues.setForever(slot, true);
        this.#endDeadlock();
      }
    }
  }

  wake(address: number, most: number, bitset = ANY): number {
    return this.#queues.wake(address, most, bitset);
  }

  requeue(...how: Parameters<FutexQueues['requeue']>): number | undefined {
    return this.#queues.requeue(...how);
  }

  wakeOperation(...how: Parameters<FutexQueues['wakeOperation']>): number {
    return this.#queues.wakeOperation(...how);
  }

  /**
   * Lets another thread have this one's processor: at once when more of the process want to run than there are, else when it
   * has done nothing else for long, since others of the host may want one.
   */
  readonly giveWay = (): void => {
    const { block, processors, sleepUntil } = this.#parts;
    if (--this.#untilLook > 0) return;
    this.#untilLook = VAIN;
    if (block.awake <= processors && !this.#isInVain()) return;
    sleepUntil(NEVER, GIVE_WAY_MS);
    this.#lookedMs = performance.now();
  };

  #isInVain(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs > BUSY_MS) this.#vainSinceMs = nowMs; // it does something between
    this.#lookedMs = nowMs;
    if (nowMs - this.#vainSinceMs < PATIENCE_MS) return false;
    this.#vainSinceMs = nowMs - PATIENCE_MS + GIVE_WAY_MS; // from now on half of the time
    return true;
  }

  endThread(): void {
    const { slot } = this.#parts;
    this.#queues.endThread(slot, this.#tidOf(slot));
    this.#endDeadlock();
  }

  #tidOf(slot: number): number {
    return tidOn(this.#parts.control, slot);
  }

  #endDeadlock(): void {
    const { deadlockCheck = false, monitor, block } = this.#parts;
    if (!deadlockCheck) return;
    const waiters = this.#queues.deadlock(() => this.#live());
    if (waiters !== undefined && block.claimDeadlock()) monitor.raise(Signal.SIGABRT, this.#describe(waiters));
  }

  /** Threads that are not about to end; none when one of them has a signal to look at. */
  #live(): readonly number[] {
    const { threads, control, block } = this.#parts;
    const slots = threads.running().filter((slot) => !this.#queues.isAboutToEnd(slot, this.#tidOf(slot)));
    const hasSignals = (index: number): boolean =>
      (Atomics.load(control.i32, index) | Atomics.load(control.i32, index + 1)) !== 0;
    // The signals first: who takes one has said before that it does not wait for ever.
    const isStirred = hasSignals(block.signalsIndex) || slots.some((slot) => hasSignals(slotBase(slot) + SLOT.SIGNALS));
    return isStirred ? [] : slots;
  }

  #describe(waiters: readonly Waiter[]): string {
    const places = this.#parts.monitor.placesOf(waiters.map(({ thread }) => thread));
    const each = waiters.map(({ thread, address }, i) => {
      const where = places[i] ? ` in ${places[i]}` : '';
      return `thread ${this.#tidOf(thread)} waits at 0x${address.toString(16)}${where}`;
    });
    return `deadlock: ${each.join(', ')}, and nobody is left to wake ${waiters.length === 1 ? 'it' : 'them'}`;
  }
}
