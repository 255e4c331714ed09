// What the ranks of a job do, in the memory that they share: each says there that it is about to sleep, then looks at all. Packets are
// counted by who sends and by who takes them. If all wait, and each had taken before the look at their states as many as were sent to it
// by the end of it, none was on its way in between, and none will be. What is sent to ranks that have ended does not count.

import { begunIn, readIn } from '../../../runtime/shm/packet-ring.ts';
import { headerOf, JOB, RANK, ringOf, STATE } from './layout.ts';
import type { RankState, RankStates } from './transport.ts';

export class SharedStates implements RankStates {
  readonly #words: Int32Array;
  readonly #size: number;
  readonly #header: number;

  constructor(words: Int32Array, rank: number, size: number) {
    this.#words = words;
    this.#size = size;
    this.#header = headerOf(rank);
  }

  waits(call: number, what: number, peer: number, tag: number, context: number): void {
    const words = this.#words;
    const at = this.#header;
    words[at + RANK.CALL] = call;
    words[at + RANK.WAITS] = what;
    words[at + RANK.PEER] = peer;
    words[at + RANK.TAG] = tag;
    words[at + RANK.CONTEXT] = context;
    this.#store(STATE.WAITS);
  }

  runs(): void {
    this.#store(STATE.RUNS);
  }

  finalized(): void {
    this.#store(STATE.FINALIZED);
  }

  isDeadlock(): boolean {
    if (!this.#allWait()) return false; // mostly
    const words = this.#words;
    const ranks = [...Array(this.#size).keys()];
    const taken = ranks.map((rank) => readIn(words, ringOf(rank)[0]));
    if (!this.#allWait()) return false;
    return ranks.every((rank) => this.hasEnded(rank) || begunIn(words, ringOf(rank)[0]) === taken[rank]);
  }

  claimDeadlock(): boolean {
    return Atomics.exchange(this.#words, JOB.DEADLOCK, 1) === 0;
  }

  of(rank: number): RankState {
    const word = (index: number): number => this.#words[headerOf(rank) + index] as number;
    if (word(RANK.ENDED) !== 0) return 'has ended';
    const state = word(RANK.STATE);
    if (state === STATE.FINALIZED) return 'has called MPI_Finalize';
    if (state === STATE.RUNS) return 'runs';
    return {
      call: word(RANK.CALL),
      what: word(RANK.WAITS),
      peer: word(RANK.PEER),
      tag: word(RANK.TAG),
      context: word(RANK.CONTEXT),
    };
  }

  hasEnded(rank: number): boolean {
    const at = headerOf(rank);
    const words = this.#words;
    return Atomics.load(words, at + RANK.ENDED) !== 0 || Atomics.load(words, at + RANK.STATE) === STATE.FINALIZED;
  }

  /** But for those that have ended. */
  #allWait(): boolean {
    for (let rank = 0; rank < this.#size; rank++) {
      const isWaiting = Atomics.load(this.#words, headerOf(rank) + RANK.STATE) === STATE.WAITS;
      if (!isWaiting && !this.hasEnded(rank)) return false;
    }
    return true;
  }

  #store(state: number): void {
    Atomics.store(this.#words, this.#header + RANK.STATE, state);
  }
}
