// Futex queues: where the threads of a process wait for one another, by an address of the guest's memory. A thread stands in one queue
// at most, by an entry of its own, and sleeps on its own doorbell; whoever wakes it takes the entry out, then rings.
//
//   int32 WAITING    threads that stand in a queue
//         . . .
//   +4    bucket │ bucket │ …   each for the addresses that fall on it:  LOCK  HEAD  TAIL  COMING
//         HEAD, TAIL  of its queue: a thread + 1; 0: it is empty
//         COMING      threads that stand in it, or are about to
//
//   entry ADDRESS  NEXT (a thread + 1; 0: it is the last)  STATE  BITSET
//         STATE       0: it stands in no queue │ bucket + 1, and FOREVER when nothing but a wake-up ends its sleep │
//                     below 0: that thread, by its id, is about to end
//
//       waiter                                   waker
//     1 COMING + 1                             a changes the word
//     2 takes the lock                         b COMING = 0: done (1 comes later, and so does the look 3, which finds the change)
//     3 is the word what it should be? no: 6   c takes the lock
//     4 STATE = bucket, entry to the tail      d takes entries out from the head on, STATE = 0 in each, COMING − 1
//     5 gives the lock back                    e gives the lock back
//     6 sleeps until STATE = 0                 f rings whose entries it took out
//
// What is in the queue is changed under the bucket's lock only. A waiter that has to leave (its time is over, a signal) takes the lock of
// the bucket that its STATE names: if STATE is another by then, it was moved or woken; woken is woken, however late it looks.
// The process may end between any two of these steps: then all its threads leave as they are, and the words are cleared before
// another process has them. So slots of a process are given to others when all its threads have left, not before.
// Who waits is first served. Here no process is known, no guest memory and no time: the caller looks, sleeps and rings.
// See: futex(2); U. Drepper, Futexes Are Tricky.

import { type Ending, lock, type Pause, unlock } from './spin-lock.ts';

const WAITING = 0;
const HEADER_WORDS = 4;
const BUCKET_WORDS = 4;
const BUCKET = { LOCK: 0, HEAD: 1, TAIL: 2, COMING: 3 } as const;
const ENTRY = { ADDRESS: 0, NEXT: 1, STATE: 2, BITSET: 3 } as const;
export const ENTRY_WORDS = 4;
/** Bit of STATE. */
const FOREVER = 0x10000;
const GOLDEN = 0x9e3779b1;

/** All bits: what a thread waits with, or is woken with, that does not say. */
export const ANY = -1;

export interface FutexParts extends Ending {
  readonly words: Int32Array;
  /** Index of the queues. */
  readonly queues: number;
  /** How many words they have. */
  readonly length: number;
  /** Index of a thread's entry. */
  readonly entryOf: (thread: number) => number;
  /** Tells a thread that it is awake. */
  readonly ring: (thread: number) => void;
  readonly pause?: Pause;
}

/** A thread that waits. */
export interface Waiter {
  readonly thread: number;
  readonly address: number;
}

/** Threads that wait in the queues that stand at an index. */
export function waitersIn(words: Int32Array, queues: number): number {
  return Atomics.load(words, queues + WAITING);
}

export class FutexQueues {
  readonly #parts: FutexParts;
  readonly #words: Int32Array;
  readonly #buckets: number;
  /** Those that the operation under way has woken and not yet rung. */
  readonly #woken: number[] = [];

  constructor(parts: FutexParts) {
    this.#parts = parts;
    this.#words = parts.words;
    this.#buckets = Math.floor((parts.length - HEADER_WORDS) / BUCKET_WORDS);
  }

  /** Threads that wait. */
  get waiting(): number {
    return waitersIn(this.#words, this.#parts.queues);
  }

  /**
   * Puts a thread into the queue of an address.
   *
   * @param isForever nothing but a wake-up will end its sleep
   * @param isStill whether it is to wait: looks at the word
   * @returns false: it is not to wait
   */
  enter(thread: number, address: number, bitset: number, isForever: boolean, isStill: () => boolean): boolean {
    const words = this.#words;
    const number = this.#numberOf(address);
    const bucket = this.#bucketAt(number);
    // Pairs with the load in wake.
    Atomics.add(words, bucket + BUCKET.COMING, 1);
    this.#lock(bucket);
    const waits = isStill();
    if (waits) {
      const entry = this.#parts.entryOf(thread);
      words[entry + ENTRY.ADDRESS] = address;
      words[entry + ENTRY.BITSET] = bitset;
      Atomics.store(words, entry + ENTRY.STATE, (number + 1) | (isForever ? FOREVER : 0));
      this.#append(bucket, thread);
      Atomics.add(words, this.#parts.queues + WAITING, 1);
    } else {
      Atomics.add(words, bucket + BUCKET.COMING, -1);
    }
    unlock(words, bucket + BUCKET.LOCK);
    return waits;
  }

  /** Whether a thread that has entered was woken. */
  isWoken(thread: number): boolean {
    // Pairs with the store in takeOut.
    return Atomics.load(this.#words, this.#stateOf(thread)) === 0;
  }

  /** Takes a thread out of the queue in which it stands. @returns true: it was woken before */
  leave(thread: number): boolean {
    const words = this.#words;
    const at = this.#stateOf(thread);
    for (;;) {
      const state = Atomics.load(words, at);
      if (state === 0) return true;
      const bucket = this.#bucketAt((state & ~FOREVER) - 1);
      this.#lock(bucket);
      // Another state: it was woken, or moved to another bucket, before the lock was ours.
      const isThere = Atomics.load(words, at) === state;
      if (isThere) this.#takeOut(bucket, this.#before(bucket, thread), thread);
      unlock(words, bucket + BUCKET.LOCK);
      if (isThere) return false;
    }
  }

  /** Says of a waiting thread whether nothing but a wake-up ends its sleep. */
  setForever(thread: number, isForever: boolean): void {
    const words = this.#words;
    const at = this.#stateOf(thread);
    for (;;) {
      const state = Atomics.load(words, at);
      if (state === 0) return;
      const next = isForever ? state | FOREVER : state & ~FOREVER;
      // Fails when it was woken or moved meanwhile.
      if (Atomics.compareExchange(words, at, state, next) === state) return;
    }
  }

  /** Wakes threads that wait at an address with one of some bits, at most so many. @returns how many */
  wake(address: number, most: number, bitset = ANY): number {
    const bucket = this.#bucketAt(this.#numberOf(address));
    // Pairs with the add in enter: whoever comes after this load looks at the word after that, which has changed.
    if (Atomics.load(this.#words, bucket + BUCKET.COMING) === 0) return 0;
    this.#lock(bucket);
    const count = this.#wakeIn(bucket, address, most, bitset);
    unlock(this.#words, bucket + BUCKET.LOCK);
    this.#ring();
    return count;
  }

  /**
   * Wakes threads that wait at an address, and lets others wait at another one from now on, behind those who do.
   *
   * @param isStill whether anything is to be done: looks at the word
   * @returns how many were woken or moved; undefined: nothing was to be done
   */
  requeue(from: number, wakeMost: number, to: number, moveMost: number, isStill: () => boolean): number | undefined {
    const [source, target] = [this.#numberOf(from), this.#numberOf(to)];
    this.#lockBoth(source, target);
    let count: number | undefined;
    if (isStill()) {
      count = this.#wakeIn(this.#bucketAt(source), from, wakeMost, ANY);
      if (count === wakeMost) count += this.#move(source, from, target, to, moveMost);
    }
    this.#unlockBoth(source, target);
    this.#ring();
    return count;
  }

  /**
   * Changes the word at a second address, and wakes threads that wait at the first and, if the change says so, at the second.
   *
   * @param change @returns whether threads at the second are woken; below 0: nobody is
   * @returns how many were woken; what `change` returned below 0
   */
  wakeOperation(first: number, firstMost: number, second: number, secondMost: number, change: () => number): number {
    const [one, other] = [this.#numberOf(first), this.#numberOf(second)];
    this.#lockBoth(one, other);
    let count = change();
    if (count >= 0) {
      const isBoth = count > 0;
      count = this.#wakeIn(this.#bucketAt(one), first, firstMost, ANY);
      if (isBoth) count += this.#wakeIn(this.#bucketAt(other), second, secondMost, ANY);
    }
    this.#unlockBoth(one, other);
    this.#ring();
    return count;
  }

  /** A thread is about to end: nobody is woken by it any more. @param id of the thread, above 0, which no other has */
  endThread(thread: number, id: number): void {
    Atomics.store(this.#words, this.#stateOf(thread), -id);
  }

  /** Whether a thread has said so. */
  isAboutToEnd(thread: number, id: number): boolean {
    return id > 0 && Atomics.load(this.#words, this.#stateOf(thread)) === -id;
  }

  /**
   * Whether all of some threads wait for ever, so that none of them can wake another.
   *
   * @param threads tells which, none when one of them may be about to leave for another reason; asked anew when nobody can wake or wait
   * @returns what they wait on; undefined: one of them does not wait, or not for ever
   */
  deadlock(threads: () => readonly number[]): readonly Waiter[] | undefined {
    // Most often one does not, which is known without a lock.
    if (!this.#allWaitForever(threads())) return undefined;
    for (let number = 0; number < this.#buckets; number++) this.#lock(this.#bucketAt(number));
    const all = threads();
    const waiters = this.#allWaitForever(all)
      ? all.map((thread) => ({ thread, address: this.#addressOf(thread) }))
      : undefined;
    for (let number = 0; number < this.#buckets; number++) unlock(this.#words, this.#bucketAt(number) + BUCKET.LOCK);
    return waiters;
  }

  #allWaitForever(threads: readonly number[]): boolean {
    return (
      threads.length > 0 &&
      threads.every((thread) => {
        const state = Atomics.load(this.#words, this.#stateOf(thread));
        return state > 0 && (state & FOREVER) !== 0;
      })
    );
  }

  #addressOf(thread: number): number {
    return (this.#words[this.#parts.entryOf(thread) + ENTRY.ADDRESS] as number) >>> 0;
  }

  #stateOf(thread: number): number {
    return this.#parts.entryOf(thread) + ENTRY.STATE;
  }

  #numberOf(address: number): number {
    return (Math.imul(address >>> 2, GOLDEN) >>> 8) % this.#buckets;
  }

  #bucketAt(number: number): number {
    return this.#parts.queues + HEADER_WORDS + number * BUCKET_WORDS;
  }

  #lock(bucket: number): void {
    lock(this.#words, bucket + BUCKET.LOCK, this.#parts, this.#parts.pause);
  }

  /** In the order of their numbers, so that nobody waits for a lock in a circle. */
  #lockBoth(one: number, other: number): void {
    this.#lock(this.#bucketAt(Math.min(one, other)));
    if (one !== other) this.#lock(this.#bucketAt(Math.max(one, other)));
  }

  #unlockBoth(one: number, other: number): void {
    unlock(this.#words, this.#bucketAt(one) + BUCKET.LOCK);
    if (one !== other) unlock(this.#words, this.#bucketAt(other) + BUCKET.LOCK);
  }

  // What follows is done under the buckets' locks.

  #wakeIn(bucket: number, address: number, most: number, bitset: number): number {
    const words = this.#words;
    const wanted = address | 0; // as it stands in an entry
    let count = 0;
    let before = 0;
    for (let next = words[bucket + BUCKET.HEAD] as number; next !== 0 && count < most; ) {
      const thread = next - 1;
      const entry = this.#parts.entryOf(thread);
      next = words[entry + ENTRY.NEXT] as number;
      if (words[entry + ENTRY.ADDRESS] === wanted && ((words[entry + ENTRY.BITSET] as number) & bitset) !== 0) {
        this.#takeOut(bucket, before, thread);
        this.#woken.push(thread);
        count++;
      } else {
        before = thread + 1;
      }
    }
    return count;
  }

  #move(source: number, from: number, target: number, to: number, most: number): number {
    const words = this.#words;
    const [left, entered] = [this.#bucketAt(source), this.#bucketAt(target)];
    const last = words[left + BUCKET.TAIL] as number;
    const wanted = from | 0;
    let count = 0;
    let before = 0;
    let isLast = last === 0;
    for (let next = words[left + BUCKET.HEAD] as number; !isLast && count < most; ) {
      const thread = next - 1;
      const entry = this.#parts.entryOf(thread);
      isLast = next === last; // those behind were moved here
      next = words[entry + ENTRY.NEXT] as number;
      if (words[entry + ENTRY.ADDRESS] !== wanted) {
        before = thread + 1;
        continue;
      }
      count++;
      if (wanted === (to | 0)) {
        before = thread + 1;
        continue;
      }
      this.#unlink(left, before, thread);
      words[entry + ENTRY.ADDRESS] = to;
      this.#append(entered, thread);
      if (left === entered) continue;
      Atomics.add(words, entered + BUCKET.COMING, 1);
      Atomics.add(words, left + BUCKET.COMING, -1);
      this.#setBucket(entry + ENTRY.STATE, target);
    }
    return count;
  }

  /** The thread itself may change FOREVER at any time. */
  #setBucket(at: number, number: number): void {
    const words = this.#words;
    for (;;) {
      const state = Atomics.load(words, at);
      if (Atomics.compareExchange(words, at, state, (number + 1) | (state & FOREVER)) === state) return;
    }
  }

  #append(bucket: number, thread: number): void {
    const words = this.#words;
    const tail = words[bucket + BUCKET.TAIL] as number;
    words[this.#parts.entryOf(thread) + ENTRY.NEXT] = 0;
    if (tail === 0) words[bucket + BUCKET.HEAD] = thread + 1;
    else words[this.#parts.entryOf(tail - 1) + ENTRY.NEXT] = thread + 1;
    words[bucket + BUCKET.TAIL] = thread + 1;
  }

  /** The thread + 1 that stands before another in a queue; 0: none. */
  #before(bucket: number, thread: number): number {
    const words = this.#words;
    let before = 0;
    let next = words[bucket + BUCKET.HEAD] as number;
    while (next !== thread + 1) {
      before = next;
      next = words[this.#parts.entryOf(next - 1) + ENTRY.NEXT] as number;
    }
    return before;
  }

  #unlink(bucket: number, before: number, thread: number): void {
    const words = this.#words;
    const next = words[this.#parts.entryOf(thread) + ENTRY.NEXT] as number;
    if (before === 0) words[bucket + BUCKET.HEAD] = next;
    else words[this.#parts.entryOf(before - 1) + ENTRY.NEXT] = next;
    if (next === 0) words[bucket + BUCKET.TAIL] = before;
  }

  #takeOut(bucket: number, before: number, thread: number): void {
    const words = this.#words;
    this.#unlink(bucket, before, thread);
    Atomics.add(words, bucket + BUCKET.COMING, -1);
    Atomics.add(words, this.#parts.queues + WAITING, -1);
    // Pairs with the load in isWoken. From here on the thread may be gone, or stand in another queue.
    Atomics.store(words, this.#stateOf(thread), 0);
  }

  /** After the locks are given back: who wakes up does not find them taken. */
  #ring(): void {
    for (const thread of this.#woken) this.#parts.ring(thread);
    this.#woken.length = 0;
  }
}
