// The transport between ranks whose memories one process of the host has: packets by a ring for each rank, long messages by one copy from
// the sender's memory into the receiver's.

import { copyAcross, type MemoryViews } from '../../../runtime/memory/copy.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { PACKET_WORDS, PAYLOAD_WORD, PacketRing } from '../../../runtime/shm/packet-ring.ts';
import type { RankParts } from '../rank-parts.ts';
import { EAGER_BYTES, headerOf, JOB, RANK, receivedOf, ringOf, trafficOf } from './layout.ts';
import { SharedStates } from './shared-states.ts';
import { PACKET, type Packet, type Transport } from './transport.ts';

/** Words of a packet, behind its cell's stamp. */
const WORD = { KIND: 1, SOURCE: 2, CONTEXT: 3, TAG: 4, BYTES: 5, ID: 6, ADDRESS: PACKET_WORDS } as const;
/** Short messages of a sender that a receiver keeps for its program. */
const AHEAD_MOST = 4096;

export class SharedMemoryTransport implements Transport {
  readonly rank: number;
  readonly size: number;
  readonly eagerBytes = EAGER_BYTES;
  readonly states: SharedStates;
  readonly #words: Int32Array;
  /** The same as what packets bring along is copied to and from. */
  readonly #payload: MemoryViews;
  readonly #traffic: Float64Array;
  readonly #trafficRow: number;
  readonly #memory: GuestMemory;
  readonly #peer: (rank: number) => GuestMemory;
  readonly #wake: (rank: number) => void;
  readonly #own: PacketRing;
  readonly #header: number;
  /** Of others, made when first sent to. */
  readonly #rings: (PacketRing | undefined)[];
  /** By receiver: short messages that were sent, and up to how many may be by what this rank last knew. */
  readonly #sent: Int32Array;
  readonly #mayHaveSent: Int32Array;
  /** Index of its received messages, by sender. */
  readonly #received: number;
  readonly #packet: { -readonly [K in keyof Packet]: Packet[K] };

  constructor({ rank, size, shared, memory, peer, ring }: RankParts) {
    this.rank = rank;
    this.size = size;
    this.#words = new Int32Array(shared);
    this.#payload = { bytes: new Uint8Array(shared), words: new Uint32Array(shared) };
    this.#traffic = new Float64Array(shared);
    this.#trafficRow = trafficOf(size, rank, 0);
    this.#memory = memory;
    this.#peer = peer;
    this.#wake = ring;
    this.#header = headerOf(rank);
    this.states = new SharedStates(this.#words, rank, size);
    this.#sent = new Int32Array(size);
    this.#mayHaveSent = new Int32Array(size).fill(AHEAD_MOST);
    this.#received = receivedOf(size, rank, 0);
    this.#own = new PacketRing(this.#words, ...ringOf(rank));
    this.#rings = new Array<PacketRing | undefined>(size).fill(undefined);
    this.#rings[rank] = this.#own;
    const nothing = { kind: 0, source: 0, context: 0, tag: 0, bytes: 0, id: 0, address: 0 };
    this.#packet = { ...nothing, payload: this.#payload, at: 0 };
  }

  isDirect(): boolean {
    return true;
  }

  send(
    to: number,
    kind: number,
    context: number,
    tag: number,
    bytes: number,
    id: number,
    address: number,
    from: MemoryViews | undefined,
  ): boolean {
    const ring = this.#ringOf(to);
    const cell = ring.claim();
    if (cell < 0) return false;
    if (from !== undefined) copyAcross(from, address, this.#payload, (cell + PAYLOAD_WORD) << 2, bytes);
    const words = this.#words;
    words[cell + WORD.KIND] = kind;
    words[cell + WORD.SOURCE] = this.rank;
    words[cell + WORD.CONTEXT] = context;
    words[cell + WORD.TAG] = tag;
    words[cell + WORD.BYTES] = bytes;
    words[cell + WORD.ID] = id;
    words[cell + WORD.ADDRESS] = address;
    ring.publish(cell);
    if (kind === PACKET.eager) this.#sent[to] = ((this.#sent[to] as number) + 1) | 0;
    if (kind <= PACKET.synchronous) this.#count(to, bytes);
    this.#wake(to);
    return true;
  }

  poll(handle: (packet: Packet) => void): boolean {
    const cell = this.#own.next();
    if (cell < 0) return false;
    const words = this.#words;
    const packet = this.#packet;
    packet.kind = words[cell + WORD.KIND] as number;
    packet.source = words[cell + WORD.SOURCE] as number;
    packet.context = words[cell + WORD.CONTEXT] as number;
    packet.tag = words[cell + WORD.TAG] as number;
    packet.bytes = words[cell + WORD.BYTES] as number;
    packet.id = words[cell + WORD.ID] as number;
    packet.address = words[cell + WORD.ADDRESS] as number;
    packet.at = (cell + PAYLOAD_WORD) << 2;
    handle(packet);
    this.#own.release();
    // Pairs with the add in wantRoom, after which a sender looks for room once more.
    if (Atomics.load(words, this.#header + RANK.WANTED) !== 0) this.#wakeWanting();
    return true;
  }

  hasNews(): boolean {
    return this.#own.next() >= 0;
  }

  hasRoom(to: number): boolean {
    return this.#ringOf(to).hasRoom;
  }

  wantRoom(ranks: readonly number[]): void {
    if (ranks.length === 0) return;
    Atomics.store(this.#words, this.#header + RANK.WANTS_ROOM, 1);
    for (const rank of ranks) Atomics.add(this.#words, headerOf(rank) + RANK.WANTED, 1);
  }

  wantNoRoom(ranks: readonly number[]): void {
    if (ranks.length === 0) return;
    for (const rank of ranks) Atomics.sub(this.#words, headerOf(rank) + RANK.WANTED, 1);
    Atomics.store(this.#words, this.#header + RANK.WANTS_ROOM, 0);
  }

  memoryOf(rank: number, address: number, bytes: number): MemoryViews {
    const memory = rank === this.rank ? this.#memory : this.#peer(rank);
    memory.contains(address, bytes); // it may have grown
    return memory;
  }

  mayBeAhead(to: number): boolean {
    const sent = this.#sent[to] as number;
    if ((((this.#mayHaveSent[to] as number) - sent) | 0) > 0) return true;
    const received = Atomics.load(this.#words, receivedOf(this.size, to, this.rank));
    this.#mayHaveSent[to] = (received + AHEAD_MOST) | 0;
    return ((received + AHEAD_MOST - sent) | 0) > 0;
  }

  received(from: number): void {
    const index = this.#received + from;
    this.#words[index] = ((this.#words[index] as number) + 1) | 0;
  }

  hasEnded(rank: number): boolean {
    return this.states.hasEnded(rank);
  }

  get endedCount(): number {
    return Atomics.load(this.#words, JOB.ENDED);
  }

  finalize(): void {
    this.states.finalized();
  }

  /** This rank alone writes what it has sent. */
  #count(to: number, bytes: number): void {
    const traffic = this.#traffic;
    const at = this.#trafficRow + 2 * to;
    traffic[at] = (traffic[at] as number) + 1;
    traffic[at + 1] = (traffic[at + 1] as number) + bytes;
  }

  #ringOf(rank: number): PacketRing {
    const known = this.#rings[rank];
    if (known !== undefined) return known;
    const ring = new PacketRing(this.#words, ...ringOf(rank));
    this.#rings[rank] = ring;
    return ring;
  }

  #wakeWanting(): void {
    for (let rank = 0; rank < this.size; rank++) {
      if (Atomics.load(this.#words, headerOf(rank) + RANK.WANTS_ROOM) !== 0) this.#wake(rank);
    }
  }
}
