// A memory is given back once, by the last of its users; a share that has ended gives no memory.

import { expect, test } from 'vitest';
import { MemoryLease } from '../../../runtime/memory/lease.ts';

function lease(): { lease: MemoryLease; memory: WebAssembly.Memory; freed: () => number } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  let times = 0;
  const made = new MemoryLease(memory, () => times++);
  return { lease: made, memory, freed: () => times };
}

test.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
  'three users leave in the order %j',
  (order) => {
    const { lease: shared, memory, freed } = lease();
    const shares = [shared.share(), shared.share(), shared.share()];
    for (const [left, index] of order.entries()) {
      expect(freed()).toBe(0);
      expect(shares[index]?.memory).toBe(memory);
      shares[index]?.end();
      expect(shares.map((share) => share.memory).filter((seen) => seen === memory)).toHaveLength(2 - left);
    }
    expect(freed()).toBe(1);
  },
);

test('a user who leaves twice counts once', () => {
  const { lease: shared, freed } = lease();
  const [one, other] = [shared.share(), shared.share()];
  one.end();
  one.end();
  expect(freed()).toBe(0);
  other.end();
  other.end();
  expect(freed()).toBe(1);
});

test('the first of several users who leaves is told, once, and the last one otherwise', () => {
  const told: string[] = [];
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const shared = new MemoryLease(
    memory,
    () => told.push('free'),
    () => told.push('leaving'),
  );
  for (const share of [shared.share(), shared.share(), shared.share()]) share.end();
  expect(told).toEqual(['leaving', 'free']);
  const alone = new MemoryLease(
    memory,
    () => told.push('free'),
    () => told.push('leaving'),
  );
  alone.share().end();
  expect(told).toEqual(['leaving', 'free', 'free']);
});
