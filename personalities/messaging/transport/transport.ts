// What moves packets between the ranks of a job. Above it are messages, which know no memory but the rank's own; below it is whatever
// connects two ranks: shared memory (shared-memory.ts), or a stream of bytes to another process of the host. A transport serves one rank,
// in the rank's own thread, and whatever brings it something (a packet, room for one, the end of a rank) wakes that thread after that.

import type { MemoryViews } from '../../../runtime/memory/copy.ts';

/** What a packet is; up to `synchronous`, a message. */
export const PACKET = {
  /** A message whose bytes come along. ID 0, or that of the send that wants to hear when it is matched. */
  eager: 1,
  /** A message whose bytes the sender keeps until it hears that they have been copied. ADDRESS: in its memory. */
  ready: 2,
  /** As `ready`; the sender hears no sooner than when the message is matched. */
  synchronous: 3,
  /** What the send ID waited for has happened. */
  done: 4,
  /** Asks the send ID for its bytes; TAG is the id of the receive, BYTES how many. For transports that are not direct. */
  pull: 5,
  /** Bytes for the receive ID, which belong CONTEXT bytes behind its beginning. */
  data: 6,
} as const;

/** A packet that has arrived; good until the handler returns. */
export interface Packet {
  readonly kind: number;
  /** Its sender, a rank of the job. */
  readonly source: number;
  readonly context: number;
  readonly tag: number;
  /** Of the message, or of what comes along. */
  readonly bytes: number;
  readonly id: number;
  readonly address: number;
  /** Where what comes along stands. */
  readonly payload: MemoryViews;
  readonly at: number;
}

/** What a rank waits for. */
export const WAITS = { send: 1, receive: 2, several: 3 } as const;

/** What one rank of a job does, as others see it. */
export type RankState =
  | 'runs'
  | 'has called MPI_Finalize'
  | 'has ended'
  | {
      /** Number of the call that it is in. */
      readonly call: number;
      /** One of WAITS. Of `several`, the rest says nothing. */
      readonly what: number;
      /** A rank of the job, and a tag; below zero: any. */
      readonly peer: number;
      readonly tag: number;
      readonly context: number;
    };

/** What all ranks do, by which they find that all wait for ever. */
export interface RankStates {
  /** This rank is about to sleep, and a packet alone lets it go on. As of RankState. */
  waits(call: number, what: number, peer: number, tag: number, context: number): void;
  runs(): void;
  /** Whether nobody will ever go on: all wait, and no packet is on its way. */
  isDeadlock(): boolean;
  /** Whether this rank is the first to find that, and so the one that tells. */
  claimDeadlock(): boolean;
  of(rank: number): RankState;
}

export interface Transport {
  readonly rank: number;
  readonly size: number;
  /** Most bytes that come along with a packet. */
  readonly eagerBytes: number;
  /** Undefined where no memory is all ranks': then nobody finds that all wait for ever. */
  readonly states: RankStates | undefined;
  /** Whether this rank copies what a rank sends from that one's memory itself, by `memoryOf`. If not it asks for the bytes, which come along. */
  isDirect(rank: number): boolean;
  /**
   * Sends a packet to a rank, which may be this one. Packets to one rank arrive in their order.
   *
   * @param from where what comes along stands, `bytes` of it from `address` on; undefined: nothing does
   * @returns false: there is no room for it now
   */
  send(
    to: number,
    kind: number,
    context: number,
    tag: number,
    bytes: number,
    id: number,
    address: number,
    from: MemoryViews | undefined,
  ): boolean;
  /** Hands over a packet that has arrived. @returns false: there is none */
  poll(handle: (packet: Packet) => void): boolean;
  /** Whether a packet has arrived. Only looks. */
  hasNews(): boolean;
  /** Whether a packet could be sent to a rank. Before a sleep for that, `wantRoom` is to be called. */
  hasRoom(to: number): boolean;
  /** This rank is about to sleep until there is room for a packet to one of some others: it looks once more after this. */
  wantRoom(ranks: readonly number[]): void;
  /** It no longer waits for that. */
  wantNoRoom(ranks: readonly number[]): void;
  /** The memory of a rank that is direct, of which a range is certainly there. */
  memoryOf(rank: number, address: number, bytes: number): MemoryViews;
  /** Whether a rank's program is not so far behind that it must not be sent another message whose bytes come along. */
  mayBeAhead(to: number): boolean;
  /** This rank's program has received a message of a rank whose bytes came along. */
  received(from: number): void;
  /** Whether a rank takes no more packets. */
  hasEnded(rank: number): boolean;
  /** How many ranks have ended, for whatever reason. */
  readonly endedCount: number;
  /** This rank's program calls MPI no more. */
  finalize(): void;
}
