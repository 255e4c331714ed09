// The shared table of a process's descriptors: numbers have one owner, and what is told of one is taken whole or not at all,
// whatever the owner does between two loads of the taker.

import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  claimDescriptor,
  createDescriptorTable,
  type DescriptorStat,
  descriptorKind,
  descriptorLimit,
  descriptorOwner,
  freeDescriptor,
  OWNER_CNK,
  OWNER_LINUX,
  OWNER_NONE,
  publishDescriptor,
  readDescriptorStat,
  replaceDescriptor,
} from '../../../runtime/abi/descriptor-table.ts';

const FIRST = { typeAndFlags: 0x1_0004, rightsBase: 0x3fff_ffff, rightsInheriting: 0x1111 };
const SECOND = { typeAndFlags: 0x4_0003, rightsBase: 0x2222, rightsInheriting: 0x3fff_0000 };
const REGULAR = 0o10;

function take(table: Int32Array, fd: number): DescriptorStat | undefined {
  const into = { typeAndFlags: -1, rightsBase: -1, rightsInheriting: -1 };
  return readDescriptorStat(table, fd, into) ? into : undefined;
}

function tell(table: Int32Array, fd: number, stat: DescriptorStat): void {
  publishDescriptor(table, fd, OWNER_LINUX, REGULAR, stat);
}

describe('a number', () => {
  test('is claimed lowest first, and again once it is free', () => {
    const table = createDescriptorTable(3);
    expect(descriptorLimit(table)).toBe(3);
    expect([0, 0, 0, 0].map((from) => claimDescriptor(table, OWNER_LINUX, 0, from))).toEqual([0, 1, 2, -1]);
    freeDescriptor(table, 1);
    expect(descriptorOwner(table, 1)).toBe(OWNER_NONE);
    expect(claimDescriptor(table, OWNER_CNK, REGULAR)).toBe(1);
    expect([descriptorOwner(table, 1), descriptorKind(table, 1)]).toEqual([OWNER_CNK, REGULAR]);
  });

  test('out of range, or below zero, is nobody’s', () => {
    const table = createDescriptorTable(2);
    for (const fd of [2, 3, -1, -2, 0x7fff_ffff, -0x8000_0000, 0x4000_0000]) {
      expect([descriptorOwner(table, fd), descriptorKind(table, fd), take(table, fd)]).toEqual([0, 0, undefined]);
    }
  });

  test('tells its stat until it is free, claimed, or another’s', () => {
    const table = createDescriptorTable(2);
    expect(take(table, 1)).toBeUndefined();
    tell(table, 1, FIRST);
    expect(take(table, 1)).toEqual(FIRST);
    expect([descriptorOwner(table, 1), descriptorKind(table, 1)]).toEqual([OWNER_LINUX, REGULAR]);
    expect(take(table, 0)).toBeUndefined();
    tell(table, 1, SECOND);
    expect(take(table, 1)).toEqual(SECOND);
    freeDescriptor(table, 1);
    expect(take(table, 1)).toBeUndefined();
    claimDescriptor(table, OWNER_LINUX, 0, 1);
    expect(take(table, 1)).toBeUndefined();
    tell(table, 1, FIRST);
    replaceDescriptor(table, 1, OWNER_CNK, REGULAR);
    expect(take(table, 1)).toBeUndefined();
  });

  test('stays itself while its generation comes round', () => {
    const table = createDescriptorTable(1);
    for (let i = 0; i < 70_000; i++) {
      claimDescriptor(table, OWNER_LINUX, 0);
      tell(table, 0, i % 2 === 0 ? FIRST : SECOND);
      if (descriptorOwner(table, 0) !== OWNER_LINUX) throw new Error(`owner after ${i} rounds`);
      if (take(table, 0)?.rightsBase !== (i % 2 === 0 ? FIRST : SECOND).rightsBase) throw new Error(`stat, ${i}`);
      freeDescriptor(table, 0);
    }
    expect(descriptorOwner(table, 0)).toBe(OWNER_NONE);
  });
});

describe('a stat that changes while it is taken', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** What the owner's thread may do, as the stores that it makes one by one. */
  const CHANGES: readonly [string, (table: Int32Array) => void][] = [
    ['is told anew', (table) => tell(table, 0, SECOND)],
    ['is closed', (table) => freeDescriptor(table, 0)],
    [
      'is closed and opened again',
      (table) => {
        freeDescriptor(table, 0);
        claimDescriptor(table, OWNER_LINUX, 0);
        tell(table, 0, SECOND);
      },
    ],
  ];

  test.each(CHANGES)('%s: it is taken whole or not at all', (_, change) => {
    const table = createDescriptorTable(1);
    tell(table, 0, FIRST);
    const stores = recordStores(table, change);
    expect(stores.length).toBeGreaterThan(0);
    const outcomes = new Set<string>();
    // The taker loads four or five times; before its n-th load the owner has made i more stores, all the rest after it.
    for (let first = 0; first <= stores.length; first++) {
      for (let before = 1; before <= 5; before++) {
        for (let count = 0; first + count <= stores.length; count++) {
          const shared = createDescriptorTable(1);
          tell(shared, 0, FIRST);
          for (const [at, value] of stores.slice(0, first)) shared[at] = value;
          const taken = takeWhile(shared, before, () => {
            for (const [at, value] of stores.slice(first, first + count)) shared[at] = value;
          });
          const outcome = JSON.stringify(taken);
          expect([JSON.stringify(FIRST), JSON.stringify(SECOND), undefined]).toContain(outcome);
          outcomes.add(outcome);
        }
      }
    }
    expect(outcomes).toContain(JSON.stringify(FIRST));
    expect(outcomes).toContain(undefined);
  });

  /** The stores of a change, in their order. */
  function recordStores(table: Int32Array, change: (table: Int32Array) => void): [number, number][] {
    const stores: [number, number][] = [];
    const { store, compareExchange } = Atomics;
    vi.spyOn(Atomics, 'store').mockImplementation(((array: Int32Array, at: number, value: number) => {
      stores.push([at, value]);
      return store(array, at, value);
    }) as typeof Atomics.store);
    vi.spyOn(Atomics, 'compareExchange').mockImplementation(((
      array: Int32Array,
      at: number,
      old: number,
      to: number,
    ) => {
      stores.push([at, to]);
      return compareExchange(array, at, old, to);
    }) as typeof Atomics.compareExchange);
    change(table);
    vi.restoreAllMocks();
    return stores;
  }

  /** Takes a stat; something else happens before the n-th load. */
  function takeWhile(table: Int32Array, before: number, happens: () => void): DescriptorStat | undefined {
    const { load } = Atomics;
    let loads = 0;
    vi.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, at: number) => {
      if (++loads === before) happens();
      return load(array, at);
    }) as typeof Atomics.load);
    const taken = take(table, 0);
    vi.restoreAllMocks();
    return taken;
  }
});
