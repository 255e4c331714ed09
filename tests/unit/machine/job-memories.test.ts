// What the ranks of jobs share, job after job: always zero, large enough, and used again.

import { expect, test } from 'vitest';
import { jobMemoryBytes } from '../../../personalities/messaging/index.ts';
import { JobMemories } from '../../../runtime/machine/job/shared.ts';

const isZero = (memory: SharedArrayBuffer): boolean => new Uint8Array(memory).every((byte) => byte === 0);

test('a job gets the memory of one that has ended, and nothing of what was in it', () => {
  const memories = new JobMemories();
  const first = memories.take(4);
  expect([first.byteLength >= jobMemoryBytes(4), isZero(first)]).toEqual([true, true]);
  new Uint8Array(first).fill(7);
  memories.giveBack(first);
  const second = memories.take(2);
  expect([second === first, isZero(second)]).toEqual([true, true]);
});

test('jobs at the same time have memories of their own, and a larger one a larger', () => {
  const memories = new JobMemories();
  const [one, two] = [memories.take(2), memories.take(2)];
  expect(one).not.toBe(two);
  memories.giveBack(one);
  const large = memories.take(64);
  expect(large).not.toBe(one);
  expect(large.byteLength).toBeGreaterThanOrEqual(jobMemoryBytes(64));
  expect(memories.take(1)).toBe(one);
});

test('few are kept, those given back last', () => {
  const memories = new JobMemories();
  const all = Array.from({ length: 6 }, () => memories.take(1));
  for (const each of all) memories.giveBack(each);
  const again = Array.from({ length: 6 }, () => memories.take(1));
  expect(all.map((each) => again.includes(each))).toEqual([false, false, true, true, true, true]);
});
