// Serves the ring of one host directory client until it closes: takes requests in order, carries them out, completes them.
// Called by host-directory-worker and tests; blocks its thread. It receives memories by port, since a thread that never
// returns to its event loop gets no messages.

import { Errno } from '../abi/errno.ts';
import { builtin } from '../host/node-builtins.ts';
import { HostDescriptors } from './disk/descriptors.ts';
import { HostDirectories } from './disk/execute.ts';
import { bareReply, type HostReply } from './protocol.ts';
import { RING, Ring } from './ring.ts';

/** Where completions are announced: a word that is changed, and notified when another word is not zero. */
export interface Doorbell {
  readonly words: Int32Array;
  readonly index: number;
  /** Index of the word that says whether anybody sleeps on the doorbell; −1: always notify. */
  readonly parkedIndex: number;
}

/** What the server is given. `port` is the other end of the client's. */
export interface ServerSetup {
  readonly ring: SharedArrayBuffer;
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
  const ring = new Ring(setup.ring);
  const { words } = ring;
  const directories = new HostDirectories(new HostDescriptors(setup.notes, undefined, setup.gate));
  const memories = new Memories(setup.port);
  let done = Atomics.load(words, RING.COMPLETED);
  for (;;) {
    // Pairs with the store in client.submit.
    while (done !== Atomics.load(words, RING.SUBMITTED)) {
      ring.putReply(done, serve(ring, done, directories, memories, onBug));
      done = (done + 1) | 0;
      // Pairs with the load in client.poll.
      Atomics.store(words, RING.COMPLETED, done);
      announce(setup.doorbell);
    }
    if (Atomics.load(words, RING.CLOSING) !== 0) break;
    if (!spin(words, done)) park(words, done);
  }
  directories.dispose();
}

function serve(
  ring: Ring,
  count: number,
  directories: HostDirectories,
  memories: Memories,
  onBug: (error: unknown) => void,
): HostReply {
  try {
    const memory = ring.memoryOf(count);
    const buffer = memory < 0 ? NO_BYTES : memories.get(memory);
    return directories.execute(ring.takeRequest(count, buffer), ring.payload(count));
  } catch (error) {
    onBug(error);
    return bareReply(-Errno.EIO);
  }
}

/** Tells the client that an answer is there. */
export function announce({ words, index, parkedIndex }: Doorbell): void {
  Atomics.add(words, index, 1);
  if (parkedIndex < 0 || Atomics.load(words, parkedIndex) !== 0) Atomics.notify(words, index);
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

function park(words: Int32Array, done: number): void {
  const seen = Atomics.load(words, RING.WAKE);
  // Pairs with the loads in the client's submit and close: either they see 1 and change WAKE, or the loads below see news.
  Atomics.store(words, RING.PARKED, 1);
  const hasNews = Atomics.load(words, RING.SUBMITTED) !== done || Atomics.load(words, RING.CLOSING) !== 0;
  if (!hasNews) Atomics.wait(words, RING.WAKE, seen);
  Atomics.store(words, RING.PARKED, 0);
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
