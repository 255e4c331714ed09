// Whether all ranks of a job wait for ever, and for what: each says in the job's memory that it is about to sleep, then looks at all. Packets
// are counted by who sends and by who takes them. If all wait, and each had taken before the look at their states as many as were sent to
// it by the end of it, none was on its way in between, and none will be. What is sent to ranks that have ended does not count.

import { begunIn, readIn } from '../../../runtime/shm/packet-ring.ts';
import { headerOf, JOB, RANK, ringOf, STATE, WAITS } from '../transport/layout.ts';

/** Names for what ranks say by numbers. */
export interface Names {
  /** Of a call. */
  call(number: number): string;
  /** Of a communicator by its context; of one of others', nothing is known. */
  communicator(context: number): string | undefined;
}

/** Whether nobody will ever go on. */
export function isDeadlock(words: Int32Array, size: number): boolean {
  const taken = Array.from({ length: size }, (_, rank) => readIn(words, ringOf(rank)[0]));
  const areWaiting: number[] = [];
  for (let rank = 0; rank < size; rank++) {
    if (hasEnded(words, rank)) continue;
    if (Atomics.load(words, headerOf(rank) + RANK.STATE) !== STATE.WAITS) return false;
    areWaiting.push(rank);
  }
  return areWaiting.every((rank) => begunIn(words, ringOf(rank)[0]) === taken[rank]);
}

/** Whether a rank takes no more packets. */
export function hasEnded(words: Int32Array, rank: number): boolean {
  const at = headerOf(rank);
  return Atomics.load(words, at + RANK.ENDED) !== 0 || Atomics.load(words, at + RANK.STATE) === STATE.FINALIZED;
}

/** @returns whether this rank is the one that tells of it */
export function claimDeadlock(words: Int32Array): boolean {
  return Atomics.exchange(words, JOB.DEADLOCK, 1) === 0;
}

/** Who waits for what. */
export function describeDeadlock(
  words: Int32Array,
  size: number,
  names: Names,
  placesOf: (ranks: readonly number[]) => readonly string[],
): string {
  const waiting = Array.from({ length: size }, (_, rank) => rank).filter((rank) => !hasEnded(words, rank));
  const places = placesOf(waiting);
  const each = Array.from({ length: size }, (_, rank) => {
    const place = places[waiting.indexOf(rank)];
    return `rank ${rank} ${describeRank(words, rank, names)}${place ? `, in ${place}` : ''}`;
  });
  return `deadlock: ${each.join('; ')}; no message is on its way`;
}

function describeRank(words: Int32Array, rank: number, names: Names): string {
  const at = headerOf(rank);
  const word = (index: number): number => words[at + index] as number;
  if (word(RANK.ENDED) !== 0) return 'has ended';
  if (word(RANK.STATE) === STATE.FINALIZED) return 'has called MPI_Finalize';
  const call = names.call(word(RANK.CALL));
  if (word(RANK.WAITS) === WAITS.several) return `waits in ${call}`;
  const context = word(RANK.CONTEXT);
  const label = names.communicator(context);
  const where = label === undefined ? '' : ` of ${label}`;
  const peer = word(RANK.PEER) < 0 ? 'any rank' : `rank ${word(RANK.PEER)}`;
  if (context % 2 !== 0) return `waits in ${call}${where} for ${peer}`; // a collective operation's tags say nothing
  const tag = word(RANK.TAG) < 0 ? 'any tag' : `tag ${word(RANK.TAG)}`;
  const what = word(RANK.WAITS) === WAITS.send ? `${peer} to receive` : `a message of ${peer}`;
  return `waits in ${call} for ${what}, ${tag}${where}`;
}
