// A transport that knows no memory but its rank's: packets go as bytes to the main thread of the process, which passes them on. Loaded by
// the rank's worker. Ranks of the same process may be reached by shared memory beside it, so that both are seen to work in one job.

import type { RankParts } from '../../../personalities/messaging/index.ts';
import { trafficOf } from '../../../personalities/messaging/transport/layout.ts';
import { SharedMemoryTransport } from '../../../personalities/messaging/transport/shared-memory.ts';
import { PACKET, type Packet, type Transport } from '../../../personalities/messaging/transport/transport.ts';
import type { MemoryViews } from '../../../runtime/memory/copy.ts';
import { RingReader, RingWriter } from '../../../runtime/shm/byte-stream.ts';
import { decodeHeader, encodeFrame, FRAME, HEADER_BYTES, type Header } from './frames.ts';

export interface StreamSetup {
  readonly firstRank: number;
  /** Of each rank of this process, in their order: what comes for it, and what it sends. */
  readonly inbound: readonly SharedArrayBuffer[];
  readonly outbound: readonly SharedArrayBuffer[];
  /** Int32: how many ranks have ended; then, for each rank of the job, whether it has. */
  readonly ended: SharedArrayBuffer;
  /** Ranks of this process are reached by bytes, too, and so is the rank itself. */
  readonly isForAll: boolean;
}

/** Another length than that of shared memory: nothing above may know it. */
const EAGER_BYTES = 1000;
/** Few, so that what lies beyond is met. */
const AHEAD_MOST = 200;
const TOLD_EACH = 50;
const NOTHING = new Uint8Array(0);

export function createTransport(parts: RankParts, setup: StreamSetup): Transport {
  const stream = new StreamTransport(parts, setup);
  if (setup.isForAll) return stream;
  const last = setup.firstRank + setup.inbound.length;
  return new NearAndFar(new SharedMemoryTransport(parts), stream, (rank) => rank >= setup.firstRank && rank < last);
}

class StreamTransport implements Transport {
  readonly rank: number;
  readonly size: number;
  readonly eagerBytes = EAGER_BYTES;
  readonly states = undefined;
  readonly #inbound: RingReader;
  readonly #outbound: RingWriter;
  readonly #ended: Int32Array;
  readonly #traffic: Float64Array;
  /** By rank: messages that came along, sent and not known to be received; received and not told of. */
  readonly #ahead: Int32Array;
  readonly #untold: Int32Array;
  /** Of the frame whose rest has not come. */
  #header: Header | undefined;

  constructor({ rank, size, shared }: RankParts, { firstRank, inbound, outbound, ended }: StreamSetup) {
    this.rank = rank;
    this.size = size;
    this.#inbound = new RingReader(inbound[rank - firstRank] as SharedArrayBuffer);
    this.#outbound = new RingWriter(outbound[rank - firstRank] as SharedArrayBuffer);
    this.#ended = new Int32Array(ended);
    this.#traffic = new Float64Array(shared);
    this.#ahead = new Int32Array(size);
    this.#untold = new Int32Array(size);
  }

  isDirect(): boolean {
    return false;
  }

  memoryOf(rank: number): never {
    throw new Error(`rank ${this.rank} wants the memory of rank ${rank}, which is elsewhere`);
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
    if (!this.hasRoom(to)) return false;
    this.#outbound.write(encodeFrame({ to, kind, source: this.rank, context, tag, bytes, id, address }, from?.bytes));
    if (kind <= PACKET.synchronous) this.#count(to, bytes);
    if (kind === PACKET.eager) this.#ahead[to] = (this.#ahead[to] as number) + 1;
    return true;
  }

  poll(handle: (packet: Packet) => void): boolean {
    while (this.hasNews()) {
      const header = this.#header as Header;
      this.#header = undefined;
      const payload = header.hasPayload ? new Uint8Array(header.bytes) : NOTHING;
      this.#inbound.read(payload);
      if (header.kind === FRAME.received) {
        this.#ahead[header.source] = (this.#ahead[header.source] as number) - header.bytes;
        continue;
      }
      handle({ ...header, payload: { bytes: payload, words: undefined }, at: 0 });
      return true;
    }
    return false;
  }

  hasNews(): boolean {
    this.#header ??= this.#nextHeader();
    const header = this.#header;
    if (header === undefined) return false;
    return !header.hasPayload || this.#inbound.available >= header.bytes;
  }

  hasRoom(_to: number): boolean {
    return this.#outbound.space >= HEADER_BYTES + EAGER_BYTES;
  }

  // The main thread wakes the rank whenever it has taken something.
  wantRoom(): void {}
  wantNoRoom(): void {}

  mayBeAhead(to: number): boolean {
    return (this.#ahead[to] as number) < AHEAD_MOST;
  }

  received(from: number): void {
    this.#untold[from] = (this.#untold[from] as number) + 1;
    const bytes = this.#untold[from] as number;
    if (bytes < TOLD_EACH || !this.hasRoom(from)) return;
    this.#untold[from] = 0;
    const header = { to: from, kind: FRAME.received, source: this.rank, context: 0, tag: 0, bytes, id: 0, address: 0 };
    this.#outbound.write(encodeFrame(header));
  }

  hasEnded(rank: number): boolean {
    return Atomics.load(this.#ended, 1 + rank) !== 0;
  }

  get endedCount(): number {
    return Atomics.load(this.#ended, 0);
  }

  finalize(): void {}

  #count(to: number, bytes: number): void {
    const at = trafficOf(this.size, this.rank, to);
    this.#traffic[at] = (this.#traffic[at] as number) + 1;
    this.#traffic[at + 1] = (this.#traffic[at + 1] as number) + bytes;
  }

  #nextHeader(): Header | undefined {
    if (this.#inbound.available < HEADER_BYTES) return undefined;
    const bytes = new Uint8Array(HEADER_BYTES);
    this.#inbound.read(bytes);
    return decodeHeader(bytes);
  }
}

/** Ranks of this process by shared memory, all others by bytes. */
class NearAndFar implements Transport {
  readonly rank: number;
  readonly size: number;
  readonly eagerBytes: number;
  readonly states = undefined;
  readonly #near: Transport;
  readonly #far: Transport;
  readonly #isNear: (rank: number) => boolean;

  constructor(near: Transport, far: Transport, isNear: (rank: number) => boolean) {
    this.rank = near.rank;
    this.size = near.size;
    this.eagerBytes = Math.min(near.eagerBytes, far.eagerBytes);
    this.#near = near;
    this.#far = far;
    this.#isNear = isNear;
  }

  isDirect(rank: number): boolean {
    return this.#to(rank).isDirect(rank);
  }

  send(
    to: number,
    ...rest: readonly [number, number, number, number, number, number, MemoryViews | undefined]
  ): boolean {
    return this.#to(to).send(to, ...rest);
  }

  poll(handle: (packet: Packet) => void): boolean {
    return this.#near.poll(handle) || this.#far.poll(handle);
  }

  hasNews(): boolean {
    return this.#near.hasNews() || this.#far.hasNews();
  }

  hasRoom(to: number): boolean {
    return this.#to(to).hasRoom(to);
  }

  wantRoom(ranks: readonly number[]): void {
    this.#near.wantRoom(ranks.filter(this.#isNear));
  }

  wantNoRoom(ranks: readonly number[]): void {
    this.#near.wantNoRoom(ranks.filter(this.#isNear));
  }

  memoryOf(rank: number, address: number, bytes: number): MemoryViews {
    return this.#to(rank).memoryOf(rank, address, bytes);
  }

  mayBeAhead(to: number): boolean {
    return this.#to(to).mayBeAhead(to);
  }

  received(from: number): void {
    this.#to(from).received(from);
  }

  hasEnded(rank: number): boolean {
    return this.#to(rank).hasEnded(rank);
  }

  get endedCount(): number {
    return this.#near.endedCount + this.#far.endedCount;
  }

  finalize(): void {
    this.#near.finalize();
  }

  #to(rank: number): Transport {
    return this.#isNear(rank) ? this.#near : this.#far;
  }
}
