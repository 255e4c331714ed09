// Has the thread of the guest that asks carry out its requests on host directories: that thread waits for the answer anyway,
// so a slow disk holds up nobody else, and the disk's answer costs no third thread's turn. What has no guest (the machine's
// own requests, files of ended processes, listings, which one thread must begin and end) goes to the host directory worker.
//
// Linux's thread alone. The other end: guest-thread-server. Shared words: GUEST_RING; Linux puts a request in IDLE, the
// guest's thread answers it in REQUESTED, and when both end it at the same time, the state says whose an opened file is.

import { Errno } from '../../abi/errno.ts';
import type { Completed, HostClient, HostTicket } from '../client.ts';
import { HostDescriptors } from '../disk/descriptors.ts';
import {
  bareReply,
  type HostOp,
  type HostReply,
  type HostRequest,
  NAME_LIMIT,
  type OpenMount,
  OTHER_LIMIT,
  openedBy,
  TRANSFER_MAX,
} from '../protocol.ts';
import { CLOSES_MAX, GUEST_RING, GUEST_STATE, Ring } from '../ring.ts';

/** Requests that only the host directory worker carries out. */
const OF_WORKER: ReadonlySet<HostOp> = new Set(['mount', 'unmount', 'place', 'list', 'entries', 'close']);

/** A descriptor is closed whatever its mount was. */
const NO_MOUNT = -1;

interface Pending {
  readonly request: HostRequest;
  readonly completed: Completed | undefined;
  reply: HostReply | undefined;
}

/** A guest's thread that works for Linux. */
interface GuestThread {
  readonly ring: Ring;
  /** Whether bytes are the guest's memory, as its own thread sees it. */
  readonly isItsMemory: (bytes: Uint8Array) => boolean;
  pending: Pending | undefined;
  isAnnounced: boolean;
  /** The mount that the ring tells of: it stays there, a line less to cross for each request. */
  mountPut: number;
}

export class GuestThreadClient implements HostClient {
  readonly #worker: HostClient;
  readonly #descriptors: HostDescriptors;
  readonly #threads = new Map<object, GuestThread>();
  readonly #mounts = new Map<number, OpenMount>();
  /** Files to close that the running call has left. */
  readonly #closes: { readonly op: 'close'; readonly mount: number; readonly file: number }[] = [];
  #calledBack = 0;
  #unmounts = 0;

  /** @param notes see host-descriptors */
  constructor(worker: HostClient, notes: SharedArrayBuffer) {
    this.#worker = worker;
    this.#descriptors = new HostDescriptors(notes);
  }

  /** The guest thread that `owner` stands for works for Linux from now on. */
  attach(owner: object, ring: SharedArrayBuffer, isItsMemory: (bytes: Uint8Array) => boolean): void {
    const shared = new Ring(ring);
    Atomics.store(shared.words, GUEST_RING.STATE, GUEST_STATE.IDLE);
    Atomics.store(shared.words, GUEST_RING.CLOSE_COUNT, 0);
    this.#threads.set(owner, { ring: shared, isItsMemory, pending: undefined, isAnnounced: false, mountPut: NO_MOUNT });
  }

  /** The guest is gone, or about to leave: what it was to do is not done, or done by the worker. */
  detach(owner: object): void {
    this.flush();
    const thread = this.#threads.get(owner);
    if (thread === undefined) return;
    this.#threads.delete(owner);
    this.#take(thread, GUEST_STATE.ABANDONED);
    const { words } = thread.ring;
    const count = Atomics.exchange(words, GUEST_RING.CLOSE_COUNT, 0);
    for (let i = 0; i < count; i++) {
      this.#worker.submit({ op: 'close', mount: NO_MOUNT, file: words[GUEST_RING.CLOSES + i] as number });
    }
  }

  get pending(): number {
    return this.#worker.pending + this.#calledBack + this.#closes.length;
  }

  submit(request: HostRequest, owner?: object, completed?: Completed): HostTicket {
    const isLeft = request.op === 'close' && owner === undefined && completed === undefined;
    if (isLeft && this.#mounts.has(request.mount)) {
      this.#closes.push({ op: 'close', mount: request.mount, file: request.file });
      return { reply: undefined };
    }
    const thread = owner === undefined ? undefined : this.#threads.get(owner);
    if (thread !== undefined && this.#mayPut(thread, request)) return this.#put(thread, request, completed);
    if (request.op === 'unmount' && this.#mounts.delete(request.mount)) this.#unmounts++;
    if (request.op !== 'mount') return this.#worker.submit(request, owner, completed);
    const isReadOnly = request.access !== 0;
    return this.#worker.submit(request, owner, (reply) => {
      const [isRaceFree, rootHandle = -1] = new Int32Array(new Uint8Array(reply.bytes ?? []).buffer);
      const { attributes } = reply;
      if (isRaceFree === 1 && attributes !== undefined) {
        const { dev, ino } = attributes;
        this.#mounts.set(reply.result, { rootHandle, dev, ino, isReadOnly });
      }
      completed?.(reply);
    });
  }

  poll(): number {
    this.flush();
    return this.#worker.poll();
  }

  /** The guest's own thread lets go of its memory when it leaves: only the worker's use counts. */
  busyFor(owner: object): number {
    return this.#worker.busyFor(owner);
  }

  close(): void {
    this.flush();
    this.#worker.close();
  }

  // For the channel: see ClientWork.

  begin(): void {
    if (this.#closes.length > 0) this.flush();
  }

  announce(owner: object): boolean {
    const thread = this.#threads.get(owner);
    if (thread?.pending === undefined || thread.isAnnounced) return false;
    thread.isAnnounced = true;
    return true;
  }

  announceLast(owner: object): boolean {
    const count = this.#closes.length;
    if (count === 0 || count > CLOSES_MAX) return false;
    const thread = this.#threads.get(owner);
    if (thread === undefined) return false;
    const { words } = thread.ring;
    for (let i = 0; i < count; i++) words[GUEST_RING.CLOSES + i] = this.#closes[i]?.file as number;
    this.#closes.length = 0;
    // Pairs with the exchange in the guest's thread.
    Atomics.store(words, GUEST_RING.CLOSE_COUNT, count);
    return true;
  }

  /** Takes the answer of a guest's thread, which has done what was announced or failed at it. */
  answered(owner: object): void {
    const thread = this.#threads.get(owner);
    if (thread !== undefined) this.#take(thread, GUEST_STATE.IDLE);
  }

  /** Closes by the worker what no guest closes. */
  flush(): void {
    for (const request of this.#closes) this.#worker.submit(request);
    this.#closes.length = 0;
  }

  #mayPut(thread: GuestThread, request: HostRequest): boolean {
    if (thread.pending !== undefined || !this.#mounts.has(request.mount)) return false;
    if ('buffer' in request) return thread.isItsMemory(request.buffer) && request.length <= TRANSFER_MAX;
    if (OF_WORKER.has(request.op)) return false;
    if ('directory' in request && request.directory.from !== 0) return false;
    if ('toDirectory' in request && request.toDirectory.from !== 0) return false;
    if ('name' in request && request.name.length > NAME_LIMIT) return false;
    return !('other' in request) || request.other.length <= OTHER_LIMIT;
  }

  #put(thread: GuestThread, request: HostRequest, completed: Completed | undefined): HostTicket {
    const pending: Pending = { request, completed, reply: undefined };
    const { words } = thread.ring;
    if (request.op === 'read' || request.op === 'write') {
      thread.ring.putTransfer(0, request);
    } else {
      thread.ring.putRequest(0, request, -1, 'buffer' in request ? request.start : 0);
      if (thread.mountPut !== request.mount) thread.ring.putMount(this.#mounts.get(request.mount) as OpenMount);
      thread.mountPut = request.mount;
    }
    words[GUEST_RING.UNMOUNTS] = this.#unmounts;
    // Pairs with the load in the guest's thread.
    Atomics.store(words, GUEST_RING.STATE, GUEST_STATE.REQUESTED);
    thread.pending = pending;
    thread.isAnnounced = false;
    this.#calledBack++;
    return pending;
  }

  /** Ends the request of a guest's thread: with its answer if it has put one, else as interrupted. */
  #take(thread: GuestThread, next: number): void {
    const { pending, ring } = thread;
    if (pending === undefined) return;
    thread.pending = undefined;
    this.#calledBack--;
    // Pairs with the exchange in the guest's thread: exactly one of the two has the answer.
    const state = Atomics.compareExchange(ring.words, GUEST_RING.STATE, GUEST_STATE.REQUESTED, GUEST_STATE.ABANDONED);
    const reply = state === GUEST_STATE.ANSWERED ? ring.takeReply(0) : bareReply(-Errno.EINTR);
    if (state === GUEST_STATE.ANSWERED) Atomics.store(ring.words, GUEST_RING.STATE, next);
    const opened = openedBy(pending.request, reply);
    if (opened >= 0) this.#descriptors.adopt(opened);
    pending.reply = reply;
    pending.completed?.(reply);
  }
}
