// What storage costs, counted, not timed: bytes that are moved to append, storage for a byte far out, an empty file's heap.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it, vi } from 'vitest';
import { MemoryFile } from '../../../personalities/linux/fs/memory/file.ts';
import { INODE_COST, NAME_COST } from '../../../personalities/linux/fs/memory/inode.ts';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { Guest } from './harness.ts';

function fileSystem(guest: Guest, quotaBytes = 1 << 30): MemoryFileSystem {
  return new MemoryFileSystem({ clock: guest.linux.clock, quotaBytes });
}

function create(guest: Guest, within: MemoryFileSystem, name = 'file'): MemoryFile {
  const file = within.root.create(guest.ctx, name, 0o644);
  if (!(file instanceof MemoryFile)) throw new Error(`${file}`);
  return file;
}

afterEach(() => vi.restoreAllMocks());

/** Counts what `set` copies from one array into another, which is how an extent that grows takes its bytes along. */
function countMoved(run: () => void): { bytes: number; times: number } {
  const moved = { bytes: 0, times: 0 };
  const set = Uint8Array.prototype.set;
  vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, from, offset) {
    moved.bytes += from.length;
    moved.times++;
    set.call(this, from, offset);
  });
  run();
  vi.restoreAllMocks();
  return moved;
}

it('appending N bytes in small pieces moves at most as many again, and allocates a few times', () => {
  const guest = new Guest();
  for (const total of [1 << 16, 1 << 20, 1 << 24]) {
    const within = fileSystem(guest);
    const file = create(guest, within);
    // Below what `copyBytes` copies by anything but a loop, so that only moving is counted.
    const piece = new Uint8Array(32).fill(7);
    const moved = countMoved(() => {
      for (let at = 0; at < total; at += piece.length) file.write(piece, 0, piece.length, at);
    });
    expect(file.size).toBe(total);
    expect(moved.bytes).toBeLessThanOrEqual(total);
    // Doubling within the first MiB, one chunk a MiB beyond.
    expect(moved.times).toBeLessThanOrEqual(Math.log2(total) + total / (1 << 20));
    expect(file.storage).toBeLessThanOrEqual(2 * total);
  }
});

it('a byte at 1.5 GB costs a page', () => {
  const guest = new Guest();
  const within = fileSystem(guest, 1 << 16);
  const before = within.quota.used;
  const file = create(guest, within);
  const buffers = process.memoryUsage().arrayBuffers;
  expect(file.write(new Uint8Array([1]), 0, 1, 1_500_000_000)).toBe(1);
  expect(file.size).toBe(1_500_000_001);
  expect(file.storage).toBe(4096);
  expect(within.quota.used - before).toBe(4096 + INODE_COST + NAME_COST + 2 * 'file'.length);
  expect(process.memoryUsage().arrayBuffers - buffers).toBeLessThan(1 << 20);
  expect(file.truncate(guest.ctx, 1_400_000_000)).toBe(0);
  expect(file.storage).toBe(0);
});

it('a reservation that fails takes nothing, however much it asked for', () => {
  const guest = new Guest();
  const within = fileSystem(guest, 5_000_000);
  const file = create(guest, within);
  expect(file.write(new Uint8Array(1000), 0, 1000, 1_100_000)).toBe(1000);
  const [before, storage] = [within.quota.used, file.storage];
  // More than there is at all; a little more than is left, found out at the last chunk: from what is there on, and behind it.
  const { left } = within.quota;
  for (const [position, length] of [
    [0, 2 ** 40],
    [1_100_900, left + storage - 100],
    [2 ** 21, left + storage - 100],
  ] as const) {
    expect(file.allocate(position, length)).toBe(-Errno.ENOSPC);
    expect([within.quota.used, file.storage, file.size]).toEqual([before, storage, 1_101_000]);
  }
  expect(file.allocate(2 ** 21, left - 4096)).toBe(0);
});

it('an empty file costs at most a kilobyte, its name included, and about what it is charged', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const guest = new Guest();
  const within = fileSystem(guest);
  const files = 20_000;
  create(guest, within, 'first');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < files; i++) create(guest, within, `file-${i}`);
  collect();
  const each = (process.memoryUsage().heapUsed - before) / files;
  expect(within.root.entries.size).toBe(files + 1);
  expect(each).toBeLessThanOrEqual(1024);
  expect(each).toBeGreaterThan(100);
  expect(within.quota.used / files).toBeGreaterThan(each / 2);
});
