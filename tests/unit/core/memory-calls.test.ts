// The size of a memory as a word: what growing changes, what refuses it and who is told, and that one object serves a worker's guests
// one after another. That the loader's code calls it: tests/unit/memory/module-sizes.

import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryCalls } from '../../../runtime/core/memory-calls.ts';
import { MEMORY_IMPORT, rewriteModule } from '../../../runtime/memory/module/index.ts';
import { buildModule } from '../../support/module-builder.ts';

const MOST = 100;
const INDEX = 1;
/** (func (export "grow") (param i32) (result i32)), and of what its memory is. */
const PROGRAM = buildModule({
  types: [{ params: ['i32'], results: ['i32'] }, { results: ['i32'] }],
  functions: [
    { type: 0, body: [0x20, 0, 0x40, 0] },
    { type: 1, body: [0x3f, 0] },
  ],
  memories: [{ initial: 2, maximum: MOST }],
  exports: [
    { name: 'grow', kind: 'func', index: 0 },
    { name: 'size', kind: 'func', index: 1 },
  ],
});

interface Guest {
  grow(pages: number): number;
  size(): number;
}

let words: Int32Array;
let refused: number;
let calls: MemoryCalls;
beforeEach(() => {
  words = new Int32Array(new SharedArrayBuffer(12)).fill(-7);
  words[INDEX] = 2;
  refused = 0;
  calls = new MemoryCalls(words, INDEX, () => refused++);
});

function memoryOf(initial: number, maximum = MOST): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial, maximum, shared: true });
}

/** @param maximumPages of the guest's own */
function start(memory: WebAssembly.Memory, maximumPages: number, aheadPages = 0): Guest {
  const { bytes, memoryCalls } = rewriteModule(PROGRAM, { maximumPages: MOST, importMaximumPages: MOST });
  if (memoryCalls === null) throw new Error('the program asks for its size');
  const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory } };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  calls.take(memory, maximumPages, aheadPages);
  calls.bind(instance, memoryCalls);
  return instance.exports as unknown as Guest;
}

const pagesOf = (memory: WebAssembly.Memory): number => memory.buffer.byteLength / 65536;

test('growing changes the word, and the memory where that falls short', () => {
  const memory = memoryOf(4);
  const guest = start(memory, 10);
  expect([guest.grow(0), guest.grow(2), guest.size()]).toEqual([2, 2, 4]);
  expect(pagesOf(memory)).toBe(4);
  expect([guest.grow(3), guest.size(), pagesOf(memory)]).toEqual([4, 7, 7]);
  expect([...words]).toEqual([-7, 7, -7]);
  expect(refused).toBe(0);
});

describe('a growth is refused, told once, and changes nothing', () => {
  test.each([9, 0x7fff_ffff, -1])('of %d pages, beyond the limit of the guest', (pages) => {
    const memory = memoryOf(2);
    const guest = start(memory, 10);
    expect(guest.grow(pages)).toBe(-1);
    expect([guest.size(), pagesOf(memory), refused]).toEqual([2, 2, 1]);
    expect([guest.grow(8), guest.size(), refused]).toEqual([2, 10, 1]);
  });

  test('that the engine refuses', () => {
    const memory = memoryOf(MOST);
    const guest = start(memory, 2 * MOST);
    expect([guest.grow(MOST), guest.size(), refused]).toEqual([-1, 2, 1]);
    expect([guest.grow(MOST - 2), refused]).toEqual([2, 1]);
  });
});

test('what another thread has grown is not grown again', () => {
  const memory = memoryOf(2);
  const guest = start(memory, MOST);
  memory.grow(20);
  expect([guest.grow(10), guest.size(), pagesOf(memory)]).toEqual([2, 12, 22]);
});

test('another thread’s growth of the word is seen', () => {
  const guest = start(memoryOf(2), 10);
  Atomics.add(words, INDEX, 3);
  expect([guest.size(), guest.grow(1), guest.size()]).toEqual([5, 5, 6]);
});

test('the next guest of the worker has a memory and a limit of its own', () => {
  const first = memoryOf(2);
  start(first, 4).grow(2);
  words[INDEX] = 2;
  const second = memoryOf(3);
  const guest = start(second, 20);
  expect([guest.size(), guest.grow(15), guest.size()]).toEqual([2, 2, 17]);
  expect([pagesOf(first), pagesOf(second)]).toEqual([4, 17]);
});

describe('a memory that is kept larger than its guest sees it', () => {
  test('has the pages of a growth before that growth', () => {
    const memory = memoryOf(2);
    const guest = start(memory, 60, 8);
    expect([guest.size(), pagesOf(memory)]).toEqual([2, 18]);
    const there = [8, 1, 1, 10, 3].map((pages) => {
      const before = pagesOf(memory);
      const page = guest.grow(pages) + pages;
      return page <= before && page + 8 <= pagesOf(memory);
    });
    expect(there).toEqual([true, true, true, true, true]);
    expect([guest.size(), pagesOf(memory)]).toEqual([25, 38]);
  });

  test('ends where its guest’s limit is', () => {
    const memory = memoryOf(2);
    const guest = start(memory, 12, 8);
    expect([guest.grow(10), guest.size(), pagesOf(memory), guest.grow(1)]).toEqual([2, 12, 12, -1]);
  });

  test('is as large as the guest sees it where the engine gives no more', () => {
    const memory = memoryOf(2, 12);
    const guest = start(memory, 60, 8);
    expect([pagesOf(memory), guest.grow(9), guest.grow(1), pagesOf(memory), guest.grow(1)]).toEqual([2, 2, 11, 12, -1]);
    expect(refused).toBe(1);
  });
});
