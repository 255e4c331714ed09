// Which memory a guest gets: one that covers its limit, nearest to what it needs; few memories; what a budget allows.

import { describe, expect, test } from 'vitest';
import { MemoryPool, type MemoryWish, type PooledMemory } from '../../../runtime/memory/pool.ts';

const MIB = 16; // pages
const BUDGET = 2 ** 40;

function taken(pool: MemoryPool, wish: Partial<MemoryWish>): PooledMemory {
  const { initialPages = 1, maximumPages = 256 * MIB, likelyPages = initialPages } = wish;
  const memory = pool.take({ initialPages, maximumPages, likelyPages });
  if (memory === undefined) throw new Error('the pool has no memory');
  return memory;
}

/** Gives a memory back, zeroed at once or not at all. */
function giveBack(pool: MemoryPool, memory: PooledMemory, isZero = true): void {
  pool.giveBack(memory, (done) => {
    if (isZero) done(true);
    return isZero;
  });
}

function pagesOf({ memory }: PooledMemory): number {
  return memory.buffer.byteLength / 65536;
}

/** A pool with free memories of these sizes, in pages. */
function poolOf(...sizes: readonly number[]): MemoryPool {
  const pool = new MemoryPool(BUDGET);
  const all = sizes.map((pages) => ({ pages, memory: taken(pool, { initialPages: 1 }) }));
  for (const { pages, memory } of all) {
    memory.memory.grow(pages - 1);
    giveBack(pool, memory);
  }
  return pool;
}

describe('a memory that comes back', () => {
  test('serves the next guest, however far it has grown', () => {
    const pool = new MemoryPool(BUDGET);
    const first = taken(pool, {});
    first.memory.grow(10 * MIB);
    giveBack(pool, first, false);
    expect(taken(pool, {})).toMatchObject({ memory: first.memory, isDirty: true });
  });

  test('serves a guest whose limit is another', () => {
    const pool = new MemoryPool(BUDGET);
    const first = taken(pool, { maximumPages: 100 * MIB });
    giveBack(pool, first);
    const second = taken(pool, { maximumPages: 200 * MIB });
    expect(second).toMatchObject({ memory: first.memory, maximumPages: 200 * MIB });
    expect(pool.reservedPages).toBe(200 * MIB);
  });

  test('does not serve a guest whose limit it does not cover', () => {
    const pool = new MemoryPool(BUDGET);
    const small = taken(pool, { maximumPages: 2 });
    giveBack(pool, small);
    expect(taken(pool, { maximumPages: 65536 }).memory).not.toBe(small.memory);
    expect(pool.freeCount).toBe(1);
  });

  test('is grown when it is smaller than what a guest begins with', () => {
    const pool = poolOf(2);
    expect(pagesOf(taken(pool, { initialPages: 5 }))).toBe(5);
    expect(pool.freeCount).toBe(0);
  });
});

describe('of several memories a guest gets', () => {
  test.each([
    { likelyPages: 20 * MIB, sizes: [1, 21 * MIB, 60 * MIB], given: 21 * MIB },
    { likelyPages: 55 * MIB, sizes: [1, 21 * MIB, 60 * MIB], given: 60 * MIB },
    { likelyPages: 1, sizes: [60 * MIB, 3, 21 * MIB], given: 3 },
    { likelyPages: 300 * MIB, sizes: [1, 250 * MIB, 100 * MIB], given: 250 * MIB },
  ])('the one nearest to what it needs: %j', ({ likelyPages, sizes, given }) => {
    expect(pagesOf(taken(poolOf(...sizes), { likelyPages }))).toBe(given);
  });

  test('of two equals the one that is zero already', () => {
    const pool = new MemoryPool(BUDGET);
    const [dirty, clean] = [taken(pool, {}), taken(pool, {})];
    giveBack(pool, dirty, false);
    giveBack(pool, clean);
    expect(taken(pool, {}).memory).toBe(clean.memory);
  });

  test('a fresh one rather than a far too large one, while few are free', () => {
    expect(pagesOf(taken(poolOf(100 * MIB), {}))).toBe(1);
    const full = poolOf(100 * MIB, 100 * MIB);
    expect(pagesOf(taken(full, {}))).toBe(100 * MIB);
  });
});

test('one memory is zeroed at a time; what comes back meanwhile is there at once, and dirty', () => {
  const pool = new MemoryPool(BUDGET);
  const [first, second] = [taken(pool, {}), taken(pool, {})];
  let finish: (isZero: boolean) => void = () => {};
  pool.giveBack(first, (done) => {
    finish = done;
    return true;
  });
  expect(pool.freeCount).toBe(0);
  pool.giveBack(second, () => expect.fail('two memories are zeroed at a time'));
  expect(taken(pool, {})).toMatchObject({ memory: second.memory, isDirty: true });
  finish(true);
  expect(taken(pool, {})).toMatchObject({ memory: first.memory, isDirty: false });
  expect(pool.reservedPages).toBe(2 * 256 * MIB);
});

test('any number of runs one after another needs few memories', () => {
  const pool = new MemoryPool(BUDGET);
  const seen = new Set<WebAssembly.Memory>();
  for (let run = 0; run < 300; run++) {
    const pages = 1 + ((run * 37) % (50 * MIB));
    const memory = taken(pool, { likelyPages: ((run * 53) % (50 * MIB)) + 1, maximumPages: (64 + (run % 3)) * MIB });
    seen.add(memory.memory);
    if (pagesOf(memory) < pages) memory.memory.grow(pages - pagesOf(memory));
    giveBack(pool, memory);
  }
  expect(seen.size).toBeLessThan(5);
});

describe('a memory that is about to come back', () => {
  const wish: MemoryWish = { initialPages: 1, maximumPages: 256 * MIB, likelyPages: 1 };

  test('is waited for when each guest has two', async () => {
    const pool = new MemoryPool(BUDGET);
    const [first, second] = [taken(pool, {}), taken(pool, {})];
    expect(pool.isWorthWaiting(wish)).toBe(false); // both have their guests
    pool.leaves(first);
    expect(pool.isWorthWaiting(wish)).toBe(false); // two guests, two memories
    pool.leaves(second);
    expect(pool.isWorthWaiting(wish)).toBe(true);
    const free = pool.nextFree();
    giveBack(pool, first, false);
    await free;
    expect(pool.isWorthWaiting(wish)).toBe(false);
    expect(taken(pool, {}).memory).toBe(first.memory);
  });

  test('is not waited for in vain: it does not cover the limit, or nobody lets go of any', () => {
    const pool = new MemoryPool(BUDGET);
    const [first, second] = [taken(pool, { maximumPages: 2 }), taken(pool, { maximumPages: 2 })];
    for (const memory of [first, second]) giveBack(pool, memory);
    expect(pool.isWorthWaiting(wish)).toBe(false);
  });

  test('is one that is being zeroed, too', () => {
    const pool = new MemoryPool(BUDGET);
    const [first, second] = [taken(pool, {}), taken(pool, {})];
    let finish: (isZero: boolean) => void = () => {};
    pool.giveBack(first, (done) => {
      finish = done;
      return true;
    });
    pool.leaves(second);
    expect(pool.isWorthWaiting(wish)).toBe(true);
    finish(true);
    expect(pool.isWorthWaiting(wish)).toBe(false);
  });
});

test('guests hold at most what the budget allows, each counted with its limit', () => {
  const pool = new MemoryPool(10 * 65536);
  const first = taken(pool, { maximumPages: 6 });
  expect(pool.take({ initialPages: 1, maximumPages: 5, likelyPages: 1 })).toBeUndefined();
  const second = taken(pool, { maximumPages: 4 });
  giveBack(pool, first);
  giveBack(pool, second);
  expect(pool.reservedPages).toBe(0);
  expect(pool.take({ initialPages: 1, maximumPages: 10, likelyPages: 1 })).toBeDefined();
});
