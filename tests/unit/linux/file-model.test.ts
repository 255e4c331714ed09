// A file against a model (an array of bytes): random writes, cuts, allocations and reads, under a quota that is met.

import { expect, it } from 'vitest';
import type { SyscallContext } from '../../../personalities/linux/index.ts';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { MemoryFile } from '../../../personalities/linux/vfs/memory-file.ts';
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

it('a file in memory is what the model is', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const { linux, ctx } = new Guest();
  for (let round = 0; round < 20; round++) {
    const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1000 + random.below(2 * LIMIT) });
    const file = fileSystem.root.create(ctx, 'file', 0o644);
    if (!(file instanceof MemoryFile)) throw new Error('no file');
    const model = new Model();
    try {
      for (let step = 0; step < 60; step++) change(random, file, model, ctx);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
    file.nlink = 0;
    const before = fileSystem.quota.used;
    expect(before).toBeLessThanOrEqual(fileSystem.quota.limit);
    file.unlinked();
    expect(fileSystem.quota.used).toBeLessThanOrEqual(1000);
  }
});

function change(random: SeededRandom, file: MemoryFile, model: Model, ctx: SyscallContext): void {
  const position = random.oneIn(3) ? Math.min(model.size, LIMIT) : random.below(LIMIT);
  const length = random.pick([1, 8, 64, 700, 5000, 65_536]);
  switch (random.below(6)) {
    case 0: {
      const size = random.oneIn(2) ? random.below(model.size + 1) : position;
      expect(file.truncate(ctx, size)).toBe(0);
      model.truncate(size);
      break;
    }
    case 1: {
      const result = file.allocate(position, length);
      if (result === 0) model.size = Math.max(model.size, position + length);
      else expect(result).toBe(-28);
      break;
    }
    default: {
      const bytes = random.bytes(length);
      const written = file.write(bytes, 0, length, position);
      if (written > 0) model.write(bytes.subarray(0, written), position);
      else expect(written).toBe(-28);
    }
  }
  expect(file.size).toBe(model.size);
  const from = random.below(model.size + 1);
  const into = new Uint8Array(200_000).fill(0xee);
  const count = file.read(into, 100, into.length - 100, from);
  expect(count).toBe(Math.min(into.length - 100, model.size - from));
  expectSame(into.subarray(100, 100 + count), model.bytes.subarray(from, from + count));
}
