// What moves packets between the ranks of a job. Above it are messages, which know no memory but the rank's own; below it is whatever
// connects two ranks: shared memory (shared-memory.ts), or a stream of bytes to another process of the host.

import type { MemoryViews } from '../../../runtime/memory/copy.ts';

/** What a packet is; up to `ready`, a message. */
export const PACKET = {
  /** A message whose bytes come along. ID 0, or that of the send that wants to hear when it is matched. */
  eager: 1,
  /** A message whose bytes the sender keeps until it hears that they have arrived. ADDRESS: in its memory. */
  ready: 2,
  /** What the send ID waited for has happened. */
  done: 3,
  /** Asks the send ID for its bytes; TAG is the id of the receive, BYTES how many. For transports that are not direct. */
  pull: 4,
  /** Bytes for the receive ID, at the offset ADDRESS. The last are those that reach its end. */
  data: 5,
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

export interface Transport {
  readonly rank: number;
  readonly size: number;
  /** Most bytes that come along with a packet. */
  readonly eagerBytes: number;
  /** A receiver copies from a sender's memory itself, by `memoryOf`. */
  readonly isDirect: boolean;
  /**
   * Sends a packet to a rank, which may be this one.
   *
   * @param from where what comes along stands, `bytes` of it; undefined: nothing does
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
  /** A rank's memory, of which a range is certainly there. */
  memoryOf(rank: number, address: number, bytes: number): MemoryViews;
}
