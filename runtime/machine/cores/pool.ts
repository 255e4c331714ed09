// The workers that run guests: one an application core, others for ordinary Linux processes, spares for cores whose guest
// had to be ended by ending its thread. Owned by the booting thread. A worker owns a slot of the control memory for its
// life; the slot is given out again only when the thread is known to be gone.

import { type Control, SLOT, slotBase, slotCounters } from '../../channel/layout.ts';
import { clearRunning } from '../../channel/run-clock.ts';
import { closeLeftBy } from '../../files/disk/descriptors.ts';
import { shutGate } from '../../files/guest-thread/ending-gate.ts';
import type { GuestThreadSetup } from '../../files/guest-thread/server.ts';
import { type HostWorker, host } from '../../host/index.ts';
import { WorkerStartError } from '../../host/worker-start.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { clearThread } from '../../process/thread-cores.ts';
import { describeError, FusedError, notStarted } from '../errors.ts';
import type { FromCore, ToCore } from '../messages.ts';
import { type Deferred, deferred } from '../values/deferred.ts';
import { startTimer } from '../values/timer.ts';

/** A worker that can run one guest. */
export interface Core {
  readonly slot: number;
  readonly worker: HostWorker;
  /** Gets the worker's messages while it has a guest. */
  listener: ((message: FromCore) => void) | undefined;
  /** What its guests' thread works with for Linux; made with the first guest that may need it. */
  hostWork: GuestThreadSetup | undefined;
  /** Its guest is a loaded program, which stays until it is closed. */
  isHeld: boolean;
  /** Its guest has ended, and is about to be gone. */
  isLeaving: boolean;
  /** Told of each memory that it was sent, oldest first, whether it was zeroed. */
  readonly scrubs: ((isZero: boolean) => void)[];
}

/** After so long, whoever waits for a core that nobody will give back is told so. */
const PATIENCE_MS = 1000;

/** All of a process. */
export type Cores = readonly [first: Core, ...others: Core[]];

/** Who waits for cores. */
interface Taker {
  readonly count: number;
  give(cores: Cores): void;
  fail(error: Error): void;
}

export interface CorePoolParts {
  readonly control: Control;
  readonly slots: SlotAllocator;
  readonly epochMs: number;
  readonly limit: number;
  /** Programs that may wait. */
  readonly queueLimit: number;
  /** The folder of the workers, if not the usual one. */
  readonly workers: URL | undefined;
  readonly onBug: (message: string) => void;
}

/**
 * Cores of one kind: at most `limit` at once, each started when first needed unless started ahead. A process takes all that it will
 * have at once, at its start: so nobody who has cores waits for more, and no two wait for each other. Whoever waits stands in one
 * line, whether for a core that another guest has or for a worker that starts, and is not overtaken by one who wants fewer;
 * cores are given away in `#supply` alone.
 */
export class CorePool {
  readonly #parts: CorePoolParts;
  readonly #idle: Core[] = [];
  /** Who came first is first. */
  readonly #line: Taker[] = [];
  readonly #live = new Set<Core>();
  /** Cores whose worker has not said that it is ready, and what ends the wait for it. */
  readonly #starting = new Map<Core, (error: Error) => void>();
  readonly #dying = new Set<Promise<void>>();
  /** Cores that are given away. */
  #taken = 0;
  /** Cores that are on their way for those who wait. */
  #coming = 0;
  #isRef = true;
  #hasToldHeld = false;
  /** Why nobody gets a core any more. */
  #closed: Error | undefined;

  constructor(parts: CorePoolParts) {
    this.#parts = parts;
  }

  get #limit(): number {
    return this.#parts.limit;
  }

  /** Cores that have no guest, and are nobody's whose worker still starts. */
  get freeCount(): number {
    const wanted = this.#line.reduce((sum, { count }) => sum + count, 0);
    return Math.max(0, this.#limit - this.#taken - wanted);
  }

  /** Those, and the ones whose guests have ended and are about to be gone. */
  get soonFreeCount(): number {
    return this.freeCount + [...this.#live].filter(({ isLeaving }) => isLeaving).length;
  }

  /**
   * Starts workers ahead of need.
   *
   * @returns when they are ready
   *
   * Errors: EIO, a worker does not start; the pool's reason when it is closed meanwhile.
   */
  async start(count: number): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async () => {
        this.#idle.push(await this.#create());
        this.#supply();
      }),
    );
  }

  /**
   * Cores for a process, all or none.
   *
   * @param count 1 or more
   *
   * Errors: EAGAIN when there are not so many, or not so many free and the caller does not want to queue, or the queue is full;
   * EIO, no worker starts; the pool's reason when it is closed meanwhile; the signal's reason when it aborts meanwhile.
   */
  async take(count: number, mayQueue: boolean, signal?: AbortSignal): Promise<Cores> {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    if (this.#limit === 0) throw new FusedError('EAGAIN', 'this machine was booted without cores of this kind');
    if (count > this.#limit) {
      throw new FusedError('EAGAIN', `the program wants ${count} cores, the machine has ${this.#limit}`);
    }
    if (count <= this.freeCount) {
      const taken = this.#wait(count, signal);
      this.#supply();
      return taken;
    }
    const free = this.freeCount;
    const full = free === 0 ? `all ${this.#limit} cores are taken` : `${free} cores are free, ${count} wanted`;
    if (!mayQueue) throw new FusedError('EAGAIN', full);
    if (this.#line.length - this.#served.length >= this.#parts.queueLimit) {
      throw new FusedError('EAGAIN', `${full} and ${this.#parts.queueLimit} programs wait already`);
    }
    const stop = startTimer(PATIENCE_MS, () => this.#tellHeld());
    return this.#wait(count, signal).finally(stop);
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
    core.isHeld = false;
    core.isLeaving = false;
    this.#taken--;
    if (this.#live.has(core)) this.#idle.push(core);
    this.#supply();
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
    this.#taken--;
    this.#supply();
    // A spare, so that the next guest need not wait for a worker to start.
    if (this.#idle.length + this.#coming === 0) this.#startOne();
    await gone;
  }

  setRef(keepsProgramRunning: boolean): void {
    this.#isRef = keepsProgramRunning;
    for (const { worker } of this.#live) worker.setRef(keepsProgramRunning);
  }

  /**
   * Ends every worker, those that start included.
   *
   * @param reason is told to whoever waits for a core, or will want one
   * @returns when all threads are gone
   */
  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    this.#failWaiting(reason);
    // Other pools of the machine have their slots from there too; they close together.
    this.#parts.slots.close(reason);
    for (const core of [...this.#live]) this.#end(core, Promise.resolve());
    await Promise.all(this.#dying);
  }

  /** Nobody ends what holds all cores but the user, who may not know that he waits for himself. */
  #tellHeld(): void {
    const held = [...this.#live].filter(({ isHeld }) => isHeld).length;
    if (this.#hasToldHeld || held < this.#limit) return;
    this.#hasToldHeld = true;
    const cores = this.#limit === 1 ? 'the only core is' : `all ${this.#limit} cores are`;
    console.error(
      `fusedos: a program waits, but ${cores} held by loaded programs until those are closed: ` +
        'boot with more appCores, or run with queue: false to have EAGAIN instead',
    );
  }

  /** The first of the line, as far as there may be cores for all of them; they wait for workers at most. */
  get #served(): readonly Taker[] {
    let free = this.#limit - this.#taken;
    const next = this.#line.findIndex(({ count }) => {
      free -= count;
      return free < 0;
    });
    return next < 0 ? this.#line : this.#line.slice(0, next);
  }

  /** Gives idle cores to those who may have theirs, in turn, and starts workers for the rest of them. */
  #supply(): void {
    let wanted = 0;
    for (const taker of [...this.#served]) {
      const { count } = taker;
      wanted += count;
      const first = this.#idle.length < wanted ? undefined : this.#idle.pop();
      if (first === undefined) continue;
      wanted -= count;
      this.#taken += count;
      this.#line.shift();
      taker.give([first, ...this.#idle.splice(this.#idle.length - count + 1)]);
    }
    wanted -= this.#idle.length;
    while (this.#coming < wanted && this.#closed === undefined) this.#startOne();
  }

  #startOne(): void {
    if (this.#closed !== undefined) return;
    this.#coming++;
    this.#create().then(
      (core) => {
        this.#coming--;
        this.#idle.push(core);
        this.#supply();
      },
      (error: Error) => {
        this.#coming--;
        // The machine stops (see #create). Whoever waits hears of it now: there may be nobody else to tell.
        this.#failWaiting(error);
      },
    );
  }

  #failWaiting(error: Error): void {
    for (const { fail } of this.#line.splice(0)) fail(error);
  }

  #wait(count: number, signal: AbortSignal | undefined): Promise<Cores> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(taker), 1);
        reject(signal?.reason);
        // Whoever stood behind may be content with fewer.
        this.#supply();
      };
      const settled = (): void => signal?.removeEventListener('abort', leave);
      const taker: Taker = {
        count,
        give: (cores) => {
          settled();
          resolve(cores);
        },
        fail: (error) => {
          settled();
          reject(error);
        },
      };
      this.#line.push(taker);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #end(core: Core, linuxLeft: Promise<void>): Promise<void> {
    this.#live.delete(core);
    this.#starting.get(core)?.(this.#closed ?? new FusedError('EIO', 'a core’s worker was ended before it began'));
    const index = this.#idle.indexOf(core);
    if (index >= 0) this.#idle.splice(index, 1);
    const gone = terminate(core).then(() => {
      this.#dying.delete(gone);
      for (const scrubbed of core.scrubs.splice(0)) scrubbed(false);
    });
    this.#dying.add(gone);
    void Promise.all([gone, linuxLeft]).then(() => {
      if (core.hostWork !== undefined) closeLeftBy(core.hostWork.notes, core.slot);
      this.#parts.slots.giveBack(core.slot);
    });
    return gone;
  }

  #createWorker(slot: number): HostWorker {
    try {
      return host.createWorker('core', this.#parts.workers);
    } catch (error) {
      this.#parts.slots.giveBack(slot);
      if (error instanceof WorkerStartError) throw notStarted(error);
      throw new FusedError('EIO', `the host gives no worker: ${describeError(error)}`, { cause: error });
    }
  }

  /**
   * Errors: EIO, the worker fails as it starts, which stops the machine; the code of a WorkerStartError, its file is not to be had;
   * the pool's reason when it is closed meanwhile.
   */
  async #create(): Promise<Core> {
    const slot = await this.#parts.slots.take();
    if (this.#closed !== undefined) throw this.#closed;
    const worker = this.#createWorker(slot);
    const core: Core = {
      slot,
      worker,
      listener: undefined,
      hostWork: undefined,
      isHeld: false,
      isLeaving: false,
      scrubs: [],
    };
    this.#live.add(core);
    worker.setRef(this.#isRef);
    const ready = new Promise<void>((resolve, reject) => {
      this.#starting.set(core, reject);
      worker.onError((error) => {
        if (error instanceof WorkerStartError) {
          reject(notStarted(error));
          return void this.#end(core, Promise.resolve());
        }
        const message = `core ${slot}: ${error.stack ?? error.message}`;
        reject(new FusedError('EIO', `a core's worker failed: ${error.message}`, { cause: error }));
        // With a guest, it is the guest's loss alone.
        if (core.listener !== undefined) core.listener({ type: 'lost', message });
        else if (this.#live.has(core)) this.#parts.onBug(message);
      });
      worker.onMessage((message) => {
        const fromCore = message as FromCore;
        if (fromCore.type === 'ready') resolve();
        else if (fromCore.type === 'bug') this.#parts.onBug(`core ${slot}: ${fromCore.message}`);
        else if (fromCore.type === 'scrubbed') core.scrubs.shift()?.(true);
        else core.listener?.(fromCore);
      });
    });
    worker.post({
      type: 'boot',
      control: this.#parts.control.buffer,
      slot,
      epochMs: this.#parts.epochMs,
    } satisfies ToCore);
    try {
      await ready;
    } finally {
      this.#starting.delete(core);
    }
    return core;
  }
}

/** Ends a core's thread, not in the middle of opening or closing a file. @returns when it is gone */
async function terminate({ worker, hostWork }: Core): Promise<void> {
  if (hostWork !== undefined) await shutGate(hostWork.gate);
  return worker.terminate();
}

/** The slots of the control memory: lowest free first; whoever finds none waits for one, until the machine closes. */
export class SlotAllocator {
  readonly #isTaken: boolean[];
  readonly #waiting: Deferred<number>[] = [];
  #closed: Error | undefined;

  constructor(count: number) {
    this.#isTaken = new Array<boolean>(count).fill(false);
  }

  /** Errors: the reason of `close`. */
  async take(): Promise<number> {
    if (this.#closed !== undefined) throw this.#closed;
    const slot = this.#isTaken.indexOf(false);
    if (slot < 0) {
      const waiting = deferred<number>();
      this.#waiting.push(waiting);
      return waiting.promise;
    }
    this.#isTaken[slot] = true;
    return slot;
  }

  giveBack(slot: number): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(slot);
    else this.#isTaken[slot] = false;
  }

  /** Nobody gets a slot any more. @param reason is told to whoever waits for one, or will want one */
  close(reason: Error): void {
    this.#closed = reason;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
  }
}

/** Makes a slot's words those of a core of a process on which nothing has run. @param tid of the thread that begins there; 0: none yet */
export function clearSlot(control: Control, slot: number, block: ProcessBlock, tid: number): void {
  const { i32 } = control;
  const base = slotBase(slot);
  // A guest that was killed may have posted a request after Linux had let go of it: nobody completes that any more.
  Atomics.store(i32, base + SLOT.DONE, Atomics.load(i32, base + SLOT.REQUEST));
  i32[base + SLOT.WORK] = 0;
  clearRunning(control, slot);
  clearThread(control, slot, tid);
  const { local, shipped } = slotCounters(control, slot);
  local.fill(0);
  shipped.fill(0);
  block.join(slot);
}
