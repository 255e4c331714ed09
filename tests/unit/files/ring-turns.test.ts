// A ring that is served in an event loop: requests come from another thread, and are answered when this one turns.

import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { RingHostClient } from '../../../runtime/files/client.ts';
import type { HostReply, HostRequest } from '../../../runtime/files/protocol.ts';
import { createRing } from '../../../runtime/files/ring.ts';
import { RingTurns } from '../../../runtime/files/ring-turns.ts';
import type { MemoryMessage } from '../../../runtime/files/server.ts';
import { until } from './support.ts';

const OK: HostReply = { result: 0, attributes: undefined, bytes: undefined };

let ring: SharedArrayBuffer;
let doorbell: Int32Array;
let served: HostRequest[];
let turns: RingTurns;
let serving: Promise<void>;
let onServed: () => void;
/** Memories that the client has sent and that did not arrive yet. */
let onTheWay: MemoryMessage[];
let client: RingHostClient;

beforeEach(() => {
  ring = createRing();
  doorbell = new Int32Array(new SharedArrayBuffer(8));
  doorbell[1] = 1; // somebody always sleeps on it
  served = [];
  onTheWay = [];
  onServed = () => {};
  turns = new RingTurns(ring, { words: doorbell, bell: 0, announced: 1 }, (request) => {
    served.push(request);
    onServed();
    if (request.op === 'read') request.buffer.fill(7, request.start, request.start + request.length);
    return { ...OK, result: 'length' in request ? request.length : 0 };
  });
  serving = turns.serve();
  client = new RingHostClient({ postMessage: (message) => onTheWay.push(message) }, ring);
});
afterEach(async () => {
  turns.stop();
  await serving;
});

/** Lets this thread's events happen, and the client look, until something holds. */
async function turn(holds: () => boolean): Promise<void> {
  await until(() => client.poll() >= 0 && holds());
}

it('answers in order, more requests than the ring has room for, and rings for each', async () => {
  const answered: number[] = [];
  for (let i = 0; i < 200; i++) {
    client.submit({ op: 'close', mount: 0, file: i }, undefined, () => answered.push(i));
  }
  await turn(() => answered.length === 200);
  expect(answered).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(served.map((request) => 'file' in request && request.file)).toEqual(answered);
  expect(Atomics.load(doorbell, 0)).toBe(200);
});

it('lets others of its thread have their turn while requests never end', async () => {
  const enough = 5000;
  let hadTurn = false;
  const submit = (): void => void client.submit({ op: 'status', mount: 0 });
  onServed = () => {
    if (served.length === 1) {
      setImmediate(() => {
        hadTurn = true;
      });
    }
    client.poll();
    if (!hadTurn && served.length < enough) submit();
  };
  submit();
  await turn(() => hadTurn);
  expect(served.length).toBeLessThan(enough);
});

it('waits for a memory that comes after the request that names it', async () => {
  const memory = new Uint8Array(new SharedArrayBuffer(64)).fill(0xee);
  const replies: HostReply[] = [];
  const request = { op: 'read', mount: 0, file: 1, buffer: memory, start: 8, length: 16, position: 0 } as const;
  client.submit(request, memory, (reply) => replies.push(reply));
  client.submit({ op: 'status', mount: 0 }, undefined, (reply) => replies.push(reply));
  await new Promise((resolve) => setImmediate(resolve));
  expect(served).toEqual([]);
  expect(client.busyFor(memory)).toBe(1);
  for (const message of onTheWay) turns.takeMemory(message);
  await turn(() => replies.length === 2);
  expect([...memory]).toEqual([...Array(8).fill(0xee), ...Array(16).fill(7), ...Array(40).fill(0xee)]);
  expect(client.busyFor(memory)).toBe(0);
});

it('touches nothing after it was stopped; who waits is told EIO', async () => {
  const memory = new Uint8Array(new SharedArrayBuffer(64)).fill(0xee);
  const replies: HostReply[] = [];
  const request = { op: 'read', mount: 0, file: 1, buffer: memory, start: 0, length: 64, position: 0 } as const;
  client.submit(request, memory, (reply) => replies.push(reply));
  turns.stop();
  for (const message of onTheWay) turns.takeMemory(message);
  await serving;
  await turn(() => replies.length === 1);
  expect(replies).toMatchObject([{ result: -Errno.EIO }]);
  expect(served).toEqual([]);
  expect(memory.every((byte) => byte === 0xee)).toBe(true);
});

it('answers a thread that waits for it', async () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const source = `const { workerData: words } = require('node:worker_threads');
    Atomics.store(words, 1, Atomics.wait(words, 0, 0, 10_000) === 'timed-out' ? 2 : 1);`;
  const worker = new Worker(source, { eval: true, workerData: words });
  client.submit({ op: 'status', mount: 0 }, undefined, () => {
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
  });
  await turn(() => Atomics.load(words, 1) !== 0);
  expect(Atomics.load(words, 1)).toBe(1);
  await worker.terminate();
});

it('ends when its client closes', async () => {
  client.close();
  await serving;
});
