// What a process does on each signal: all its threads the same. In words that they share, or that are one thread's; a lock keeps an
// action whole, and only where they are shared.
//
//   int32 LOCK . . .
//   +4    action of signal 0 │ of signal 1 │ … │ of signal 64:  HANDLER FLAGS MASK_LOW MASK_HIGH RESTORER

import { type Ending, lock, unlock } from '../../../runtime/shm/spin-lock.ts';
import { SIGNALS_MOST, SignalSet } from './signal-set.ts';

const HEADER_WORDS = 4;
const EACH_WORDS = 5;
export const ACTION_WORDS = HEADER_WORDS + (SIGNALS_MOST + 1) * EACH_WORDS;

export interface SignalAction {
  /** An index of table 0, or SIG_DFL or SIG_IGN. */
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
  readonly restorer: number;
}

export class SignalActions {
  readonly #words: Int32Array;
  readonly #ending: Ending | undefined;

  /** @param ending of the process whose threads share the words; absent: nobody does */
  constructor(words: Int32Array = new Int32Array(ACTION_WORDS), ending?: Ending) {
    this.#words = words;
    this.#ending = ending;
  }

  handlerOf(signal: number): number {
    return Atomics.load(this.#words, HEADER_WORDS + signal * EACH_WORDS) >>> 0;
  }

  get(signal: number): SignalAction {
    const words = this.#words;
    const at = HEADER_WORDS + signal * EACH_WORDS;
    this.#lock();
    const action = {
      handler: (words[at] as number) >>> 0,
      flags: (words[at + 1] as number) >>> 0,
      mask: new SignalSet(words[at + 2], words[at + 3]),
      restorer: (words[at + 4] as number) >>> 0,
    };
    this.#unlock();
    return action;
  }

  set(signal: number, { handler, flags, mask, restorer }: SignalAction): void {
    const words = this.#words;
    const at = HEADER_WORDS + signal * EACH_WORDS;
    this.#lock();
    Atomics.store(words, at, handler);
    words[at + 1] = flags;
    words[at + 2] = mask.low;
    words[at + 3] = mask.high;
    words[at + 4] = restorer;
    this.#unlock();
  }

  #lock(): void {
    if (this.#ending !== undefined) lock(this.#words, 0, this.#ending);
  }

  #unlock(): void {
    if (this.#ending !== undefined) unlock(this.#words, 0);
  }
}
