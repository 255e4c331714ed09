// The workers that run guests: one an application core, others for ordinary Linux processes, spares for cores whose guest
// had to be ended by ending its thread. Owned by the booting thread. A worker owns a slot of the control memory for its
// life; the slot is given out again only when the thread is known to be gone.

import { type Control, SLOT, slotBase, slotCounters, slotDescriptors } from '../channel/layout.ts';
import { shutGate } from '../host/ending-gate.ts';
import type { GuestThreadSetup } from '../host/guest-thread-server.ts';
import { closeLeftBy } from '../host/host-descriptors.ts';
import { type HostWorker, host } from '../host/index.ts';
import { FusedError } from './errors.ts';
import type { FromCore, ToCore } from './messages.ts';

/** A worker that can run one guest. */
export interface Core {
  readonly slot: number;
  readonly worker: HostWorker;
  /** Gets the worker's messages while it has a guest. */
  listener: ((message: FromCore) => void) | undefined;
  /** What its guests' thread works with for Linux; made with the first guest that may need it. */
  hostWork: GuestThreadSetup | undefined;
  /** Told of each memory that it was sent, oldest first, whether it was zeroed. */
  readonly scrubs: ((isZero: boolean) => void)[];
}

/** Cores of one kind: at most `limit` at once, each started when first needed unless started ahead. */
export class CorePool {
  readonly #control: Control;
  readonly #slots: SlotAllocator;
  readonly #epochMs: number;
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #onBug: (message: string) => void;
  readonly #idle: Core[] = [];
  readonly #waiting: { give(core: Core): void; fail(error: Error): void }[] = [];
  readonly #live = new Set<Core>();
  readonly #dying = new Set<Promise<void>>();
  #taken = 0;
  #isRef = true;
  /** Why nobody gets a core any more. */
  #closed: Error | undefined;

  constructor(options: {
    control: Control;
    slots: SlotAllocator;
    epochMs: number;
    limit: number;
    queueLimit: number;
    onBug: (message: string) => void;
  }) {
    this.#control = options.control;
    this.#slots = options.slots;
    this.#epochMs = options.epochMs;
    this.#limit = options.limit;
    this.#queueLimit = options.queueLimit;
    this.#onBug = options.onBug;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Cores that have no guest. */
  get freeCount(): number {
    return this.#limit - this.#taken;
  }

  /** Starts workers ahead of need. @returns when they are ready */
  async start(count: number): Promise<void> {
    this.#idle.push(...(await Promise.all(Array.from({ length: count }, () => this.#create()))));
  }

  /**
   * A core for a guest.
   *
   * Errors: EAGAIN when all are taken and the caller does not want to queue, or the queue is full; the pool's
   * reason when it is closed meanwhile; the signal's reason when it aborts meanwhile.
   */
  async take(mayQueue: boolean, signal?: AbortSignal): Promise<Core> {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    if (this.#taken < this.#limit) {
      this.#taken++;
      return this.#idle.pop() ?? this.#create();
    }
    if (!mayQueue) throw new FusedError('EAGAIN', `all ${this.#limit} cores are taken`);
    if (this.#waiting.length >= this.#queueLimit) {
      throw new FusedError(
        'EAGAIN',
        `all ${this.#limit} cores are taken and ${this.#queueLimit} programs wait already`,
      );
    }
    return this.#wait(signal);
  }

  /**
   * Has an idle core zero a memory, one that the next guest does not get.
   *
   * @returns false when there is none
   */
  scrub(memory: WebAssembly.Memory, done: (isZero: boolean) => void): boolean {
    const [core] = this.#idle;
    if (core === undefined || this.#idle.length < 2 || core.scrubs.length > 0) return false;
    core.scrubs.push(done);
    core.worker.post({ type: 'scrub', memory } satisfies ToCore);
    return true;
  }

  /** The core's guest is gone; the next one may have it. */
  giveBack(core: Core): void {
    core.listener = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) return next.give(core);
    this.#taken--;
    this.#idle.push(core);
  }

  /**
   * The core's guest did not leave: ends the thread, and gives another core to whoever waits. The slot stays in quarantine
   * until the thread is gone and Linux has let go of it.
   *
   * @returns when the thread is gone
   */
  async replace(core: Core, linuxLeft: Promise<void>): Promise<void> {
    core.listener = undefined;
    const gone = this.#end(core, linuxLeft);
    const next = this.#waiting.shift();
    if (next !== undefined) {
      const spare = this.#idle.pop() ?? (this.#closed ? undefined : await this.#create());
      if (spare !== undefined) next.give(spare);
    } else {
      this.#taken--;
      // A spare, so that the next guest need not wait for a worker to start.
      if (this.#closed === undefined && this.#idle.length === 0)
        void this.#create().then((spare) => this.#idle.push(spare), this.#report);
    }
    await gone;
  }

  setRef(keepsProgramRunning: boolean): void {
    this.#isRef = keepsProgramRunning;
    for (const { worker } of this.#live) worker.setRef(keepsProgramRunning);
  }

  /**
   * Ends every worker.
   *
   * @param reason is told to whoever waits for a core, or will want one
   * @returns when all threads are gone
   */
  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    for (const { fail } of this.#waiting.splice(0)) fail(reason);
    for (const core of [...this.#live]) this.#end(core, Promise.resolve());
    await Promise.all(this.#dying);
  }

  #wait(signal: AbortSignal | undefined): Promise<Core> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal?.reason);
      };
      const settled = (): void => signal?.removeEventListener('abort', leave);
      const entry = {
        give: (core: Core): void => {
          settled();
          resolve(core);
        },
        fail: (error: Error): void => {
          settled();
          reject(error);
        },
      };
      this.#waiting.push(entry);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #end(core: Core, linuxLeft: Promise<void>): Promise<void> {
    this.#live.delete(core);
    const index = this.#idle.indexOf(core);
    if (index >= 0) this.#idle.splice(index, 1);
    const gone = terminate(core).then(() => {
      this.#dying.delete(gone);
      for (const scrubbed of core.scrubs.splice(0)) scrubbed(false);
    });
    this.#dying.add(gone);
    void Promise.all([gone, linuxLeft]).then(() => {
      if (core.hostWork !== undefined) closeLeftBy(core.hostWork.notes, core.slot);
      this.#slots.giveBack(core.slot);
    });
    return gone;
  }

  async #create(): Promise<Core> {
    const slot = await this.#slots.take();
    const worker = host.createWorker('core');
    const core: Core = { slot, worker, listener: undefined, hostWork: undefined, scrubs: [] };
    this.#live.add(core);
    worker.setRef(this.#isRef);
    const ready = new Promise<void>((resolve, reject) => {
      worker.onError((error) => {
        const message = `core ${slot}: ${error.stack ?? error.message}`;
        reject(new FusedError('EIO', `a core's worker failed: ${error.message}`, { cause: error }));
        // With a guest, it is the guest's loss alone.
        if (core.listener !== undefined) core.listener({ type: 'lost', message });
        else if (this.#live.has(core)) this.#onBug(message);
      });
      worker.onMessage((message) => {
        const fromCore = message as FromCore;
        if (fromCore.type === 'ready') resolve();
        else if (fromCore.type === 'bug') this.#onBug(`core ${slot}: ${fromCore.message}`);
        else if (fromCore.type === 'scrubbed') core.scrubs.shift()?.(true);
        else core.listener?.(fromCore);
      });
    });
    worker.post({ type: 'boot', control: this.#control.buffer, slot, epochMs: this.#epochMs } satisfies ToCore);
    await ready;
    return core;
  }

  readonly #report = (error: unknown): void => {
    if (this.#closed === undefined)
      this.#onBug(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
}

/** Ends a core's thread, not in the middle of opening or closing a file. @returns when it is gone */
async function terminate({ worker, hostWork }: Core): Promise<void> {
  if (hostWork !== undefined) await shutGate(hostWork.gate);
  return worker.terminate();
}

/** The slots of the control memory: lowest free first; whoever finds none waits for one. */
export class SlotAllocator {
  readonly #isTaken: boolean[];
  readonly #waiting: ((slot: number) => void)[] = [];

  constructor(count: number) {
    this.#isTaken = new Array<boolean>(count).fill(false);
  }

  async take(): Promise<number> {
    const slot = this.#isTaken.indexOf(false);
    if (slot < 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken[slot] = true;
    return slot;
  }

  giveBack(slot: number): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(slot);
    else this.#isTaken[slot] = false;
  }
}

/** Makes a slot's words those of a process that has done nothing yet. */
export function clearSlot(control: Control, slot: number): void {
  const { i32 } = control;
  const base = slotBase(slot);
  Atomics.store(i32, base + SLOT.KILL, 0);
  // A guest that was killed may have posted a request after Linux had let go of it: nobody completes that any more.
  Atomics.store(i32, base + SLOT.DONE, Atomics.load(i32, base + SLOT.REQUEST));
  i32[base + SLOT.WORK] = 0;
  const { local, shipped } = slotCounters(control, slot);
  local.fill(0);
  shipped.fill(0);
  slotDescriptors(control, slot).fill(0);
}
