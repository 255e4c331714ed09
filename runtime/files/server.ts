// Serves the ring of one host directory client until it closes: takes requests in order, carries them out, completes them.
// Called by disk/worker and tests; blocks its thread. It receives memories by port, since a thread that never
// returns to its event loop gets no messages.

import { Errno } from '../abi/errno.ts';
import { builtin } from '../host/node-builtins.ts';
import { type Doorbell, ring, sleepUntil } from '../shm/doorbell.ts';
import { HostDescriptors } from './disk/descriptors.ts';
import { HostDirectories } from './disk/execute.ts';
import { bareReply, type HostReply } from './protocol.ts';
import { RING, Ring } from './ring.ts';

/** What the server is given. `port` is the other end of the client's. */
export interface ServerSetup {
  readonly ring: SharedArrayBuffer;
  /** What the client's thread sleeps on. */
  readonly doorbell: Doorbell;
  readonly port: import('node:worker_threads').MessagePort;
  /** See host-descriptors. */
  readonly notes?: SharedArrayBuffer;
  /** See ending-gate. */
  readonly gate?: SharedArrayBuffer;
}

/** What the client sends by port: a memory by number, or, without `buffer`, that a number is not used any more. */
export interface MemoryMessage {
  readonly memory: number;
  readonly buffer?: SharedArrayBuffer;
}

/** Looks at the clock once in so many looks at the ring. */
const LOOKS = 64;
const NO_BYTES = new Uint8Array(0);

/** @param onBug is told what should never happen: an exception while a request was carried out */
export function serveHostDirectories(setup: ServerSetup, onBug: (error: unknown) => void): void {
  const requests = new Ring(setup.ring);
  const { words } = requests;
  const directories = new HostDirectories(new HostDescriptors(setup.notes, undefined, setup.gate));
  const memories = new Memories(setup.port);
  let done = Atomics.load(words, RING.COMPLETED);
  for (;;) {
    // Pairs with the store in client.submit.
    while (done !== Atomics.load(words, RING.SUBMITTED)) {
      requests.putReply(done, serve(requests, done, directories, memories, onBug));
      done = (done + 1) | 0;
      // Pairs with the load in client.poll.
      Atomics.store(words, RING.COMPLETED, done);
      ring(setup.doorbell);
    }
    if (Atomics.load(words, RING.CLOSING) !== 0) break;
    if (!spin(words, done)) sleepUntil(requests.doorbell, () => requests.hasNews(done));
  }
  directories.dispose();
}

function serve(
  requests: Ring,
  count: number,
  directories: HostDirectories,
  memories: Memories,
  onBug: (error: unknown) => void,
): HostReply {
  try {
    const memory = requests.memoryOf(count);
    const buffer = memory < 0 ? NO_BYTES : memories.get(memory);
    return directories.execute(requests.takeRequest(count, buffer), requests.payload(count));
  } catch (error) {
    onBug(error);
    return bareReply(-Errno.EIO);
  }
}

/** Looks for news for a bounded time. @returns whether there are any */
function spin(words: Int32Array, done: number): boolean {
  const limitMs = (words[RING.SPIN_US] as number) / 1000;
  if (limitMs <= 0) return false;
  const end = performance.now() + limitMs;
  do {
    for (let i = 0; i < LOOKS; i++) if (Atomics.load(words, RING.SUBMITTED) !== done) return true;
  } while (performance.now() < end);
  return false;
}

/** The client's memories by number. */
class Memories {
  readonly #port: ServerSetup['port'];
  readonly #known = new Map<number, Uint8Array>();

  constructor(port: ServerSetup['port']) {
    this.#port = port;
  }

  /** The client has posted the memory before it submitted the request that names it. */
  get(memory: number): Uint8Array {
    const known = this.#known.get(memory);
    if (known !== undefined) return known;
    this.#receive();
    const received = this.#known.get(memory);
    if (received === undefined) throw new Error(`memory ${memory} was never sent`);
    return received;
  }

  #receive(): void {
    const { receiveMessageOnPort } = builtin('node:worker_threads');
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const { memory, buffer } = received.message as MemoryMessage;
      if (buffer === undefined) this.#known.delete(memory);
      else this.#known.set(memory, new Uint8Array(buffer));
    }
  }
}
