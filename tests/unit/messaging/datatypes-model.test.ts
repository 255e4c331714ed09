// Random datatypes, nested, compared with a straightforward model: bounds, packing, unpacking, parts of both, counts of elements, and that
// a type made again from its contents is the same.

import { expect, it } from 'vitest';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { bounds, elementsIn, positions, sizeOf, trueBounds } from './datatypes-model.ts';
import { contentsOf, freeDerived, randomType, rebuilt, type TypeAndModel } from './random-type.ts';
import { Rank } from './rank.ts';

const TYPES = rounds(2000);
const PATTERN = 0xee;
const COUNTS = [0, 1, 2, 3, 7, 40] as const;
/** More are not compared at once. */
const MOST_BYTES = 6000;

it('datatypes are what their type maps are', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const rank = new Rank();
  for (let round = 0; round < TYPES; round++) {
    try {
      const type = randomType(rank, random, 1 + random.below(4));
      compareBounds(rank, type);
      for (let i = 0; i < 2; i++) comparePacking(rank, type, random, random.pick(COUNTS));
      compareElements(rank, type, random);
      compareRebuilt(rank, type, random);
    } catch (error) {
      throw new Error(`FUSEDOS_SEED=${seed}, round ${round}: ${(error as Error).message}`, { cause: error });
    }
  }
});

function compareBounds({ datatypes }: Rank, { handle, model }: TypeAndModel): void {
  const type = datatypes.get(handle);
  const { low, high } = trueBounds(model);
  const { low: lowerBound, extent } = bounds(model);
  const { size, trueLowerBound, trueExtent } = type;
  expect({ size, lowerBound: type.lowerBound, extent: type.extent, trueLowerBound, trueExtent }).toEqual({
    size: sizeOf(model),
    lowerBound,
    extent,
    trueLowerBound: low,
    trueExtent: high - low,
  });
}

function comparePacking(
  { datatypes }: Rank,
  { handle, model }: TypeAndModel,
  random: SeededRandom,
  wanted: number,
): void {
  const type = datatypes.get(handle);
  const count = Math.min(wanted, Math.ceil(MOST_BYTES / Math.max(1, type.size)));
  const margin = 16 + random.below(8);
  const address = margin - type.lowest(Math.max(1, count));
  const places = positions(model, address, count);
  const memory = random.bytes(2 * margin + type.reach(count));
  const ascending = places.toSorted((a, b) => a - b);
  if (places.length > 0) expect([ascending[0], ascending.at(-1)]).toEqual([margin, margin + type.reach(count) - 1]);

  // Whole.
  const at = random.below(9);
  const packed = places.map((place) => memory[place] as number);
  expectPacked(at, packed, (to) => type.pack(memory, address, count, to, at));
  const stream = new Uint8Array([...new Uint8Array(at), ...packed]);
  expectUnpacked(memory.length, packed, places, (to) => type.unpack(stream, at, to, address, count));

  // Parts.
  const [first, end] = [random.below(places.length + 1), random.below(places.length + 1)].sort((a, b) => a - b);
  if (first === undefined || end === undefined) return;
  const part = packed.slice(first, end);
  const partPlaces = places.slice(first, end);
  expectPacked(at, part, (to) => type.packPart(memory, address, first, end, to, at));
  const partStream = new Uint8Array([...new Uint8Array(at), ...part]);
  expectUnpacked(memory.length, part, partPlaces, (to) => type.unpackPart(partStream, at, to, address, first, end));
  expectUnpacked(memory.length, packed.slice(0, end), places.slice(0, end), (to) =>
    type.unpack(stream, at, to, address, count, end),
  );
}

/** Into a buffer with nothing else changed. */
function expectPacked(at: number, wanted: readonly number[], pack: (to: Uint8Array) => void): void {
  const margin = 8;
  const whole = new Uint8Array(at + wanted.length + margin).fill(PATTERN);
  const to = whole.slice();
  pack(to);
  whole.set(wanted, at);
  // Bytes are compared by expect where they differ alone: it takes long.
  if (Buffer.compare(to, whole) !== 0) expect([...to]).toEqual([...whole]);
}

/** Where elements overlap, which a receiver's must not, any of the bytes may win. */
function expectUnpacked(
  length: number,
  bytes: readonly number[],
  places: readonly number[],
  unpack: (to: Uint8Array) => void,
): void {
  const whole = new Uint8Array(length).fill(PATTERN);
  const to = whole.slice();
  unpack(to);
  for (const [index, place] of places.entries()) whole[place] = bytes[index] as number;
  if (Buffer.compare(to, whole) === 0) return;
  for (const [index, place] of places.entries()) if (to[place] === bytes[index]) whole[place] = to[place] as number;
  expect([...to]).toEqual([...whole]);
}

function compareElements({ datatypes }: Rank, { handle, model }: TypeAndModel, random: SeededRandom): void {
  const type = datatypes.get(handle);
  for (let i = 0; i < 4; i++) {
    const bytes = random.below(type.size * 3 + 1);
    const elements = elementsIn(model, bytes);
    expect(type.elementsIn(bytes)).toBe(elements);
    if (elements !== undefined) expect(type.bytesOf(elements)).toBe(bytes);
  }
}

function compareRebuilt(rank: Rank, { handle, model }: TypeAndModel, random: SeededRandom): void {
  const before = rank.datatypes.derivedCount;
  const again = rebuilt(rank, handle);
  const [one, other] = [contentsOf(rank, handle), contentsOf(rank, again)];
  for (const type of [...one.types, ...other.types]) freeDerived(rank, type);
  expect({ ...other, types: other.types.length }).toEqual({ ...one, types: one.types.length });
  compareBounds(rank, { handle: again, model });
  comparePacking(rank, { handle: again, model }, random, 2);
  freeDerived(rank, again);
  expect(rank.datatypes.derivedCount).toBe(before);
}
