// How large a memory is: the engine is asked, by growing it by nothing, only when it must be.

import { beforeEach, expect, test } from 'vitest';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { knownPages, PAGE_BYTES } from '../../../runtime/memory/pages.ts';

/** As a thread has it that has not heard that another one has grown it from 2 to 4 pages. */
function staleMemory() {
  const real = new WebAssembly.Memory({ initial: 4, maximum: 8, shared: true });
  return {
    asked: 0,
    buffer: new ArrayBuffer(2 * PAGE_BYTES) as ArrayBufferLike as ArrayBuffer,
    grow(pages: number) {
      this.asked++;
      const before = real.grow(pages);
      this.buffer = real.buffer;
      return before;
    },
  };
}

let memory: ReturnType<typeof staleMemory>;
beforeEach(() => {
  memory = staleMemory();
});

test.each([
  [0, 2, 0],
  [2, 2, 0],
  [3, 4, 1],
  [4, 4, 1],
])('a memory that has %i pages for sure is known to have %i', (least, known, asked) => {
  expect(knownPages(memory, least)).toBe(known);
  expect(memory.asked).toBe(asked);
});

test('a guest’s memory is asked when its guest has told of more than is seen', () => {
  let told = 2;
  const guest = new GuestMemory(memory, () => told);
  expect(guest.contains(PAGE_BYTES, PAGE_BYTES)).toBe(true);
  expect(guest.contains(0, 2 * PAGE_BYTES + 1)).toBe(false);
  expect(memory.asked).toBe(0);
  told = 3;
  expect(guest.contains(0, 3 * PAGE_BYTES)).toBe(true);
  expect(guest.contains(0, 3 * PAGE_BYTES + 1)).toBe(false);
  expect(memory.asked).toBe(1);
});

test('a memory whose guest tells nothing is asked when it seems too small', () => {
  const guest = new GuestMemory(memory);
  expect(guest.contains(0, 2 * PAGE_BYTES)).toBe(true);
  expect(memory.asked).toBe(0);
  expect(guest.contains(0, 4 * PAGE_BYTES)).toBe(true);
  expect(memory.asked).toBe(1);
});
