// Signals on their way between the threads of a process: a bit each, in two words of the thread's that they are for, and in two of the
// process's, of which any thread takes what it does not block. Who sets a bit then rings; who takes it is the only one.

import { SignalSet } from './signal-set.ts';

const HALF = 32;

export interface SignalMailParts {
  readonly words: Int32Array;
  /** Index of the thread's own two words. */
  readonly own: number;
  /** Index of the process's. */
  readonly process: number;
  /** Tells all threads of the process. */
  readonly ring: () => void;
}

export class SignalMail {
  readonly #parts: SignalMailParts;
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #process: number;

  constructor(parts: SignalMailParts) {
    this.#parts = parts;
    this.#words = parts.words;
    this.#own = parts.own;
    this.#process = parts.process;
  }

  /** Whether there is anything for this thread: of its own, or the process's that it does not block. */
  hasNews({ low, high }: SignalSet): boolean {
    const words = this.#words;
    const [own, process] = [this.#own, this.#process];
    return (
      (Atomics.load(words, own) |
        Atomics.load(words, own + 1) |
        (Atomics.load(words, process) & ~low) |
        (Atomics.load(words, process + 1) & ~high)) !==
      0
    );
  }

  /** Takes what is for this thread, and of the process's what is among some. */
  take(wanted: SignalSet): SignalSet {
    const words = this.#words;
    const own = new SignalSet(Atomics.exchange(words, this.#own, 0), Atomics.exchange(words, this.#own + 1, 0));
    const low = Atomics.and(words, this.#process, ~wanted.low) & wanted.low;
    const high = Atomics.and(words, this.#process + 1, ~wanted.high) & wanted.high;
    return own.or(new SignalSet(low, high));
  }

  /** Takes the lowest of the process's that is among some; 0: there is none. */
  takeOfProcess(wanted: SignalSet): number {
    for (;;) {
      const signal = this.#ofProcess().and(wanted).first;
      if (signal === 0 || this.#clear(signal)) return signal;
    }
  }

  /** What waits for this thread or the process. */
  waiting(): SignalSet {
    const words = this.#words;
    const own = new SignalSet(Atomics.load(words, this.#own), Atomics.load(words, this.#own + 1));
    return own.or(this.#ofProcess());
  }

  /** Nobody hears of it any more. */
  drop(signal: number): void {
    this.#clear(signal);
  }

  sendToProcess(signal: number): void {
    sendSignal(this.#words, this.#process, signal);
    this.#parts.ring();
  }

  #ofProcess(): SignalSet {
    const words = this.#words;
    return new SignalSet(Atomics.load(words, this.#process), Atomics.load(words, this.#process + 1));
  }

  /** @returns whether it was there, so that it is this thread's now */
  #clear(signal: number): boolean {
    const bit = bitOf(signal);
    return (Atomics.and(this.#words, wordOf(this.#process, signal), ~bit) & bit) !== 0;
  }
}

/** Sets a signal's bit in the two words from an index on. */
export function sendSignal(words: Int32Array, index: number, signal: number): void {
  Atomics.or(words, wordOf(index, signal), bitOf(signal));
}

function wordOf(index: number, signal: number): number {
  return signal <= HALF ? index : index + 1;
}

function bitOf(signal: number): number {
  return 1 << ((signal - 1) % HALF);
}
