// Handles: each names its object until it is freed, and is given out again late.

import { expect, test } from 'vitest';
import { FIRST_HANDLE, HandleTable } from '../../../personalities/messaging/mpi/handles.ts';

test('a handle names its object until it is freed, and no other is its', () => {
  const table = new HandleTable<string>();
  const [a, b] = [table.add('a'), table.add('b')];
  expect([table.get(a), table.get(b), table.size]).toEqual(['a', 'b', 2]);
  expect([table.delete(a), table.delete(a)]).toEqual([true, false]);
  expect([table.get(a), table.get(b), table.size]).toEqual([undefined, 'b', 1]);
});

test('numbers that were not given out name nothing', () => {
  const table = new HandleTable<string>();
  const handle = table.add('a');
  for (const other of [0, 1, -1, handle + 1, handle - 1, handle + 16, handle + 64 * 16, -handle, 2 ** 31]) {
    expect([other, table.get(other), table.delete(other)]).toEqual([other, undefined, false]);
  }
  expect(table.get(handle)).toBe('a');
});

test('a predefined one is never given out, nor freed', () => {
  const table = new HandleTable<string>();
  table.set(0x20, 'predefined');
  expect([table.get(0x20), table.delete(0x20), table.get(0x20)]).toEqual(['predefined', false, 'predefined']);
  expect(table.add('own')).toBeGreaterThanOrEqual(FIRST_HANDLE);
  expect(table.size).toBe(1);
});

test('thousands live at once, among ones that come and go', () => {
  const table = new HandleTable<number>();
  const living = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    const handle = table.add(i);
    expect(living.has(handle) || handle % 2 !== 0).toBe(false);
    if (i % 3 === 0) living.set(handle, i);
    else table.delete(handle);
  }
  expect(table.size).toBe(living.size);
  for (const [handle, i] of living) expect(table.get(handle)).toBe(i);
});

test('a freed handle is not the next that is given out', () => {
  const table = new HandleTable<number>();
  const given = new Set<number>();
  for (let i = 0; i < 10_000; i++) {
    const handle = table.add(i);
    expect(given.has(handle)).toBe(false);
    given.add(handle);
    table.delete(handle);
  }
});
