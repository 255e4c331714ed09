// A ring of packets: each arrives once, whole, and those of one sender in their order. Several senders at once are in the cases of MPI.

import { expect, test } from 'vitest';
import {
  begunIn,
  PACKET_WORDS,
  PacketRing,
  packetRingBytes,
  type RingShape,
} from '../../../runtime/shm/packet-ring.ts';

const SHAPE: RingShape = { cells: 4, payloadBytes: 32 };
const START = 8;

function twoEnds(): { readonly words: Int32Array; readonly sender: PacketRing; readonly receiver: PacketRing } {
  const words = new Int32Array(new SharedArrayBuffer(4 * START + packetRingBytes(SHAPE)));
  return { words, sender: new PacketRing(words, START, SHAPE), receiver: new PacketRing(words, START, SHAPE) };
}

function send(ring: PacketRing, number: number): boolean {
  const { words } = ring;
  const cell = ring.claim();
  if (cell < 0) return false;
  for (let i = 1; i <= PACKET_WORDS; i++) words[cell + i] = number + i;
  ring.publish(cell);
  return true;
}

function take(ring: PacketRing): number | undefined {
  const cell = ring.next();
  if (cell < 0) return undefined;
  const { words } = ring;
  const number = (words[cell + 1] as number) - 1;
  for (let i = 1; i <= PACKET_WORDS; i++) expect(words[cell + i]).toBe(number + i);
  ring.release(cell);
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
  expect(begunIn(words, START)).toBe(123); // (1 + 2 + 3 + 4) × 12, then 1 + 2
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
  const { sender, receiver } = twoEnds();
  const first = sender.claim();
  send(sender, 7);
  expect(take(receiver)).toBeUndefined();
  for (let i = 1; i <= PACKET_WORDS; i++) sender.words[first + i] = 6 + i;
  sender.publish(first);
  expect([take(receiver), take(receiver)]).toEqual([6, 7]);
});
