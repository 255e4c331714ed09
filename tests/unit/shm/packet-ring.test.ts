// A ring of packets: each arrives once, whole, and those of one sender in their order; in one thread, then in every order of several
// threads' steps.

import { describe, expect, it, test } from 'vitest';
import * as doorbell from '../../../runtime/shm/doorbell.ts';
import * as packetRing from '../../../runtime/shm/packet-ring.ts';
import { explore, importMutated, type Thread, turnBack } from './step-machine.ts';

const { begunIn, PACKET_WORDS, PacketRing, packetRingBytes, readIn } = packetRing;
type Ring = packetRing.PacketRing;

const SHAPE: packetRing.RingShape = { cells: 4, payloadBytes: 32 };
const START = 8;

function twoEnds(): { readonly words: Int32Array; readonly sender: Ring; readonly receiver: Ring } {
  const words = new Int32Array(new SharedArrayBuffer(4 * START + packetRingBytes(SHAPE)));
  return { words, sender: new PacketRing(words, START, SHAPE), receiver: new PacketRing(words, START, SHAPE) };
}

function send(ring: Ring, number: number): boolean {
  const { words } = ring;
  const cell = ring.claim();
  if (cell < 0) return false;
  for (let i = 1; i <= PACKET_WORDS; i++) words[cell + i] = number + i;
  ring.publish(cell);
  return true;
}

function take(ring: Ring): number | undefined {
  const cell = ring.next();
  if (cell < 0) return undefined;
  const { words } = ring;
  const number = (words[cell + 1] as number) - 1;
  for (let i = 1; i <= PACKET_WORDS; i++) expect(words[cell + i]).toBe(number + i);
  ring.release();
  return number;
}

test('packets come in their order, round after round', () => {
  const { words, sender, receiver } = twoEnds();
  expect(take(receiver)).toBeUndefined();
  for (let round = 0; round < 50; round++) {
    const count = 1 + (round % SHAPE.cells);
    for (let i = 0; i < count; i++) expect(send(sender, 100 * round + i)).toBe(true);
    for (let i = 0; i < count; i++) expect(take(receiver)).toBe(100 * round + i);
    expect(take(receiver)).toBeUndefined();
  }
  expect([begunIn(words, START), readIn(words, START)]).toEqual([123, 123]); // (1 + 2 + 3 + 4) × 12, then 1 + 2
});

test('a full ring takes no packet until one was taken out', () => {
  const { sender, receiver } = twoEnds();
  for (let i = 0; i < SHAPE.cells; i++) expect(send(sender, i)).toBe(true);
  expect([sender.hasRoom, send(sender, 99)]).toEqual([false, false]);
  expect(take(receiver)).toBe(0);
  expect([sender.hasRoom, send(sender, 4)]).toEqual([true, true]);
  expect([1, 2, 3, 4].map(() => take(receiver))).toEqual([1, 2, 3, 4]);
});

test('a packet that was begun and not published holds up those behind it', () => {
  const { words, sender, receiver } = twoEnds();
  const first = sender.claim();
  send(new PacketRing(words, START, SHAPE), 7);
  expect(take(receiver)).toBeUndefined();
  for (let i = 1; i <= PACKET_WORDS; i++) words[first + i] = 6 + i;
  sender.publish(first);
  expect([take(receiver), take(receiver)]).toEqual([6, 7]);
});

describe('in every order of the steps of several threads', () => {
  const FILE = 'runtime/shm/packet-ring.ts';
  /** Words, by index: the receiver's doorbell, the ring. */
  const [BELL, ANNOUNCED, RING] = [0, 1, 4];
  const SMALL: packetRing.RingShape = { cells: 2, payloadBytes: 0 };
  const BYTES = 512;
  /** What a sender reads that finds no room: TAIL and HEAD. */
  const ACCESSES_OF_A_LOOK = 2;
  type Rings = typeof packetRing;

  const bellOf = (words: Int32Array): doorbell.Doorbell => ({ words, bell: BELL, announced: ANNOUNCED });

  /** Sends packets that hold a number each. */
  function sender(rings: Rings, numbers: readonly number[]): Thread {
    return {
      run: (memory) => {
        const words = new Int32Array(memory);
        const ring = new rings.PacketRing(words, RING, SMALL);
        for (const number of numbers) {
          const cell = ring.claim();
          if (cell < 0) turnBack(ACCESSES_OF_A_LOOK);
          words[cell + 1] = number;
          ring.publish(cell);
          doorbell.ring(bellOf(words));
        }
      },
    };
  }

  /** Takes so many packets. */
  function receiver(rings: Rings, count: number): Thread {
    return {
      run: (memory) => {
        const words = new Int32Array(memory);
        const ring = new rings.PacketRing(words, RING, SMALL);
        const taken: number[] = [];
        while (taken.length < count) {
          doorbell.sleepUntil(bellOf(words), () => ring.next() >= 0);
          const cell = ring.next();
          taken.push(words[cell + 1] as number);
          ring.release();
        }
        return taken.join();
      },
    };
  }

  async function taken(rings: Rings, senders: readonly (readonly number[])[]): Promise<string[]> {
    const threads = [receiver(rings, senders.flat().length), ...senders.map((numbers) => sender(rings, numbers))];
    const { endings } = await explore(BYTES, threads);
    expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
    return endings.map(({ values }) => String(values[0])).sort();
  }

  it('packets of one sender keep their order, also once all cells were used', async () => {
    expect(await taken(packetRing, [[1, 2, 3]])).toEqual(['1,2,3']);
  });

  it('packets of two come each once, in any order', async () => {
    expect(await taken(packetRing, [[1], [2]])).toEqual(['1,2', '2,1']);
  });

  const LACKING: Readonly<Record<string, { readonly from: string; readonly to: string }>> = {
    'the exchange by which one sender gets a cell': {
      from: 'Atomics.compareExchange(words, this.#tail, position, (position + 1) | 0) !== position',
      to: 'Atomics.store(words, this.#tail, (position + 1) | 0) === position',
    },
    'the look whether the cell is free': {
      from: 'if (!this.#isFree(position)) return -1;',
      to: 'this.#isFree(position);',
    },
    'the publication behind the words': {
      from: 'Atomics.store(this.words, cell, (this.#begun + 1) | 0);',
      to: '',
    },
  };

  it.each(Object.entries(LACKING))('without %s it goes wrong', async (_title, { from, to }) => {
    const mutated = await importMutated<Rings>([FILE], [{ file: FILE, from, to }]);
    const goes = async (which: Rings): Promise<void> => {
      expect(await taken(which, [[1, 2, 3]])).toEqual(['1,2,3']);
      expect(await taken(which, [[1], [2]])).toEqual(['1,2', '2,1']);
    };
    await expect(goes(mutated)).rejects.toThrow();
  });
});
