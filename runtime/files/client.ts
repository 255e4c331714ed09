// The two ways to ask host directories: through a ring to the worker that serves them, or at once in this thread (the
// `library` placement). Same interface: requests with a completion callback, taken in order. Used by the file system
// over them (personalities/linux/fs/remote), in one thread, which never waits here.
//
// Data moves in place when the bytes given lie in shared memory; else through a buffer that is. Memory that a request uses
// must not be given to anybody else before the request is complete, also when the guest that asked has died: `busyFor`.

import { Errno } from '../abi/errno.ts';
import { ring } from '../shm/doorbell.ts';
import { HostDirectories } from './disk/execute.ts';
import {
  bareReply,
  type HostReply,
  type HostRequest,
  NAME_LIMIT,
  OTHER_LIMIT,
  PAYLOAD,
  TRANSFER_MAX,
} from './protocol.ts';
import { createRing, RING, Ring, SLOTS } from './ring.ts';
import type { MemoryMessage } from './server.ts';

/** A request under way. `reply` is there once `poll` has taken it. */
export interface HostTicket {
  readonly reply: HostReply | undefined;
}

export type Completed = (reply: HostReply) => void;

export interface HostClient {
  /**
   * Sends a request. Never waits.
   *
   * @param owner whose memory the request uses (see `busyFor`); any object, the same for the same guest thread
   * @param completed is called by `poll`, or before this returns when the request was carried out at once
   */
  submit(request: HostRequest, owner?: object, completed?: Completed): HostTicket;
  /** Takes what was completed. @returns how many */
  poll(): number;
  /** Requests of an owner that are not complete: its memory is in use. */
  busyFor(owner: object): number;
  /** Requests that are not complete. */
  readonly pending: number;
  /** No more requests will come; what was submitted is still carried out. */
  close(): void;
}

/** Where the client posts memories to: one end of a MessageChannel. */
export interface MemoryPort {
  postMessage(message: MemoryMessage): void;
}

/** Memories that the server knows at most; more than guests run at a time. */
const MEMORIES = 64;
/** Buffers for bytes that are not shared, kept for the next request. */
const KEPT_BUFFERS = 2;
const DEFAULT_SPIN_US = 20;

interface Pending {
  readonly request: HostRequest;
  readonly owner: object | undefined;
  readonly completed: Completed | undefined;
  /** The memory that the server was told. */
  shared: SharedArrayBuffer | undefined;
  /** Shared bytes in place of the request's own, which are not shared. */
  bounce: SharedArrayBuffer | undefined;
  reply: HostReply | undefined;
}

/** Asks the worker at the other end of a ring. */
export class RingHostClient implements HostClient {
  readonly ring: SharedArrayBuffer;
  readonly #ring: Ring;
  readonly #memories: SharedMemories;
  /** In the ring, oldest first. */
  readonly #submitted: Pending[] = [];
  /** Waiting for room in the ring. */
  readonly #waiting: Pending[] = [];
  readonly #busy = new Map<object, number>();
  readonly #bounces: SharedArrayBuffer[] = [];
  #next = 0;
  #taken = 0;
  #isClosed = false;

  /** @param ring made by `createRing`; the server gets the same */
  constructor(port: MemoryPort, ring: SharedArrayBuffer = createRing()) {
    this.ring = ring;
    this.#ring = new Ring(ring);
    this.#memories = new SharedMemories(port);
    this.#ring.words[RING.SPIN_US] = DEFAULT_SPIN_US;
  }

  get pending(): number {
    return this.#submitted.length + this.#waiting.length;
  }

  /** How long the server looks for the next request before it sleeps; 0 on a machine without a processor to spare. */
  setSpin(microseconds: number): void {
    this.#ring.words[RING.SPIN_US] = microseconds;
  }

  submit(request: HostRequest, owner?: object, completed?: Completed): HostTicket {
    const pending = makePending(request, owner, completed);
    const problem = this.#isClosed ? Errno.EIO : problemOf(request);
    if (problem !== 0) {
      finish(pending, bareReply(-problem));
      return pending;
    }
    if (owner !== undefined) this.#busy.set(owner, this.busyFor(owner) + 1);
    this.#waiting.push(pending);
    this.#send();
    return pending;
  }

  poll(): number {
    const { words } = this.#ring;
    const before = this.#taken;
    // Pairs with the store in the server.
    const completed = Atomics.load(words, RING.COMPLETED);
    while (this.#taken !== completed) {
      const reply = this.#ring.takeReply(this.#taken);
      this.#taken = (this.#taken + 1) | 0;
      this.#complete(this.#submitted.shift(), reply);
    }
    const count = (this.#taken - before) | 0;
    if (this.#waiting.length > 0) this.#send();
    if (this.pending > 0 && Atomics.load(words, RING.DEAD) !== 0) return count + this.#abandon();
    return count;
  }

  busyFor(owner: object): number {
    return this.#busy.get(owner) ?? 0;
  }

  close(): void {
    this.#isClosed = true;
    closeRing(this.ring);
  }

  #send(): void {
    const { words } = this.#ring;
    let sent = 0;
    while (this.#waiting.length > 0 && this.#submitted.length < SLOTS) {
      const pending = this.#waiting.shift() as Pending;
      this.#put(pending);
      this.#submitted.push(pending);
      this.#next = (this.#next + 1) | 0;
      sent++;
    }
    if (sent === 0) return;
    // Pairs with the loads in the server.
    Atomics.store(words, RING.SUBMITTED, this.#next);
    ring(this.#ring.doorbell);
  }

  #put(pending: Pending): void {
    const { request } = pending;
    if (!('buffer' in request)) {
      this.#ring.putRequest(this.#next, request, -1, 0);
      return;
    }
    const { buffer, start, length } = request;
    let shared = buffer.buffer;
    let at = buffer.byteOffset + start;
    if (!(shared instanceof SharedArrayBuffer)) {
      const bounce = this.#bounces.pop() ?? new SharedArrayBuffer(TRANSFER_MAX);
      if (request.op !== 'read') new Uint8Array(bounce).set(buffer.subarray(start, start + length));
      pending.bounce = bounce;
      shared = bounce;
      at = 0;
    }
    pending.shared = shared;
    this.#ring.putRequest(this.#next, request, this.#memories.use(shared), at);
  }

  #complete(pending: Pending | undefined, reply: HostReply): void {
    if (pending === undefined) return;
    const { request, owner, bounce, shared } = pending;
    if (shared !== undefined) this.#memories.release(shared);
    if (bounce !== undefined && 'buffer' in request) {
      const { op, buffer, start } = request;
      if (op === 'read' && reply.result > 0) buffer.set(new Uint8Array(bounce, 0, reply.result), start);
      if (this.#bounces.length < KEPT_BUFFERS) this.#bounces.push(bounce);
    }
    if (owner !== undefined) this.#release(owner);
    finish(pending, reply);
  }

  #release(owner: object): void {
    const busy = this.busyFor(owner) - 1;
    if (busy > 0) this.#busy.set(owner, busy);
    else this.#busy.delete(owner);
  }

  /** The server's thread is gone: nothing uses the memories any more, and nothing will be answered. */
  #abandon(): number {
    const lost = [...this.#submitted.splice(0), ...this.#waiting.splice(0)];
    this.#taken = this.#next;
    this.#isClosed = true;
    for (const pending of lost) {
      this.#complete(pending, bareReply(-Errno.EIO));
    }
    return lost.length;
  }
}

/** Carries requests out at once, in this thread: on directories of the host, or whatever else serves them. */
export class LocalHostClient implements HostClient {
  readonly #directories: Pick<HostDirectories, 'execute' | 'dispose'>;
  readonly #payload = new Uint8Array(PAYLOAD);
  readonly pending = 0;

  constructor(directories: Pick<HostDirectories, 'execute' | 'dispose'> = new HostDirectories()) {
    this.#directories = directories;
  }

  submit(request: HostRequest, _owner?: object, completed?: Completed): HostTicket {
    const pending = makePending(request, undefined, completed);
    const problem = problemOf(request);
    const reply = problem !== 0 ? bareReply(-problem) : this.#directories.execute(request, this.#payload);
    // The next request uses the payload again.
    if (reply.bytes !== undefined) reply.bytes = reply.bytes.slice();
    finish(pending, reply);
    return pending;
  }

  poll(): number {
    return 0;
  }
  busyFor(_owner: object): number {
    return 0;
  }
  close(): void {
    this.#directories.dispose();
  }
}

/** Ends the server of a ring, from any thread, after the requests that it has. */
export function closeRing(buffer: SharedArrayBuffer): void {
  const { words, doorbell } = new Ring(buffer);
  Atomics.store(words, RING.CLOSING, 1);
  ring(doorbell);
}

/** Told by whoever made the server's thread that it is gone: the client then fails what is pending. */
export function markRingDead(ring: SharedArrayBuffer): void {
  Atomics.store(new Ring(ring).words, RING.DEAD, 1);
}

function problemOf(request: HostRequest): number {
  if ('name' in request && request.name.length > NAME_LIMIT) return Errno.ENAMETOOLONG;
  if ('other' in request && request.other.length > OTHER_LIMIT) return Errno.ENAMETOOLONG;
  return 'buffer' in request && request.length > TRANSFER_MAX ? Errno.EINVAL : 0;
}

function makePending(request: HostRequest, owner: object | undefined, completed: Completed | undefined): Pending {
  return { request, owner, completed, shared: undefined, bounce: undefined, reply: undefined };
}

function finish(pending: Pending, reply: HostReply): void {
  pending.reply = reply;
  pending.completed?.(reply);
}

interface KnownMemory {
  readonly memory: number;
  /** Requests under way that name it. */
  uses: number;
}

/** The numbers under which the server knows memories. A memory that has grown is another buffer, with a number of its own. */
class SharedMemories {
  readonly #port: MemoryPort;
  /** The longest unused first. */
  readonly #known = new Map<SharedArrayBuffer, KnownMemory>();
  #next = 0;

  constructor(port: MemoryPort) {
    this.#port = port;
  }

  /** The number for one request; `release` must follow. */
  use(buffer: SharedArrayBuffer): number {
    const known = this.#known.get(buffer) ?? this.#send(buffer);
    known.uses++;
    return known.memory;
  }

  release(buffer: SharedArrayBuffer): void {
    const known = this.#known.get(buffer);
    if (known !== undefined) known.uses--;
  }

  #send(buffer: SharedArrayBuffer): KnownMemory {
    if (this.#known.size >= MEMORIES) this.#dropUnused();
    const known = { memory: this.#next++, uses: 0 };
    this.#known.set(buffer, known);
    this.#port.postMessage({ memory: known.memory, buffer });
    return known;
  }

  /** The server need not keep them mapped: those of guests that are gone are among them. */
  #dropUnused(): void {
    for (const [buffer, { memory, uses }] of this.#known) {
      if (uses > 0) continue;
      this.#known.delete(buffer);
      this.#port.postMessage({ memory });
    }
  }
}
