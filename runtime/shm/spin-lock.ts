// A lock for what threads of one process share and hold for a moment only: nobody sleeps, ends its guest or makes a call while it
// holds one. Who has it may have been ended with the process: so whoever waits looks whether the process ends, and leaves.
// A holder that lost its processor to a waiter gets it back: waiters give theirs up now and then.
//
//   int32 LOCK   0 free │ 1 held

/** The end of the process whose threads share a lock. */
export interface Ending {
  isEnding(): boolean;
  /** Leaves the guest. */
  leave(): never;
}

/** Called after each look that found the lock held. @param looks how many, from 1 */
export type Pause = (words: Int32Array, index: number, looks: number) => void;

const LOOKS_A_PAUSE = 200;
const PAUSE_MS = 0.02;

/** Takes the lock at an index. */
export function lock(words: Int32Array, index: number, ending: Ending, pause: Pause = giveWay): void {
  // Pairs with the store in unlock.
  for (let looks = 1; Atomics.compareExchange(words, index, 0, 1) !== 0; looks++) {
    if (ending.isEnding()) ending.leave();
    pause(words, index, looks);
  }
}

export function unlock(words: Int32Array, index: number): void {
  Atomics.store(words, index, 0);
}

function giveWay(words: Int32Array, index: number, looks: number): void {
  if (looks % LOOKS_A_PAUSE === 0) Atomics.wait(words, index, 1, PAUSE_MS);
}
