// Serves the ring of a host directory client in a thread that must not block, such as its embedder's: between requests it
// waits for the ring in its event loop, and after so many it lets others run. The counterpart of server.ts,
// which has a thread to itself. Used by machine/mounts/volumes; one object a ring.
//
// The client's memories come by message, which may arrive after the request that names them: the request then waits.

import { Errno } from '../abi/errno.ts';
import { host } from '../host/index.ts';
import { type Doorbell, ring as ringBell, sleepUntilTold } from '../shm/doorbell.ts';
import { closeRing, markRingDead } from './client.ts';
import { bareReply, type HostReply, type HostRequest } from './protocol.ts';
import { RING, Ring } from './ring.ts';
import type { MemoryMessage } from './server.ts';

/** Carries out a request; its answer's bytes go to the payload. */
export type Execute = (request: HostRequest, payload: Uint8Array) => HostReply | Promise<HostReply>;

/** Requests that are served before others in this thread have their turn. */
const BATCH = 64;
const NO_BYTES = new Uint8Array(0);

export class RingTurns {
  readonly #buffer: SharedArrayBuffer;
  readonly #ring: Ring;
  readonly #doorbell: Doorbell;
  readonly #execute: Execute;
  readonly #memories = new Map<number, Uint8Array>();
  #memoryArrived: (() => void) | undefined;
  #isStopped = false;

  constructor(ring: SharedArrayBuffer, doorbell: Doorbell, execute: Execute) {
    this.#buffer = ring;
    this.#ring = new Ring(ring);
    this.#doorbell = doorbell;
    this.#execute = execute;
  }

  /** A memory of the client's has come, or is used no more. */
  takeMemory({ memory, buffer }: MemoryMessage): void {
    if (buffer === undefined) this.#memories.delete(memory);
    else this.#memories.set(memory, new Uint8Array(buffer));
    this.#memoryArrived?.();
  }

  /** No request is carried out after this; those that wait are never answered. */
  stop(): void {
    this.#isStopped = true;
    this.#memories.clear();
    markRingDead(this.#buffer);
    closeRing(this.#buffer);
    ringBell(this.#doorbell);
    this.#memoryArrived?.();
  }

  /** Serves until the client closes or `stop`. Errors: what `execute` throws: a bug of ours. */
  async serve(): Promise<void> {
    const { words } = this.#ring;
    let done = Atomics.load(words, RING.COMPLETED);
    for (let served = 0; !this.#isStopped; ) {
      // Pairs with the store in client.submit.
      if (done !== Atomics.load(words, RING.SUBMITTED)) {
        const buffer = await this.#bufferOf(done);
        if (buffer === undefined) return;
        await this.#answer(done, buffer);
        done = (done + 1) | 0;
        if (++served % BATCH === 0) await host.turn();
        continue;
      }
      if (Atomics.load(words, RING.CLOSING) !== 0) return;
      await sleepUntilTold(this.#ring.doorbell, () => this.#ring.hasNews(done));
    }
  }

  async #answer(count: number, buffer: Uint8Array): Promise<void> {
    const { words } = this.#ring;
    let reply = bareReply(-Errno.EIO);
    try {
      const answer = this.#execute(this.#ring.takeRequest(count, buffer), this.#ring.payload(count));
      reply = answer instanceof Promise ? await answer : answer;
    } finally {
      this.#ring.putReply(count, reply);
      // Pairs with the load in client.poll.
      Atomics.store(words, RING.COMPLETED, (count + 1) | 0);
      ringBell(this.#doorbell);
    }
  }

  /** The memory that a request names, once it is here; undefined when the ring was stopped meanwhile. */
  async #bufferOf(count: number): Promise<Uint8Array | undefined> {
    const memory = this.#ring.memoryOf(count);
    if (memory < 0) return NO_BYTES;
    for (;;) {
      if (this.#isStopped) return undefined;
      const known = this.#memories.get(memory);
      if (known !== undefined) return known;
      await new Promise<void>((resolve) => {
        this.#memoryArrived = resolve;
      });
      this.#memoryArrived = undefined;
    }
  }
}
