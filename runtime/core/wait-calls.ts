// What `memory.atomic.wait32`, `wait64` and `notify` of a guest come to (see memory/module/edit/waits): the loader's code has checked the
// address and found the expected value there; here the word is looked at again under the waker's eyes, and the thread sleeps as all do.
// How it sleeps is given. An instance belongs to one worker, whose guests use it one after another. Called by memory-calls.ts.

import type { GuestMemorySource } from '../memory/guest-memory.ts';
import type { MEMORY_CALL } from '../memory/module/index.ts';
import { type Futex, type Interrupts, WAITED } from '../shm/waits.ts';
import type { Attention } from './bind.ts';

/** How a wait of a guest's ends: the instruction's results. */
export const WAIT_END = { woken: 0, differs: 1, timedOut: 2 } as const;
export type WaitEnd = (typeof WAIT_END)[keyof typeof WAIT_END];

/** How threads of a process wait for one another. */
export interface Waits {
  /**
   * Sleeps until a thread notifies the address. Leaves the guest when its process ends.
   *
   * @param isUnchanged looks at the word; whoever changes it notifies after that
   * @param timeoutNs below 0: none
   */
  wait(address: number, isUnchanged: () => boolean, timeoutNs: number): WaitEnd;
  /** Wakes threads that wait at an address, at most so many, an unsigned number. @returns how many */
  notify(address: number, most: number): number;
}

/** On the futex of its thread. @param signals that may come meanwhile: what is done at them ends the wait, as a wake-up may always */
export function futexWaits(
  futex: Pick<Futex, 'wait' | 'wake'>,
  signals: Interrupts & Pick<Attention, 'attend'>,
): Waits {
  return {
    wait(address, isUnchanged, timeoutNs) {
      const dueMs = timeoutNs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutNs / NS_PER_MS;
      switch (futex.wait(address, isUnchanged, { dueMs, interrupts: signals })) {
        case WAITED.differs:
          return WAIT_END.differs;
        case WAITED.late:
          return WAIT_END.timedOut;
        case WAITED.interrupted:
          signals.attend();
          return WAIT_END.woken;
        case WAITED.woken:
          return WAIT_END.woken;
      }
    },
    notify: (address, most) => futex.wake(address, most),
  };
}

export type WaitFunctions = Readonly<Record<Exclude<keyof typeof MEMORY_CALL, 'size' | 'grow'>, () => void>>;

/**
 * (module (import "m" "wait32" (func (param i32 i32 f64) (result i32))) (import "m" "wait64" (func (param i32 i64 f64) (result i32)))
 *   (import "m" "notify" (func (param i32 i32) (result i32)))
 *   (export "wait32" (func 0)) (export "wait64" (func 1)) (export "notify" (func 2)))
 * A table takes only functions of a module.
 */
const FUNCTIONS_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 21, 3, 0x60, 3, 0x7f, 0x7f, 0x7c, 1, 0x7f, 0x60, 3, 0x7f, 0x7e, 0x7c, 1, 0x7f,
  0x60, 2, 0x7f, 0x7f, 1, 0x7f, 2, 34, 3, 1, 0x6d, 6, 0x77, 0x61, 0x69, 0x74, 0x33, 0x32, 0, 0, 1, 0x6d, 6, 0x77, 0x61,
  0x69, 0x74, 0x36, 0x34, 0, 1, 1, 0x6d, 6, 0x6e, 0x6f, 0x74, 0x69, 0x66, 0x79, 0, 2, 7, 28, 3, 6, 0x77, 0x61, 0x69,
  0x74, 0x33, 0x32, 0, 0, 6, 0x77, 0x61, 0x69, 0x74, 0x36, 0x34, 0, 1, 6, 0x6e, 0x6f, 0x74, 0x69, 0x66, 0x79, 0, 2,
]);
const NS_PER_MS = 1e6;
const NO_WORDS = new ArrayBuffer(0);

export class WaitCalls {
  readonly functions: WaitFunctions;
  #memory: GuestMemorySource | undefined;
  #waits: Waits | undefined;
  #words: Int32Array = new Int32Array(NO_WORDS);
  #longs: BigInt64Array = new BigInt64Array(NO_WORDS);

  constructor() {
    const module = new WebAssembly.Module(FUNCTIONS_MODULE);
    const m = { wait32: this.#wait32, wait64: this.#wait64, notify: this.#notify };
    const { exports } = new WebAssembly.Instance(module, { m });
    this.functions = exports as WaitFunctions;
  }

  /** The next guest's memory, and how its threads wait. */
  take(memory: GuestMemorySource, waits: Waits): void {
    this.#memory = memory;
    this.#waits = waits;
    this.#words = new Int32Array(NO_WORDS);
    this.#longs = new BigInt64Array(NO_WORDS);
  }

  readonly #wait32 = (address: number, expected: number, timeoutNs: number): WaitEnd => {
    const index = address >>> 2;
    if (index >= this.#words.length) this.#words = new Int32Array(this.#buffer());
    const words = this.#words;
    return this.#waiting().wait(address >>> 0, () => Atomics.load(words, index) === expected, timeoutNs);
  };

  readonly #wait64 = (address: number, expected: bigint, timeoutNs: number): WaitEnd => {
    const index = address >>> 3;
    if (index >= this.#longs.length) this.#longs = new BigInt64Array(this.#buffer());
    const longs = this.#longs;
    return this.#waiting().wait(address >>> 0, () => Atomics.load(longs, index) === expected, timeoutNs);
  };

  readonly #notify = (address: number, most: number): number => this.#waiting().notify(address >>> 0, most >>> 0);

  #waiting(): Waits {
    if (this.#waits === undefined) throw new Error('a guest waits that was given no way to');
    return this.#waits;
  }

  /** As it is now: another thread may have grown it. */
  #buffer(): ArrayBufferLike {
    this.#memory?.grow(0);
    return this.#memory?.buffer ?? NO_WORDS;
  }
}
