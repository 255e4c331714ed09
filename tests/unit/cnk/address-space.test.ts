// The addresses that a process's mappings have, against a model that knows of each page only whose it is and what its first byte
// is: random operations, with the program's own pages and a limit.

import { describe, expect, test } from 'vitest';
import { AddressSpace, MAP_PAGE, OWNER } from '../../../personalities/cnk/memory/address-space.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';

const OWN_PAGES = 2;
const MOST_PAGES = 12;
const PAGES_A_GROWTH = 16;
const FIRST = OWN_PAGES * PAGES_A_GROWTH * MAP_PAGE;

interface Space {
  readonly space: AddressSpace;
  readonly memory: GuestMemory;
  readonly grown: number[];
}

function newSpace(isShared = true): Space {
  const source = new WebAssembly.Memory({ initial: OWN_PAGES, maximum: MOST_PAGES, shared: isShared });
  const memory = new GuestMemory(source);
  const grown: number[] = [];
  const grow = (pages: number): number => {
    grown.push(pages);
    try {
      return source.grow(pages);
    } catch {
      return -1;
    }
  };
  return {
    space: new AddressSpace({
      owners: new Uint8Array(MOST_PAGES * PAGES_A_GROWTH),
      touched: new Uint8Array(MOST_PAGES * PAGES_A_GROWTH),
      memory,
      grow,
    }),
    memory,
    grown,
  };
}

describe.each([
  ['shared', true],
  ['not shared', false],
])('a memory that is %s', (_, isShared) => {
  test('mappings stand above what the program began with, and the memory grows no more than it must', () => {
    const { space, memory, grown } = newSpace(isShared);
    expect(space.map(1, OWNER.anonymous)).toBe(FIRST);
    expect(space.map(MAP_PAGE + 1, OWNER.anonymous)).toBe(FIRST + MAP_PAGE);
    expect(grown).toEqual([1]);
    expect(memory.size).toBe(FIRST + 65536);
    // 13 pages are left: three more of the memory's own pages would be 48 of ours.
    expect(space.map(14 * MAP_PAGE, OWNER.anonymous)).toBe(FIRST + 3 * MAP_PAGE);
    expect(grown).toEqual([1, 1]);
  });

  test('what is unmapped is used again, zeroed, and neighbours become one', () => {
    const { space, memory, grown } = newSpace(isShared);
    const [a, b, c] = [1, 2, 3].map(() => space.map(5 * MAP_PAGE, OWNER.anonymous)) as [number, number, number];
    memory.bytes.fill(0xff, a, c + 5 * MAP_PAGE);
    expect(space.unmap(a, 5 * MAP_PAGE)).toBe(0);
    expect(space.unmap(b, 5 * MAP_PAGE)).toBe(0);
    expect(space.map(9 * MAP_PAGE, OWNER.anonymous)).toBe(a);
    expect(memory.bytes.subarray(a, a + 9 * MAP_PAGE).every((byte) => byte === 0)).toBe(true);
    expect(memory.bytes[a + 9 * MAP_PAGE]).toBe(0xff);
    expect(memory.bytes[c]).toBe(0xff);
    expect(grown).toEqual([1]);
  });
});

test('what was only reserved is not written to when it is used again, until it may be stored to', () => {
  const { space, memory } = newSpace();
  const at = space.map(4 * MAP_PAGE, OWNER.anonymous, true);
  memory.bytes.fill(1, at, at + 4 * MAP_PAGE); // which shows what is zeroed: a guest would not
  expect(space.unmap(at, 4 * MAP_PAGE)).toBe(0);
  expect(space.map(4 * MAP_PAGE, OWNER.anonymous, true)).toBe(at);
  expect(memory.bytes[at]).toBe(1);
  space.touch(at + MAP_PAGE, 2 * MAP_PAGE);
  space.unmap(at, 4 * MAP_PAGE);
  expect(space.map(4 * MAP_PAGE, OWNER.anonymous)).toBe(at);
  expect([0, 1, 2, 3].map((page) => memory.bytes[at + page * MAP_PAGE])).toEqual([1, 0, 0, 1]);
});

test('a mapping that does not fit is ENOMEM, and changes nothing', () => {
  const { space, memory } = newSpace();
  const all = (MOST_PAGES - OWN_PAGES) * 65536;
  expect(space.map(all + 1, OWNER.anonymous)).toBe(-Errno.ENOMEM);
  expect(memory.size).toBe(FIRST);
  expect(space.map(all, OWNER.anonymous)).toBe(FIRST);
  expect(space.map(1, OWNER.anonymous)).toBe(-Errno.ENOMEM);
  expect(space.unmap(FIRST + 3 * MAP_PAGE, 1)).toBe(0);
  expect(space.map(2 * MAP_PAGE, OWNER.anonymous)).toBe(-Errno.ENOMEM);
  expect(space.map(1, OWNER.anonymous)).toBe(FIRST + 3 * MAP_PAGE);
});

test('the memory that the guest itself grew is the guest’s', () => {
  const source = new WebAssembly.Memory({ initial: OWN_PAGES, maximum: MOST_PAGES, shared: true });
  const space = new AddressSpace({
    owners: new Uint8Array(MOST_PAGES * PAGES_A_GROWTH),
    touched: new Uint8Array(MOST_PAGES * PAGES_A_GROWTH),
    memory: new GuestMemory(source),
    grow: (pages) => source.grow(pages),
  });
  expect(space.map(1, OWNER.anonymous)).toBe(FIRST);
  source.grow(2);
  const guests = FIRST + 65536;
  expect(space.map(16 * MAP_PAGE, OWNER.anonymous)).toBe(FIRST + 3 * 65536);
  expect(space.map(15 * MAP_PAGE, OWNER.anonymous)).toBe(FIRST + MAP_PAGE);
  expect(space.unmap(guests, 2 * 65536)).toBe(0);
  expect(space.map(16 * MAP_PAGE, OWNER.anonymous)).toBe(FIRST + 4 * 65536);
  expect(space.remap(FIRST + MAP_PAGE, 15 * MAP_PAGE, 16 * MAP_PAGE, false)).toBe(-Errno.ENOMEM);
});

describe('bad addresses and lengths', () => {
  test('unmap', () => {
    const { space } = newSpace();
    const at = space.map(MAP_PAGE, OWNER.anonymous);
    expect(space.unmap(at + 1, 1)).toBe(-Errno.EINVAL);
    expect(space.unmap(at, 0)).toBe(-Errno.EINVAL);
    expect(space.unmap(2 ** 32 - MAP_PAGE, 2 * MAP_PAGE)).toBe(-Errno.EINVAL);
    expect(space.unmap(2 ** 32 - MAP_PAGE, MAP_PAGE)).toBe(0);
    expect(space.unmap(at + 64 * MAP_PAGE, 1)).toBe(0); // nothing is there
    expect(space.isUsed(at, MAP_PAGE)).toBe(true);
  });

  test('remap', () => {
    const { space } = newSpace();
    const at = space.map(2 * MAP_PAGE, OWNER.anonymous);
    expect(space.remap(at + 1, MAP_PAGE, MAP_PAGE, true)).toBe(-Errno.EINVAL);
    expect(space.remap(at, 0, MAP_PAGE, true)).toBe(-Errno.EINVAL);
    expect(space.remap(at, MAP_PAGE, 0, true)).toBe(-Errno.EINVAL);
    expect(space.remap(at, 3 * MAP_PAGE, MAP_PAGE, true)).toBe(-Errno.EFAULT);
    expect(space.remap(0, MAP_PAGE, MAP_PAGE, true)).toBe(-Errno.EFAULT); // the program's own
    expect(space.remap(at, MAP_PAGE, MAP_PAGE, true, at + MAP_PAGE + 1)).toBe(-Errno.EINVAL);
    expect(space.remap(at, 2 * MAP_PAGE, 2 * MAP_PAGE, true, at + MAP_PAGE)).toBe(-Errno.EINVAL); // they overlap
  });

  test('place', () => {
    const { space, memory } = newSpace();
    const at = space.map(MAP_PAGE, OWNER.anonymous);
    expect(space.place(at + 8, MAP_PAGE, OWNER.anonymous, false)).toBe(-Errno.EINVAL);
    expect(space.place(memory.size, 1, OWNER.anonymous, false)).toBe(-Errno.ENOMEM);
    expect(space.place(2 ** 32 - MAP_PAGE, 2 * MAP_PAGE, OWNER.anonymous, false)).toBe(-Errno.ENOMEM);
    expect(space.place(at, 1, OWNER.anonymous, true)).toBe(-Errno.EEXIST);
    expect(space.place(0, 1, OWNER.anonymous, true)).toBe(-Errno.EEXIST);
    expect(space.place(at + MAP_PAGE, 1, OWNER.anonymous, true)).toBe(0);
  });
});

test('a mapping grows where it is when the pages behind it are free or the memory ends there, else it moves with its bytes', () => {
  const { space, memory } = newSpace();
  const at = space.map(2 * MAP_PAGE, OWNER.anonymous);
  memory.bytes[at] = 7;
  expect(space.remap(at, 2 * MAP_PAGE, 20 * MAP_PAGE, false)).toBe(at);
  const next = space.map(MAP_PAGE, OWNER.anonymous);
  expect(next).toBe(at + 20 * MAP_PAGE);
  expect(space.remap(at, 20 * MAP_PAGE, 21 * MAP_PAGE, false)).toBe(-Errno.ENOMEM);
  const moved = space.remap(at, 20 * MAP_PAGE, 21 * MAP_PAGE, true);
  expect(moved).toBe(next + MAP_PAGE);
  expect(memory.bytes[moved]).toBe(7);
  expect(space.remap(moved, 21 * MAP_PAGE, MAP_PAGE, false)).toBe(moved);
  expect(space.map(20 * MAP_PAGE, OWNER.anonymous)).toBe(at);
  expect(memory.bytes[at]).toBe(0);
});

test('a file that is mapped to be shared is known, and what is discarded of a file stays', () => {
  const { space, memory } = newSpace();
  const shared = space.map(MAP_PAGE, OWNER.sharedFile);
  const file = space.map(MAP_PAGE, OWNER.privateFile);
  const anonymous = space.map(MAP_PAGE, OWNER.anonymous);
  memory.bytes.fill(5, shared, anonymous + MAP_PAGE);
  expect(space.hasSharedFile(shared, 2 * MAP_PAGE)).toBe(true);
  expect(space.hasSharedFile(file, 2 * MAP_PAGE)).toBe(false);
  space.discard(shared, 3 * MAP_PAGE);
  expect([shared, file, anonymous].map((at) => memory.bytes[at])).toEqual([5, 5, 0]);
});

interface Mapping {
  at: number;
  pages: number;
  /** Each page's bytes are this and its number in the mapping. */
  mark: number;
}

test('random operations: no two mappings overlap, each keeps its bytes, what is new is zero', () => {
  const random = seededRandom(seedOfRun());
  console.log(`seed ${random.seed}`);
  for (let round = 0; round < 40; round++) {
    const { space, memory } = newSpace(round % 2 === 0);
    let mappings: Mapping[] = [];
    let marks = 1;
    const whereIs = (page: number): Mapping | undefined =>
      mappings.find(({ at, pages }) => page * MAP_PAGE >= at && page * MAP_PAGE < at + pages * MAP_PAGE);
    const fill = (mapping: Mapping, from: number): void => {
      for (let page = from; page < mapping.pages; page++) {
        const start = mapping.at + page * MAP_PAGE;
        const bytes = memory.bytes.subarray(start, start + MAP_PAGE);
        if (!bytes.every((byte) => byte === 0)) throw new Error(`seed ${random.seed}: page ${page} is not zero`);
        bytes.fill(mapping.mark);
      }
    };
    const add = (at: number, pages: number): void => {
      memory.contains(at, pages * MAP_PAGE);
      marks = (marks % 255) + 1;
      const mapping = { at, pages, mark: marks };
      fill(mapping, 0);
      mappings.push(mapping);
    };
    /** Takes a range out of the model. */
    const cut = (at: number, pages: number): void => {
      const end = at + pages * MAP_PAGE;
      mappings = mappings.flatMap((one) => {
        const oneEnd = one.at + one.pages * MAP_PAGE;
        if (oneEnd <= at || one.at >= end) return [one];
        const before = { ...one, pages: (at - one.at) / MAP_PAGE };
        const after = { ...one, at: end, pages: (oneEnd - end) / MAP_PAGE };
        return [before, after].filter(({ pages: left }) => left > 0);
      });
    };
    for (let step = 0; step < 60; step++) {
      const pages = 1 + random.below(random.oneIn(4) ? 60 : 6);
      switch (random.below(5)) {
        case 0:
        case 1: {
          const at = space.map(pages * MAP_PAGE - random.below(MAP_PAGE), OWNER.anonymous);
          if (at < 0) break;
          for (let i = 0; i < pages; i++) expect(whereIs(at / MAP_PAGE + i)).toBeUndefined();
          expect(at).toBeGreaterThanOrEqual(FIRST);
          add(at, pages);
          break;
        }
        case 2: {
          const at = FIRST + random.below(60) * MAP_PAGE;
          expect(space.unmap(at, pages * MAP_PAGE)).toBe(0);
          cut(at, pages);
          break;
        }
        case 3: {
          const at = FIRST + random.below(60) * MAP_PAGE;
          if (space.place(at, pages * MAP_PAGE, OWNER.anonymous, false) < 0) break;
          cut(at, pages);
          add(at, pages);
          break;
        }
        case 4: {
          const mapping = mappings[random.below(mappings.length)];
          if (mapping === undefined) break;
          const was = mapping.pages;
          const at = space.remap(mapping.at, was * MAP_PAGE, pages * MAP_PAGE, random.oneIn(2));
          if (at < 0) break;
          memory.contains(at, pages * MAP_PAGE);
          mapping.at = at;
          mapping.pages = pages;
          fill(mapping, was);
          break;
        }
      }
      for (const { at, pages: count, mark } of mappings) {
        for (let page = 0; page < count; page++) {
          const [first, last] = [at + page * MAP_PAGE, at + (page + 1) * MAP_PAGE - 1];
          if (memory.bytes[first] !== mark || memory.bytes[last] !== mark) {
            throw new Error(`seed ${random.seed}: a mapping has lost its bytes`);
          }
        }
      }
    }
  }
});
