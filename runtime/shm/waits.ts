// What the waits of a thread have in common, whatever it waits for: how they end, and what ends them besides.

/** How a wait on a futex ended. */
export const WAITED = { woken: 0, differs: 1, late: 2, interrupted: 3 } as const;
export type Waited = (typeof WAITED)[keyof typeof WAITED];

/** Sleeps until something is true, so long at most, or less; leaves the guest when it is killed. */
export type SleepUntil = (isThere: () => boolean, durationMs: number) => void;

/** What may end a wait before what is waited for has come: signals of the thread. */
export interface Interrupts {
  /** Whether there may be one: only looks. */
  mayBeInterrupted(): boolean;
  /** Whether there is. */
  isInterrupted(): boolean;
  /** When it has to be asked again, by performance.now(). */
  readonly nextDueMs: number;
}

export interface WaitHow {
  readonly bitset?: number;
  /** Until when it waits, by performance.now(). */
  readonly dueMs?: number;
  /** Absent: no signal ends it. */
  readonly interrupts?: Interrupts;
}

/** The futexes of a process as one of its threads uses them, by addresses of the guest's memory. */
export interface Futex {
  /** Threads of the process that wait. */
  readonly waiting: number;
  /**
   * Waits at an address until it is woken there. Blocks its thread; leaves the guest when that is killed.
   *
   * @param isStill whether it is to wait: looks at the word
   */
  wait(address: number, isStill: () => boolean, how?: WaitHow): Waited;
  /** Wakes threads at an address, at most so many. @returns how many */
  wake(address: number, most: number, bitset?: number): number;
  /** See FutexQueues. */
  requeue(from: number, wakeMost: number, to: number, moveMost: number, isStill: () => boolean): number | undefined;
  /** See FutexQueues. */
  wakeOperation(first: number, firstMost: number, second: number, secondMost: number, change: () => number): number;
  /** This thread is about to end, and will wake nobody any more. */
  endThread(): void;
}
