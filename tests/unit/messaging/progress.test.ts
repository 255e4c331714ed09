// Whatever takes packets for one thing lets everything go on that has begun, before its rank sleeps. Rank 0 is real; of rank 1 there is
// what it sends.

import { beforeEach, describe, expect, test } from 'vitest';
import { type Advancing, Engine } from '../../../personalities/messaging/mpi/engine.ts';
import { Receive } from '../../../personalities/messaging/mpi/requests.ts';
import { jobMemoryBytes } from '../../../personalities/messaging/transport/layout.ts';
import { SharedMemoryTransport } from '../../../personalities/messaging/transport/shared-memory.ts';
import { PACKET } from '../../../personalities/messaging/transport/transport.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

const CONTEXT = 0;

let engine: Engine;
let peer: SharedMemoryTransport;

beforeEach(() => {
  const shared = new SharedArrayBuffer(jobMemoryBytes(2));
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  const parts = {
    size: 2,
    ranksHere: 2,
    torus: { shape: [2, 1, 1, 1, 1], ranksPerNode: 1, mapping: 'ABCDET' },
    shared,
    memory,
    peer: () => memory,
    ring: () => {},
    sleepUntil: (isThere: () => boolean) => {
      if (!isThere()) throw new Error('the rank sleeps, and nobody will wake it');
    },
    tellThreads: () => {},
    nowMs: () => 0,
    deadlockCheck: false,
    processors: 1,
    table: () => undefined,
    exports: () => ({}),
    abort: (_status: number, message: string) => {
      throw new Error(message);
    },
    placesOf: (ranks: readonly number[]) => ranks.map(() => ''),
    processorName: 'test',
  };
  peer = new SharedMemoryTransport({ ...parts, rank: 1 });
  const own = { ...parts, rank: 0 };
  engine = new Engine(own, new SharedMemoryTransport(own), { call: () => '', communicator: () => undefined });
});

function sends(tag: number): void {
  expect(peer.send(0, PACKET.eager, CONTEXT, tag, 0, 0, 0, undefined)).toBe(true);
}

function receives(tag: number): Receive {
  const receive = Object.assign(new Receive(), { source: 1, tag, context: CONTEXT });
  engine.receive(receive);
  return receive;
}

/** Goes on when the messages of these tags have come, one after another. */
class Chain implements Advancing {
  isDone = false;
  readonly #tags: number[];
  #receive: Receive | undefined;

  constructor(...tags: number[]) {
    this.#tags = tags;
  }

  advance(): boolean {
    while (this.#receive?.isDone !== false) {
      const tag = this.#tags.shift();
      if (tag === undefined) {
        this.isDone = true;
        break;
      }
      this.#receive = receives(tag);
    }
    return this.isDone;
  }
}

describe('what waits for a packet goes on when', () => {
  test('one that begins has taken it', () => {
    const first = engine.begin(new Chain(1));
    sends(1);
    engine.begin(new Chain(2));
    engine.wait(first);
    expect(first.isDone).toBe(true);
  });

  test('a receive has taken it, and the one after it', () => {
    const first = engine.begin(new Chain(1, 2));
    sends(1);
    sends(2);
    receives(3);
    engine.wait(first);
    expect(first.isDone).toBe(true);
  });

  test('one that went on after it has taken it', () => {
    const first = engine.begin(new Chain(1));
    const second = engine.begin(new Chain(2, 3));
    sends(2);
    sends(1);
    sends(3);
    engine.wait(first);
    engine.wait(second);
    expect([first.isDone, second.isDone]).toEqual([true, true]);
  });

  test('somebody who waits finds at once what is wanted', () => {
    const first = engine.begin(new Chain(1));
    sends(1);
    sends(2);
    engine.wait(receives(2));
    expect(first.isDone).toBe(true);
  });

  test('a look for another message has taken it', () => {
    const first = engine.begin(new Chain(1));
    sends(1);
    engine.waitFor(() => {
      engine.probe(CONTEXT, 1, 9, false);
      return first.isDone;
    });
    expect(first.isDone).toBe(true);
  });
});

test('who asks again and again in vain copies what has come too soon', () => {
  const isDone = (): boolean => peer.poll(({ kind, id }) => expect([kind, id]).toEqual([PACKET.done, 7]));
  expect(peer.send(0, PACKET.ready, CONTEXT, 1, 1000, 7, 0, undefined)).toBe(true);
  engine.progress();
  expect(isDone()).toBe(false);
  for (let i = 0; i < 1000; i++) engine.progress();
  expect(isDone()).toBe(true);
});
