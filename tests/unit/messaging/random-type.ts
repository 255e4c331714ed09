// Random datatypes, made by the entries as a program makes them, each with its model. And a type made again from what it tells of itself.

import * as entries from '../../../personalities/messaging/mpi/datatypes/entries.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { block, bounds, type Model, modelAt, modelOf, resized } from './datatypes-model.ts';
import type { Rank } from './rank.ts';

export interface TypeAndModel {
  readonly handle: number;
  readonly model: Model;
}

const BY_NAME: { readonly [name: string]: unknown } = entries;

/** Larger ones take too long to try. */
const MOST_ENTRIES = 200;

const pair = (first: number, second: number): Model =>
  modelAt([
    [0, modelOf(first, first)],
    [Math.max(first, second), modelOf(second, second)],
  ]);

const BASIC: readonly [TypeAndModel, ...TypeAndModel[]] = [
  { handle: mpi.MPI_BYTE, model: modelOf(1, 1) },
  { handle: mpi.MPI_SHORT, model: modelOf(2, 2) },
  { handle: mpi.MPI_INT, model: modelOf(4, 4) },
  { handle: mpi.MPI_DOUBLE, model: modelOf(8, 8) },
  { handle: mpi.MPI_LONG_DOUBLE, model: modelOf(16, 16) },
  { handle: mpi.MPI_C_DOUBLE_COMPLEX, model: modelOf(16, 8) },
  { handle: mpi.MPI_SHORT_INT, model: pair(2, 4) },
  { handle: mpi.MPI_DOUBLE_INT, model: pair(8, 4) },
];

/** @param depth how many constructors one on the other */
export function randomType(rank: Rank, random: SeededRandom, depth: number): TypeAndModel {
  if (depth === 0) return random.pick(BASIC);
  for (;;) {
    rank.clear();
    const old = randomType(rank, random, depth - 1);
    const made = derived(rank, random, old, () => randomType(rank, random, random.below(depth)));
    if (made.model.map.length <= MOST_ENTRIES) return made;
  }
}

function derived(rank: Rank, random: SeededRandom, old: TypeAndModel, another: () => TypeAndModel): TypeAndModel {
  const isLarge = random.oneIn(2);
  const many = (count: number, most: number): number[] => Array.from({ length: count }, () => random.below(most));
  const shifts = (count: number, most: number): number[] => many(count, 2 * most).map((value) => value - most);
  // Arrays of counts, and of what is an address in the small functions.
  const place = (values: readonly number[]): number => (isLarge ? rank.counts(values) : rank.ints(values));
  const { extent } = bounds(old.model);
  const entryOf = (name: Constructor): Entry => BY_NAME[isLarge ? `${name}_c` : name] as Entry;
  const make = (name: Constructor, ...args: number[]): number => rank.made(entryOf(name), ...args);
  const count = random.below(6);
  switch (random.below(12)) {
    case 0:
      return { handle: make('MPI_Type_contiguous', count, old.handle), model: modelAt(block(0, count, old.model)) };
    case 1: {
      const [length = 0, shift = 0] = [random.below(4), random.below(16) - 6];
      const parts = Array.from({ length: count }, (_, i) => block(i * shift * extent, length, old.model)).flat();
      return { handle: make('MPI_Type_vector', count, length, shift, old.handle), model: modelAt(parts) };
    }
    case 2: {
      const [length, shift] = [random.below(4), random.below(100) - 40];
      const parts = Array.from({ length: count }, (_, i) => block(i * shift, length, old.model)).flat();
      return { handle: make('MPI_Type_create_hvector', count, length, shift, old.handle), model: modelAt(parts) };
    }
    case 3: {
      const [lengths, places] = [many(count, 4), shifts(count, 20)];
      const parts = places.flatMap((at, i) => block(at * extent, lengths[i] ?? 0, old.model));
      const handle = make('MPI_Type_indexed', count, place(lengths), place(places), old.handle);
      return { handle, model: modelAt(parts) };
    }
    case 4: {
      const [lengths, places] = [many(count, 4), shifts(count, 100)];
      const parts = places.flatMap((at, i) => block(at, lengths[i] ?? 0, old.model));
      const handle = make('MPI_Type_create_hindexed', count, place(lengths), place(places), old.handle);
      return { handle, model: modelAt(parts) };
    }
    case 5: {
      const [length, places] = [random.below(4), shifts(count, 20)];
      const parts = places.flatMap((at) => block(at * extent, length, old.model));
      const handle = make('MPI_Type_create_indexed_block', count, length, place(places), old.handle);
      return { handle, model: modelAt(parts) };
    }
    case 6: {
      const [length, places] = [random.below(4), shifts(count, 100)];
      const parts = places.flatMap((at) => block(at, length, old.model));
      const handle = make('MPI_Type_create_hindexed_block', count, length, place(places), old.handle);
      return { handle, model: modelAt(parts) };
    }
    case 7: {
      const types = [old, ...Array.from({ length: random.below(4) }, another)];
      rank.clear();
      const [lengths, places] = [many(types.length, 3), shifts(types.length, 150)];
      const parts = types.flatMap(({ model }, i) => block(places[i] ?? 0, lengths[i] ?? 0, model));
      const handles = rank.ints(types.map(({ handle }) => handle));
      const handle = make('MPI_Type_create_struct', types.length, place(lengths), place(places), handles);
      return { handle, model: modelAt(parts) };
    }
    case 8: {
      // Often as a struct is: members one behind the other.
      const types = [old, ...Array.from({ length: random.below(4) }, another)];
      rank.clear();
      let end = 0;
      const places: number[] = [];
      for (const { model } of types) {
        places.push(end);
        end += Math.max(0, bounds(model).extent);
      }
      const lengths = types.map(() => 1);
      const handles = rank.ints(types.map(({ handle }) => handle));
      const handle = make('MPI_Type_create_struct', types.length, place(lengths), place(places), handles);
      return { handle, model: modelAt(types.flatMap(({ model }, i) => block(places[i] ?? 0, 1, model))) };
    }
    case 9: {
      const [low, wide] = [random.below(60) - 30, random.oneIn(4) ? random.below(50) - 10 : extent + random.below(9)];
      return { handle: make('MPI_Type_create_resized', old.handle, low, wide), model: resized(old.model, low, wide) };
    }
    case 10:
      return randomSubarray(rank, random, old, make, place);
    default:
      return { handle: rank.made(entries.MPI_Type_dup, old.handle), model: old.model };
  }
}

function randomSubarray(
  rank: Rank,
  random: SeededRandom,
  old: TypeAndModel,
  make: (name: Constructor, ...args: number[]) => number,
  place: (values: readonly number[]) => number,
): TypeAndModel {
  rank.clear();
  const ndims = 1 + random.below(3);
  const sizes = Array.from({ length: ndims }, () => 1 + random.below(4));
  const subsizes = sizes.map((size) => 1 + random.below(size));
  const starts = sizes.map((size, i) => random.below(size - (subsizes[i] ?? 0) + 1));
  const isC = random.oneIn(2);
  const order = isC ? mpi.MPI_ORDER_C : mpi.MPI_ORDER_FORTRAN;
  const { extent } = bounds(old.model);
  const outermostFirst = Array.from({ length: ndims }, (_, i) => (isC ? i : ndims - 1 - i));
  const parts: [number, Model][] = [];
  const visit = (depth: number, index: number): void => {
    const dimension = outermostFirst[depth];
    if (dimension === undefined) {
      parts.push([index * extent, old.model]);
      return;
    }
    for (let i = 0; i < (subsizes[dimension] ?? 0); i++)
      visit(depth + 1, index * (sizes[dimension] ?? 0) + (starts[dimension] ?? 0) + i);
  };
  visit(0, 0);
  const handle = make(
    'MPI_Type_create_subarray',
    ndims,
    place(sizes),
    place(subsizes),
    place(starts),
    order,
    old.handle,
  );
  const total = sizes.reduce((product, size) => product * size, 1);
  return { handle, model: resized(modelAt(parts), 0, total * extent) };
}

type Entry = (context: Rank, ...args: number[]) => number;
type Constructor = {
  [Name in keyof typeof entries]: `${Name}_c` extends keyof typeof entries ? Name : never;
}[keyof typeof entries];

const { MPI_COMBINER_NAMED, MPI_COMBINER_DUP, MPI_COMBINER_CONTIGUOUS, MPI_COMBINER_VECTOR, MPI_COMBINER_HVECTOR } =
  mpi;
const { MPI_COMBINER_INDEXED, MPI_COMBINER_HINDEXED, MPI_COMBINER_INDEXED_BLOCK } = mpi;
const { MPI_COMBINER_HINDEXED_BLOCK, MPI_COMBINER_STRUCT, MPI_COMBINER_SUBARRAY, MPI_COMBINER_RESIZED } = mpi;

/** What a type tells of itself, by the functions with large counts. */
export interface Contents {
  readonly combiner: number;
  readonly integers: readonly number[];
  readonly addresses: readonly number[];
  readonly largeCounts: readonly number[];
  readonly types: readonly number[];
}

export function contentsOf(rank: Rank, handle: number): Contents {
  rank.clear();
  const numbers = rank.place(4 * 8);
  const combinerAt = rank.place(4);
  entries.MPI_Type_get_envelope_c(rank, handle, numbers, numbers + 8, numbers + 16, numbers + 24, combinerAt);
  const combiner = rank.int(combinerAt);
  const [integers = 0, addresses = 0, largeCounts = 0, types = 0] = rank.countsAt(numbers, 4);
  if (combiner === MPI_COMBINER_NAMED) return { combiner, integers: [], addresses: [], largeCounts: [], types: [] };
  const places = [integers * 4, addresses * 4, largeCounts * 8, types * 4].map((bytes) => rank.place(bytes));
  const [i = 0, a = 0, c = 0, t = 0] = places;
  entries.MPI_Type_get_contents_c(rank, handle, integers, addresses, largeCounts, types, i, a, c, t);
  return {
    combiner,
    integers: rank.intsAt(i, integers),
    addresses: rank.intsAt(a, addresses),
    largeCounts: rank.countsAt(c, largeCounts),
    types: rank.intsAt(t, types),
  };
}

/** Makes a type again from its contents, and what it consists of again too. @returns its handle */
export function rebuilt(rank: Rank, handle: number): number {
  const contents = contentsOf(rank, handle);
  if (contents.combiner === MPI_COMBINER_NAMED) return handle;
  const types = contents.types.map((type) => rebuilt(rank, type));
  for (const type of contents.types) freeDerived(rank, type);
  rank.clear();
  const made = remade(rank, contents, types);
  for (const type of types) freeDerived(rank, type);
  return made;
}

export function freeDerived(rank: Rank, handle: number): void {
  if (handle >= 0x1000) entries.MPI_Type_free(rank, rank.ints([handle]));
}

function remade(rank: Rank, contents: Contents, types: readonly number[]): number {
  const { combiner, integers, addresses, largeCounts } = contents;
  const isLarge = largeCounts.length > 0;
  const [old = 0] = types;
  const place = (values: readonly number[]): number => (isLarge ? rank.counts(values) : rank.ints(values));
  // Of the small functions counts and addresses, of the large ones counts for both.
  const all = isLarge ? largeCounts : [...integers, ...addresses];
  const entryOf = (name: Constructor): Entry => BY_NAME[isLarge ? `${name}_c` : name] as Entry;
  const make = (name: Constructor, ...args: number[]): number => rank.made(entryOf(name), ...args);
  const [count = 0, second = 0, third = 0] = all;
  const halves = (): [number, number] => [place(all.slice(1, 1 + count)), place(all.slice(1 + count))];
  switch (combiner) {
    case MPI_COMBINER_DUP:
      return rank.made(entries.MPI_Type_dup, old);
    case MPI_COMBINER_CONTIGUOUS:
      return make('MPI_Type_contiguous', count, old);
    case MPI_COMBINER_VECTOR:
      return make('MPI_Type_vector', count, second, third, old);
    case MPI_COMBINER_HVECTOR:
      return make('MPI_Type_create_hvector', count, second, third, old);
    case MPI_COMBINER_INDEXED:
      return make('MPI_Type_indexed', count, ...halves(), old);
    case MPI_COMBINER_HINDEXED:
      return make('MPI_Type_create_hindexed', count, ...halves(), old);
    case MPI_COMBINER_INDEXED_BLOCK:
      return make('MPI_Type_create_indexed_block', count, second, place(all.slice(2)), old);
    case MPI_COMBINER_HINDEXED_BLOCK:
      return make('MPI_Type_create_hindexed_block', count, second, place(all.slice(2)), old);
    case MPI_COMBINER_STRUCT:
      return make('MPI_Type_create_struct', count, ...halves(), rank.ints(types));
    case MPI_COMBINER_RESIZED:
      return make('MPI_Type_create_resized', old, count, second);
    case MPI_COMBINER_SUBARRAY: {
      const [ndims = 0] = integers;
      const sides = isLarge ? largeCounts : integers.slice(1);
      const [sizes, subsizes, starts] = [0, 1, 2].map((i) => place(sides.slice(i * ndims, (i + 1) * ndims)));
      return make('MPI_Type_create_subarray', ndims, sizes ?? 0, subsizes ?? 0, starts ?? 0, integers.at(-1) ?? 0, old);
    }
    default:
      throw new Error(`combiner ${combiner}`);
  }
}
