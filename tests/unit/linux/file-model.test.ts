// A file against a model (an array of bytes): random writes, cuts, allocations and reads, under a quota that is met.

import { expect, it } from 'vitest';
import type { SyscallContext } from '../../../personalities/linux/index.ts';
import { MemoryFileSystem, OverlayFileSystem } from '../../../personalities/linux/index.ts';
import type { Clock } from '../../../personalities/linux/kernel/clock.ts';
import type { FileDescription, Inode } from '../../../personalities/linux/vfs/inode.ts';
import { O_RDWR } from '../../../personalities/linux/vfs/mode.ts';
import type { Quota } from '../../../personalities/linux/vfs/quota.ts';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { expectSame, Guest } from './harness.ts';

const LIMIT = 3_500_000;

class Model {
  bytes = new Uint8Array(LIMIT + 100_000);
  size = 0;

  write(from: Uint8Array, position: number): void {
    this.bytes.set(from, position);
    this.size = Math.max(this.size, position + from.length);
  }
  truncate(size: number): void {
    this.bytes.fill(0, size);
    this.size = size;
  }
}

/** An open file that is the model now, and what it is charged to. */
interface Tested {
  readonly file: FileDescription;
  readonly quota: Quota;
  /** What is charged when the file is gone. */
  readonly least: number;
}

type Make = (ctx: SyscallContext, clock: Clock, quotaBytes: number, random: SeededRandom, model: Model) => Tested;

const MAKE: Readonly<Record<string, Make>> = {
  'in memory': (ctx, clock, quotaBytes) => {
    const { root, quota } = new MemoryFileSystem({ clock, quotaBytes });
    return { file: opened(ctx, root.create(ctx, 'file', 0o644)), quota, least: 1000 };
  },
  'of an overlay, part of which is below': (ctx, clock, quotaBytes, random, model) => {
    const lower = new MemoryFileSystem({ clock, quotaBytes: 2 * LIMIT });
    const before = opened(ctx, lower.root.create(ctx, 'file', 0o644));
    const bytes = random.bytes(random.below(1_500_000));
    before.write(ctx, bytes, 0, bytes.length, 0);
    model.write(bytes, 0);
    const upper = new MemoryFileSystem({ clock, quotaBytes: quotaBytes + 1000 });
    const overlay = new OverlayFileSystem({ lower, upper, clock });
    const file = opened(ctx, overlay.root.lookup(ctx, 'file'));
    // Taken over: only its contents can meet the quota from now on.
    expect(file.inode.setMode(ctx, 0o600)).toBe(0);
    return { file, quota: upper.quota, least: 2000 };
  },
};

function opened(ctx: SyscallContext, inode: Inode | number): FileDescription {
  const file = typeof inode === 'number' ? inode : inode.open(ctx, O_RDWR);
  if (typeof file === 'number') throw new Error('no file');
  file.retain();
  return file;
}

it.each(Object.keys(MAKE))('a file %s is what the model is', (kind) => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const { linux, ctx } = new Guest();
  for (let round = 0; round < rounds(20); round++) {
    const model = new Model();
    const make = MAKE[kind] as Make;
    const { file, quota, least } = make(ctx, linux.clock, 1000 + random.below(2 * LIMIT), random, model);
    try {
      for (let step = 0; step < 60; step++) change(random, file, model, ctx);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
    expect(quota.used).toBeLessThanOrEqual(quota.limit);
    const { inode } = file;
    const directory = inode.fileSystem.root;
    expect(directory.unlink(ctx, 'file', inode)).toBe(0);
    file.release();
    expect(quota.used).toBeLessThanOrEqual(least);
  }
});

function change(random: SeededRandom, file: FileDescription, model: Model, ctx: SyscallContext): void {
  const position = random.oneIn(3) ? Math.min(model.size, LIMIT) : random.below(LIMIT);
  const length = random.pick([1, 8, 64, 700, 5000, 65_536]);
  switch (random.below(6)) {
    case 0: {
      const size = random.oneIn(2) ? random.below(model.size + 1) : position;
      expect(file.inode.truncate(ctx, size)).toBe(0);
      model.truncate(size);
      break;
    }
    case 1: {
      const result = file.allocate(ctx, position, length);
      if (result === 0) model.size = Math.max(model.size, position + length);
      else expect(result).toBe(-28);
      break;
    }
    default: {
      const bytes = random.bytes(length);
      const written = file.write(ctx, bytes, 0, length, position);
      if (written > 0) model.write(bytes.subarray(0, written), position);
      else expect(written).toBe(-28);
    }
  }
  expect(file.inode.size).toBe(model.size);
  const from = random.below(model.size + 1);
  const into = new Uint8Array(200_000).fill(0xee);
  const count = file.read(ctx, into, 100, into.length - 100, from);
  expect(count).toBe(Math.min(into.length - 100, model.size - from));
  expectSame(into.subarray(100, 100 + count), model.bytes.subarray(from, from + count));
}
