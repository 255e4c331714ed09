// Layout of a job's memory, which all its ranks share: for each rank a header, its ring of packets (see shm/packet-ring), and for each
// other rank how many of that one's eager messages its program has received. All is zero when the job begins. What one rank writes for
// each message stands on lines of its own, in pairs, as processors fetch them.
//
//   job 128 B │ rank 0: header 128 B │ packet ring │ rank 1: header │ packet ring │ … │ received │ traffic
//   received: a row for each receiver: int32 for each sender
//   traffic:  a row for each sender: two float64 for each receiver: messages, and their bytes

import { packetRingBytes, type RingShape } from '../../../runtime/shm/packet-ring.ts';

/** Words of the job, at its memory's beginning. */
export const JOB = {
  /** Ranks that have ended. */
  ENDED: 0,
  /** 1: a rank has found that all wait for ever, and tells so. */
  DEADLOCK: 1,
} as const;

/** Words of a rank's header. */
export const RANK = {
  /** 1: nothing of the rank runs any more. Stored by whoever starts the job, who then rings all. */
  ENDED: 0,
  /** What the rank does: see STATE. It alone stores it. */
  STATE: 1,
  /** 1: it waits for room in others' rings. */
  WANTS_ROOM: 4,
  /** What it waits for: see RankState in transport.ts. */
  CALL: 5,
  WAITS: 6,
  PEER: 7,
  TAG: 8,
  CONTEXT: 9,
  /** How many ranks wait for room in this one's ring. */
  WANTED: 16,
} as const;

export const STATE = { RUNS: 0, WAITS: 1, FINALIZED: 2 } as const;

const LINES_BYTES = 128;
const JOB_WORDS = LINES_BYTES / Int32Array.BYTES_PER_ELEMENT;
const HEADER_WORDS = LINES_BYTES / Int32Array.BYTES_PER_ELEMENT;
const SHAPE: RingShape = { cells: 64, payloadBytes: 480 };
/** What comes along with a packet at most. */
export const EAGER_BYTES = SHAPE.payloadBytes;

const RANK_WORDS = HEADER_WORDS + packetRingBytes(SHAPE) / Int32Array.BYTES_PER_ELEMENT;

/** Bytes of the memory that the ranks of a job share. */
export function jobMemoryBytes(size: number): number {
  return trafficOf(size, size, 0) * Float64Array.BYTES_PER_ELEMENT;
}

/** Index of a rank's header. */
export function headerOf(rank: number): number {
  return JOB_WORDS + RANK_WORDS * rank;
}

/** Index and shape of a rank's ring. */
export function ringOf(rank: number): readonly [start: number, shape: RingShape] {
  return [headerOf(rank) + HEADER_WORDS, SHAPE];
}

/** Index of how many eager messages of a sender the receiver's program has received. */
export function receivedOf(size: number, receiver: number, sender: number): number {
  return headerOf(size) + rowOf(size, Int32Array.BYTES_PER_ELEMENT) * receiver + sender;
}

/** Index, in float64, of what a rank has sent to another. */
export function trafficOf(size: number, sender: number, receiver: number): number {
  const start = receivedOf(size, size, 0) / 2;
  return start + rowOf(size, 2 * Float64Array.BYTES_PER_ELEMENT) * 2 * sender + 2 * receiver;
}

/** Elements of a row that has one for each rank, and fills its lines. */
function rowOf(size: number, elementBytes: number): number {
  return (Math.ceil((size * elementBytes) / LINES_BYTES) * LINES_BYTES) / elementBytes;
}

/** What ranks have sent to one another so far: by sender, then receiver. */
export interface Traffic {
  readonly messages: readonly (readonly number[])[];
  readonly bytes: readonly (readonly number[])[];
}

export function readTraffic(shared: SharedArrayBuffer, size: number): Traffic {
  const numbers = new Float64Array(shared);
  const matrix = (offset: number): number[][] =>
    Array.from({ length: size }, (_, sender) =>
      Array.from({ length: size }, (__, receiver) => numbers[trafficOf(size, sender, receiver) + offset] as number),
    );
  return { messages: matrix(0), bytes: matrix(1) };
}

/** Tells the job's ranks, in their memory, that one has ended, for whatever reason; all are to be woken after this. */
export function endRank(shared: SharedArrayBuffer, rank: number): void {
  const words = new Int32Array(shared);
  if (Atomics.exchange(words, headerOf(rank) + RANK.ENDED, 1) === 0) Atomics.add(words, JOB.ENDED, 1);
}
