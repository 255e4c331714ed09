// Messages of one rank: sends and receives, and the progress that completes them. Progress is made by the rank's own thread alone, whenever
// it is in a call of MPI; who waits takes packets until what it waits for has happened.
//
//     short: the sender copies the message into the receiver's ring, and is done          (PACKET.eager)
//     long:  the sender says where it is; the receiver copies it when it is matched,       (PACKET.ready)
//            into its buffer at once, and tells the sender                                 (PACKET.done)
//
// A receiver that waits for something else copies long messages that have come before their receives, so that their senders go on; but not
// those of synchronous sends (PACKET.synchronous), very long ones, and too many.
// Short messages of a sender that is too far ahead of a receiver's program are sent as long ones, so that their bytes stay where they are.
// Where a receiver cannot copy from the sender's memory, it asks for the bytes (PACKET.pull), which come in pieces (PACKET.data).

import { copyAcross, copyBytes, type MemoryViews } from '../../../runtime/memory/copy.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { RankParts } from '../rank-parts.ts';
import { PACKET, type Packet, type RankStates, type Transport, WAITS } from '../transport/transport.ts';
import { describeDeadlock, type Names } from './deadlock.ts';
import { Matching, Queue } from './matching.ts';
import { type Message, Receive, Send, type Unexpected } from './requests.ts';

/**
 * How long a rank that waits looks for packets before it sleeps, while each has a processor: messages are answered in far less. Other
 * programs may want the processors too: a look in vain halves the next, one that has found something doubles it.
 */
const LOOK_MS = { most: 0.5, least: 0.02 } as const;
/** Looks between two looks at the clock; and after so many questions in vain early messages are copied. */
const LOOKS = 200;

/** What a receiver copies before its receive: messages of so many bytes at most, as MPICH sends without asking, and so many in all. */
const EARLY_BYTES = 65536;
const EARLY_BYTES_ALL = 2 ** 26;
/** Beyond its bytes, such a message takes about so many. */
const EARLY_OVERHEAD = 256;

/** They are forgotten by so many at once, at least. */
const EARLY_FORGOTTEN = 64;

/** As of a program that aborts. */
const DEADLOCK_STATUS = 134;

const NOBODY: readonly number[] = [];

/** What a wait is for, and how its end is known. */
export interface Waited {
  readonly isDone: boolean;
}

/** What goes on while the rank makes progress. */
export interface Advancing {
  /** Goes as far as can be. @returns whether it is done */
  advance(): boolean;
}

/** Sends that wait to hear of their message, by id: from 1 on, each given out again as soon as it has heard. */
class OpenSends {
  size = 0;
  /** Index: id. */
  readonly #sends: (Send | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** Of the send that is added next. */
  nextId(): number {
    return this.#free.at(-1) ?? this.#sends.length;
  }

  add(send: Send): void {
    this.#free.pop();
    this.#sends[send.message.id] = send;
    this.size++;
  }

  get(id: number): Send | undefined {
    return this.#sends[id];
  }

  /** Whether one of them is in a context. */
  has(context: number): boolean {
    return this.#sends.some((send) => send?.message.context === context);
  }

  /** The send, which is done. */
  take(id: number): Send | undefined {
    const send = this.#sends[id];
    if (send === undefined) return undefined;
    this.#sends[id] = undefined;
    this.#free.push(id);
    this.size--;
    return send;
  }
}

/** A message that comes in pieces. */
interface Coming {
  readonly receive: Receive;
  readonly bytes: number;
  left: number;
  /** Gathers what is to be unpacked. */
  pieces?: Uint8Array;
}

export class Engine {
  readonly memory: GuestMemory;
  /** Number of the call that the rank's program is in. */
  call = 0;
  readonly #parts: RankParts;
  readonly #names: Names;
  readonly #transport: Transport;
  readonly #matching = new Matching();
  /** By id: those that want to hear of their message. */
  readonly #sends = new OpenSends();
  /** By id: those whose bytes are on their way in pieces. */
  readonly #receives = new Map<number, Coming>();
  /** Long messages that have come before their receives, and may be copied; some have been received since. */
  #early: Unexpected[] = [];
  /** How many of these were received before they were copied, at most. */
  #receivedEarly = 0;
  /** Of those that were copied, and not received yet. */
  #earlyBytes = 0;
  /** By receiver: what there was no room for. */
  readonly #unsent: (Queue<Send> | undefined)[];
  #unsentCount = 0;
  /** Begun, and not done. */
  readonly #advancing = new Set<Advancing>();
  /** Packets have come or gone since these last went on: any call takes all that have come, also what these wait for. */
  #isStirred = false;
  #askedInVain = 0;
  #lastId = 0;
  readonly #looks: boolean;
  #lookMs: number = LOOK_MS.most;

  constructor(parts: RankParts, transport: Transport, names: Names) {
    this.#parts = parts;
    this.#names = names;
    this.#transport = transport;
    this.memory = parts.memory;
    this.#unsent = new Array<Queue<Send> | undefined>(parts.size).fill(undefined);
    this.#looks = parts.ranksHere <= parts.processors;
  }

  get rank(): number {
    return this.#parts.rank;
  }

  get size(): number {
    return this.#parts.size;
  }

  /**
   * Begins a send.
   *
   * @param to a rank of the job
   * @param address of the bytes in the rank's memory
   * @param isSynchronous it is done when its receive has begun
   * @param onDone when the bytes are needed no more
   * @returns undefined: it is done
   */
  send(
    to: number,
    context: number,
    tag: number,
    address: number,
    bytes: number,
    isSynchronous = false,
    onDone?: () => void,
  ): Send | undefined {
    const isShort = bytes <= this.#transport.eagerBytes && this.#transport.mayBeAhead(to);
    const id = isShort && !isSynchronous ? 0 : this.#sends.nextId();
    const kind = isShort ? PACKET.eager : isSynchronous ? PACKET.synchronous : PACKET.ready;
    const payload = isShort ? this.memory : undefined;
    const isSent =
      this.#unsent[to]?.first === undefined &&
      this.#transport.send(to, kind, context, tag, bytes, id, address, payload);
    if (isSent && id === 0) {
      onDone?.();
      return undefined;
    }
    const send = new Send({ to, context, tag, address, bytes, kind, id, onDone });
    if (id !== 0) this.#sends.add(send);
    if (!isSent) this.#keepUnsent(send);
    return send;
  }

  /** Begins a receive. @param receive whose source, tag, context and place are set */
  receive(receive: Receive): void {
    this.#takeAll();
    const message = this.#matching.find(receive.context, receive.source, receive.tag, true);
    if (message === undefined) this.#matching.post(receive);
    else this.deliver(receive, message);
  }

  /** Gives a receive a message that was taken before. */
  deliver(receive: Receive, message: Unexpected): void {
    const { source, tag, bytes, kind, id, address, payload } = message;
    message.id = 0;
    if (kind === PACKET.ready && payload === undefined) this.#forgetEarly();
    else if (kind === PACKET.ready) this.#earlyBytes -= bytes + EARLY_OVERHEAD;
    this.#deliver(receive, kind, source, tag, bytes, id, payload === undefined ? address : 0, payload);
  }

  /** Looks for a message. @param takes it out too, for a receive of its own */
  probe(context: number, source: number, tag: number, takes: boolean): Unexpected | undefined {
    this.#takeAll();
    return this.#matching.find(context, source, tag, takes);
  }

  /** A receive is to wait no more. @returns whether it was cancelled, else it completes as it would have */
  cancel(receive: Receive): boolean {
    if (receive.isDone || !this.#matching.withdraw(receive)) return false;
    receive.isCancelled = true;
    receive.isDone = true;
    return true;
  }

  /** Lets something go on from now on, until it is done. */
  begin<T extends Advancing>(task: T): T {
    if (!task.advance()) this.#advancing.add(task);
    return task;
  }

  /** Makes what progress there is to be made. Who asks again and again in vain is as one that waits. */
  progress(): void {
    this.#takeAll();
    if (this.#goOn()) {
      this.#askedInVain = 0;
    } else if (this.#early.length > 0 && ++this.#askedInVain === LOOKS) {
      this.#copyEarly();
      this.#askedInVain = 0;
    }
  }

  /** Makes progress until something is done. Blocks its thread. */
  wait(what: Waited): void {
    if (what.isDone) return void this.#goOn(); // else who finds all that it wants would hold up the others
    const transport = this.#transport;
    let looks = 0;
    let start = 0;
    while (!what.isDone) {
      transport.poll(this.#handle);
      if (this.#goOn()) {
        if (looks > 0) this.#lookMs = Math.min(LOOK_MS.most, 2 * this.#lookMs);
        looks = 0;
        continue;
      }
      if (looks++ % LOOKS !== 0) continue;
      if ((looks > 1 || !this.#looks) && this.#early.length > 0) this.#copyEarly();
      const nowMs = performance.now();
      if (looks === 1) start = nowMs;
      if (this.#looks && nowMs - start < this.#lookMs) continue;
      this.#lookMs = Math.max(LOOK_MS.least, this.#lookMs / 2);
      this.#sleep(what);
      looks = 0;
    }
  }

  /** Waits until one of several things may have happened that only packets bring about. */
  waitFor(isThere: () => boolean): void {
    this.wait({
      get isDone() {
        return isThere();
      },
    });
  }

  /** Waits until others have what was sent to them. */
  flush(): void {
    this.waitFor(() => this.#unsentCount === 0 && this.#sends.size === 0);
  }

  /** Whether what this rank has begun in a context is done. */
  isQuiet(context: number): boolean {
    const isUnsent = (queue: Queue<Send> | undefined): boolean => {
      for (let send = queue?.first; send !== undefined; send = send.next)
        if (send.message.context === context) return true;
      return false;
    };
    if (this.#sends.has(context) || this.#matching.isAwaited(context) || this.#unsent.some(isUnsent)) return false;
    for (const { receive } of this.#receives.values()) if (receive.context === context) return false;
    return true;
  }

  /** Contexts that take room. */
  get contexts(): number {
    return this.#matching.size;
  }

  /** Nothing new begins in a context. */
  free(context: number): void {
    this.#matching.free(context);
  }

  /** The rank calls MPI no more. */
  finalize(): void {
    this.#transport.finalize();
  }

  /** Lets go on what waits for packets that have come, or for room. @returns whether any packet has come or gone */
  #goOn(): boolean {
    if (this.#unsentCount > 0) this.#sendUnsent();
    if (!this.#isStirred) return false;
    if (this.#advancing.size > 0) this.#advance();
    else this.#isStirred = false;
    return true;
  }

  /** Lets all go on that have begun. One may take the packets that another waits for, which went on before it. */
  #advance(): void {
    do {
      this.#isStirred = false;
      for (const task of this.#advancing) if (task.advance()) this.#advancing.delete(task);
    } while (this.#isStirred);
  }

  #takeAll(): void {
    while (this.#transport.poll(this.#handle));
  }

  readonly #handle = (packet: Packet): void => {
    const { kind, source, id } = packet;
    this.#isStirred = true;
    switch (kind) {
      case PACKET.eager:
      case PACKET.ready:
      case PACKET.synchronous:
        return this.#arrive(packet);
      case PACKET.done:
        return this.#complete(id);
      case PACKET.pull:
        return this.#push(source, packet);
      case PACKET.data:
        return this.#takePiece(packet);
    }
  };

  #arrive({ kind, source, context, tag, bytes, id, address, payload, at }: Packet): void {
    const receive = this.#matching.takeReceive(context, source, tag);
    const isShort = kind === PACKET.eager;
    if (receive !== undefined) {
      return this.#deliver(
        receive,
        kind,
        source,
        tag,
        bytes,
        id,
        isShort ? at : address,
        isShort ? payload : undefined,
      );
    }
    const kept = isShort ? { bytes: payload.bytes.slice(at, at + bytes), words: undefined } : undefined;
    const order = this.#matching.nextOrder();
    const message = { next: undefined, source, tag, bytes, kind, id, address, payload: kept, order };
    this.#matching.keep(context, message);
    if (kind === PACKET.ready && bytes <= EARLY_BYTES && this.#transport.isDirect(source)) this.#early.push(message);
  }

  #deliver(
    receive: Receive,
    kind: number,
    source: number,
    tag: number,
    bytes: number,
    id: number,
    at: number,
    payload: MemoryViews | undefined,
  ): void {
    const fits = bytes <= receive.capacity;
    const taken = fits ? bytes : receive.capacity;
    receive.gotSource = source;
    receive.gotTag = tag;
    receive.gotBytes = taken;
    receive.isTruncated = !fits;
    if (kind === PACKET.eager) {
      this.#transport.received(source);
    } else if (taken > 0 && payload === undefined && !this.#transport.isDirect(source)) {
      return this.#pull(receive, source, id, taken);
    }
    if (taken > 0) this.#put(receive, payload ?? this.#transport.memoryOf(source, at, taken), at, taken);
    if (id !== 0) this.#tell(source, PACKET.done, id, 0, 0);
    receive.isDone = true;
  }

  /** Copies messages whose receives may be long in coming: their senders may wait before they receive what this rank waits to send. */
  #copyEarly(): void {
    let copied = 0;
    for (const message of this.#early) {
      const { source, address, bytes, id } = message;
      if (this.#earlyBytes + bytes > EARLY_BYTES_ALL) break;
      copied++;
      if (id === 0) continue;
      message.payload = { bytes: new Uint8Array(bytes), words: undefined };
      copyAcross(this.#transport.memoryOf(source, address, bytes), address, message.payload, 0, bytes);
      message.id = 0;
      this.#earlyBytes += bytes + EARLY_OVERHEAD;
      this.#tell(source, PACKET.done, id, 0, 0);
    }
    this.#early.splice(0, copied);
  }

  /** One of them was received. */
  #forgetEarly(): void {
    this.#receivedEarly++;
    if (this.#receivedEarly < EARLY_FORGOTTEN || 2 * this.#receivedEarly < this.#early.length) return;
    this.#early = this.#early.filter(({ id }) => id !== 0);
    this.#receivedEarly = 0;
  }

  #put(receive: Receive, from: MemoryViews, at: number, bytes: number): void {
    if (receive.unpack !== undefined) receive.unpack(from.bytes, at, bytes);
    else copyAcross(from, at, this.memory, receive.address, bytes);
  }

  #complete(id: number): void {
    const send = this.#sends.take(id);
    if (send === undefined) return;
    send.isDone = true;
    send.message.onDone?.();
  }

  // Of transports that are not direct.

  #pull(receive: Receive, source: number, id: number, bytes: number): void {
    const own = this.#nextId();
    this.#receives.set(own, { receive, bytes, left: bytes });
    this.#tell(source, PACKET.pull, id, own, bytes);
  }

  #push(to: number, { id, tag: receive, bytes }: Packet): void {
    const address = this.#sends.get(id)?.message.address;
    if (address === undefined) return;
    for (let sent = 0; sent < bytes; sent += this.#transport.eagerBytes) {
      const piece = Math.min(bytes - sent, this.#transport.eagerBytes);
      const onDone = sent + piece === bytes ? () => this.#complete(id) : undefined;
      const place = { to, context: sent, tag: 0, address: address + sent, bytes: piece };
      this.#sendOrKeep({ ...place, kind: PACKET.data, id: receive, onDone });
    }
  }

  #takePiece({ id, context: offset, bytes, payload, at }: Packet): void {
    const coming = this.#receives.get(id);
    if (coming === undefined) return;
    const { receive } = coming;
    coming.left -= bytes;
    if (receive.unpack === undefined) {
      copyAcross(payload, at, this.memory, receive.address + offset, bytes);
    } else {
      coming.pieces ??= new Uint8Array(coming.bytes);
      copyBytes(payload.bytes, at, coming.pieces, offset, bytes);
      if (coming.left === 0) receive.unpack(coming.pieces, 0, coming.bytes);
    }
    if (coming.left > 0) return;
    this.#receives.delete(id);
    receive.isDone = true;
  }

  // Packets that find no room.

  #tell(to: number, kind: number, id: number, tag: number, bytes: number): void {
    const isFirst = this.#unsent[to]?.first === undefined;
    if (isFirst && this.#transport.send(to, kind, 0, tag, bytes, id, 0, undefined)) return;
    const message = { to, context: 0, tag, address: 0, bytes, kind, id, onDone: undefined };
    this.#keepUnsent(new Send(message));
  }

  #sendOrKeep(message: Message): void {
    const isFirst = this.#unsent[message.to]?.first === undefined;
    if (isFirst && this.#postMessage(message)) message.onDone?.();
    else this.#keepUnsent(new Send(message));
  }

  #keepUnsent(send: Send): void {
    const { to } = send.message;
    const queue = this.#unsent[to] ?? new Queue<Send>();
    this.#unsent[to] = queue;
    queue.add(send);
    this.#unsentCount++;
  }

  /** What goes to a rank that has ended is lost. */
  #sendUnsent(): void {
    for (const [to, queue] of this.#unsent.entries()) {
      if (queue?.first === undefined) continue;
      const isLost = this.#transport.hasEnded(to);
      for (
        let send = queue.first;
        send !== undefined && (isLost || this.#postMessage(send.message));
        send = queue.first
      ) {
        this.#isStirred = true;
        queue.remove(send, undefined);
        this.#unsentCount--;
        const { id, kind, onDone } = send.message;
        if (id !== 0 && kind !== PACKET.data) continue; // it is done when it hears of it
        send.isDone = true;
        onDone?.();
      }
    }
  }

  #postMessage({ to, kind, context, tag, bytes, id, address }: Message): boolean {
    const payload = kind === PACKET.eager || kind === PACKET.data ? this.memory : undefined;
    return this.#transport.send(to, kind, context, tag, bytes, id, address, payload);
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0x7fff_ffff) + 1;
    return this.#lastId;
  }

  // Sleep.

  #sleep(what: Waited): void {
    const transport = this.#transport;
    const blocked = this.#blocked();
    transport.wantRoom(blocked);
    // Who wants room has packets to send yet, though all that were sent may have been taken before it wakes.
    const states = blocked.length === 0 ? transport.states : undefined;
    if (states !== undefined) this.#tellWaits(states, what);
    const ended = transport.endedCount;
    if (states !== undefined) this.#endDeadlock(states);
    this.#parts.sleepUntil(
      () => transport.hasNews() || blocked.some((to) => transport.hasRoom(to)) || transport.endedCount !== ended,
      Number.POSITIVE_INFINITY,
    );
    states?.runs();
    transport.wantNoRoom(blocked);
  }

  /** The ranks for whose packets there was no room. */
  #blocked(): readonly number[] {
    if (this.#unsentCount === 0) return NOBODY;
    return [...this.#unsent.keys()].filter((to) => this.#unsent[to]?.first !== undefined);
  }

  #tellWaits(states: RankStates, what: Waited): void {
    if (what instanceof Receive) {
      states.waits(this.call, WAITS.receive, what.source, what.tag, what.context);
    } else if (what instanceof Send) {
      const { to, tag, context } = what.message;
      states.waits(this.call, WAITS.send, to, tag, context);
    } else {
      states.waits(this.call, WAITS.several, 0, 0, 0);
    }
  }

  /** Ends the job when all ranks wait and nothing is on its way to any of them. */
  #endDeadlock(states: RankStates): void {
    const { deadlockCheck, size, abort, placesOf } = this.#parts;
    if (!deadlockCheck || !states.isDeadlock() || !states.claimDeadlock()) return;
    abort(DEADLOCK_STATUS, describeDeadlock(states, size, this.#names, placesOf));
  }
}
