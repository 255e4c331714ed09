// Datatypes, by the entries: bounds that were compared with those of native libraries, large ones, parts of arrays, what is refused. That they
// are what their type maps are: see datatypes-model.

import { describe, expect, it } from 'vitest';
import * as entries from '../../../personalities/messaging/mpi/datatypes/entries.ts';
import { setStatusBytes } from '../../../personalities/messaging/mpi/status.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';
import { contentsOf } from './random-type.ts';
import { errorClassOf, Rank } from './rank.ts';

const { MPI_CHAR, MPI_INT, MPI_DOUBLE, MPI_SHORT, MPI_UNDEFINED } = mpi;

function struct(rank: Rank, ...parts: readonly (readonly [length: number, at: number, type: number])[]): number {
  const column = (index: 0 | 1 | 2): number => rank.ints(parts.map((part) => part[index]));
  return rank.made(entries.MPI_Type_create_struct, parts.length, column(0), column(1), column(2));
}

/** Size, lower bound, extent, true lower bound, true extent. */
function facts(rank: Rank, type: number): number[] {
  const at = rank.place(20);
  entries.MPI_Type_size(rank, type, at);
  entries.MPI_Type_get_extent(rank, type, at + 4, at + 8);
  entries.MPI_Type_get_true_extent(rank, type, at + 12, at + 16);
  return rank.intsAt(at, 5);
}

/** Which ints of an array an element takes, in order. */
function indicesOf(rank: Rank, type: number, ints: number): number[] {
  const from = rank.ints(Array.from({ length: ints }, (_, index) => index));
  const [to, position] = [rank.place(ints * 4), rank.ints([0])];
  entries.MPI_Type_commit(rank, rank.ints([type]));
  entries.MPI_Pack(rank, from, 1, type, to, ints * 4, position, mpi.MPI_COMM_SELF);
  return rank.intsAt(to, rank.int(position) / 4);
}

describe('the entries', () => {
  it('are those of the chapter, and of the names of datatypes', () => {
    const names = MPI_ROWS.filter(({ support }) => support === 'full').map(({ name }) => name);
    const wanted = names.filter((name) =>
      /^MPI_(Type|Pack|Unpack|Get_count|Get_elements|Status_set_elements)(?!.*(attr|keyval))/.test(name),
    );
    expect(Object.keys(entries).toSorted()).toEqual(wanted.toSorted());
  });
});

describe('predefined types', () => {
  it('have the sizes and alignments of C on wasm32', () => {
    const rank = new Rank();
    for (const type of [mpi.MPI_AINT, mpi.MPI_WCHAR]) expect(facts(rank, type)).toEqual([4, 0, 4, 0, 4]);
    for (const type of [mpi.MPI_LONG, mpi.MPI_UNSIGNED_LONG, mpi.MPI_COUNT, mpi.MPI_OFFSET, mpi.MPI_LONG_LONG])
      expect(facts(rank, type)[0]).toBe(8);
    expect(facts(rank, mpi.MPI_LONG_DOUBLE)).toEqual([16, 0, 16, 0, 16]);
    expect(facts(rank, mpi.MPI_C_LONG_DOUBLE_COMPLEX)).toEqual([32, 0, 32, 0, 32]);
    expect(facts(rank, mpi.MPI_FLOAT_INT)).toEqual([8, 0, 8, 0, 8]);
    expect(facts(rank, mpi.MPI_DOUBLE_INT)).toEqual([12, 0, 16, 0, 12]);
    expect(facts(rank, mpi.MPI_LONG_INT)).toEqual([12, 0, 16, 0, 12]);
    expect(facts(rank, mpi.MPI_SHORT_INT)).toEqual([6, 0, 8, 0, 8]);
    expect(facts(rank, mpi.MPI_LONG_DOUBLE_INT)).toEqual([20, 0, 32, 0, 20]);
    const complex = struct(rank, [1, 0, MPI_CHAR], [1, 8, mpi.MPI_C_DOUBLE_COMPLEX]);
    expect(facts(rank, complex)).toEqual([17, 0, 24, 0, 24]);
  });

  it('are all that the ABI names, each with its name, its size where its handle tells it', () => {
    const rank = new Rank();
    for (let handle = mpi.MPI_AINT; handle < 0x300; handle++) {
      if (errorClassOf(() => rank.datatypes.get(handle)) !== 0) continue;
      const { name, isCommitted, isPredefined, size, basic } = rank.datatypes.get(handle);
      expect((mpi as Readonly<Record<string, unknown>>)[name]).toBe(handle);
      expect([isCommitted, isPredefined]).toEqual([true, true]);
      expect(basic).toEqual({ handle, count: 1 });
      if (handle >= 0x240) expect(size).toBe(2 ** ((handle >> 3) & 7));
      expect(contentsOf(rank, handle).combiner).toBe(mpi.MPI_COMBINER_NAMED);
    }
    const named = Object.entries(mpi).filter(
      ([, value]) => typeof value === 'number' && value > 0x200 && value < 0x2ff,
    );
    const types = named.filter(
      ([name]) => !/^MPI_(ERR|THREAD|MODE|MAX|COMBINER|KEYVAL|WIN|LOCK|SEEK|BSEND|TAG|IO|HOST)/.test(name),
    );
    for (const [, handle] of types.filter(([name]) => name in mpi && /(INT|REAL|COMPLEX|LOGICAL|CHAR|BYTE)/.test(name)))
      expect(errorClassOf(() => rank.datatypes.get(Number(handle)))).toBe(0);
  });
});

// Where MPICH 4.0 and Open MPI 4.1 do not agree, the standard's definition counts, which is Open MPI's.
describe('bounds', () => {
  it('end where the strictest alignment wants it', () => {
    const rank = new Rank();
    const type = struct(rank, [1, 0, MPI_INT], [1, 6, MPI_CHAR]);
    expect(facts(rank, type)).toEqual([5, 0, 8, 0, 7]);
    expect(facts(rank, rank.made(entries.MPI_Type_contiguous, 3, type))).toEqual([15, 0, 24, 0, 23]);
    expect(facts(rank, rank.made(entries.MPI_Type_vector, 3, 2, -3, type))).toEqual([30, -48, 64, -48, 63]);
    expect(facts(rank, rank.made(entries.MPI_Type_create_hvector, 2, 1, 10, type))).toEqual([10, 0, 20, 0, 17]);
    const [lengths, places] = [rank.ints([1, 1]), rank.ints([0, 6])];
    const hindexed = rank.made(entries.MPI_Type_create_hindexed, 2, lengths, places, MPI_INT);
    expect(facts(rank, hindexed)).toEqual([8, 0, 12, 0, 10]);
    expect(facts(rank, struct(rank, [1, 3, MPI_CHAR], [1, 8, MPI_DOUBLE]))).toEqual([9, 3, 16, 3, 13]);
    expect(facts(rank, struct(rank, [0, 0, MPI_DOUBLE], [1, 3, MPI_CHAR]))).toEqual([1, 3, 1, 3, 1]);
  });

  it('that were set stay in what is made of the type, and outweigh what was not set', () => {
    const rank = new Rank();
    const type = struct(rank, [1, 0, MPI_INT], [1, 6, MPI_CHAR]);
    const resized = rank.made(entries.MPI_Type_create_resized, type, -4, 40);
    expect(facts(rank, resized)).toEqual([5, -4, 40, 0, 7]);
    expect(facts(rank, rank.made(entries.MPI_Type_contiguous, 3, resized))).toEqual([15, -4, 120, 0, 87]);
    const outweighed = struct(rank, [1, 8, resized], [1, -100, MPI_INT]);
    expect(facts(rank, outweighed)).toEqual([9, 4, 40, -100, 115]);
    expect(facts(rank, rank.made(entries.MPI_Type_dup, outweighed))).toEqual([9, 4, 40, -100, 115]);
  });

  it('of nothing are 0, unless they were set', () => {
    const rank = new Rank();
    const nothing = rank.made(entries.MPI_Type_contiguous, 0, MPI_INT);
    expect(facts(rank, nothing)).toEqual([0, 0, 0, 0, 0]);
    const resized = rank.made(entries.MPI_Type_create_resized, nothing, 3, 16);
    expect(facts(rank, resized)).toEqual([0, 3, 16, 0, 0]);
    expect(facts(rank, struct(rank, [1, 8, resized], [1, 0, MPI_INT]))).toEqual([4, 11, 16, 0, 4]);
    expect(facts(rank, rank.made(entries.MPI_Type_vector, 4, 0, 3, MPI_INT))).toEqual([0, 0, 0, 0, 0]);
  });

  it('that do not fit into an int are MPI_UNDEFINED, and exact for functions with large counts', () => {
    const rank = new Rank();
    const large = rank.made(entries.MPI_Type_contiguous, 0x7fff_ffff, MPI_DOUBLE);
    expect(facts(rank, large)).toEqual([MPI_UNDEFINED, 0, MPI_UNDEFINED, 0, MPI_UNDEFINED]);
    const at = rank.place(24);
    entries.MPI_Type_size_c(rank, large, at);
    entries.MPI_Type_get_extent_c(rank, large, at + 8, at + 16);
    expect(rank.countsAt(at, 3)).toEqual([0x7fff_ffff * 8, 0, 0x7fff_ffff * 8]);
    const low = rank.made(entries.MPI_Type_create_resized_c, MPI_INT, -5e9, 2 ** 40);
    entries.MPI_Type_get_extent_x(rank, low, at + 8, at + 16);
    expect(rank.countsAt(at + 8, 2)).toEqual([-5e9, 2 ** 40]);
    const most = rank.made(entries.MPI_Type_contiguous_c, 2 ** 50, MPI_CHAR);
    expect(errorClassOf(() => rank.made(entries.MPI_Type_contiguous_c, 16, most))).toBe(mpi.MPI_ERR_ARG);
    expect(errorClassOf(() => rank.made(entries.MPI_Type_create_hvector_c, 3, 1, 2 ** 52, MPI_CHAR))).toBe(
      mpi.MPI_ERR_ARG,
    );
  });
});

describe('layouts', () => {
  it('of a million blocks are made and packed at once', () => {
    const rank = new Rank();
    const { datatypes } = rank;
    const column = datatypes.get(rank.made(entries.MPI_Type_vector, 1_000_000, 1, 3, MPI_INT));
    const grid = datatypes.get(rank.made(entries.MPI_Type_vector, 1000, 500, 1000, MPI_INT));
    for (const type of [column, grid]) {
      const memory = new Uint8Array(type.trueExtent);
      const words = new Uint32Array(memory.buffer);
      for (let i = 0; i < words.length; i++) words[i] = i;
      const packed = new Uint8Array(type.size);
      type.pack(memory, 0, 1, packed, 0);
      const [first, second] = new Uint32Array(packed.buffer);
      expect([first, second]).toEqual(type === column ? [0, 3] : [0, 1]);
      expect(new Uint32Array(packed.buffer).at(-1)).toBe(words.at(-1));
      const back = new Uint8Array(type.trueExtent);
      type.unpack(packed, 0, back, 0, 1);
      type.pack(back, 0, 1, packed, 0);
      expect(new Uint32Array(packed.buffer).at(-1)).toBe(words.at(-1));
    }
  });

  it('are in one piece where all blocks touch', () => {
    const rank = new Rank();
    const isContiguous = (handle: number) => rank.datatypes.get(handle).isContiguous;
    expect(isContiguous(MPI_INT)).toBe(true);
    expect(isContiguous(rank.made(entries.MPI_Type_vector, 5, 3, 3, MPI_INT))).toBe(true);
    const places = rank.ints([-2, 0, 2]);
    expect(isContiguous(rank.made(entries.MPI_Type_create_indexed_block, 3, 2, places, MPI_INT))).toBe(true);
    expect(isContiguous(struct(rank, [2, 0, MPI_INT], [1, 8, MPI_DOUBLE]))).toBe(true);
    const [whole, start] = [rank.ints([4, 5]), rank.ints([0, 0])];
    const { MPI_Type_create_subarray: subarray } = entries;
    expect(isContiguous(rank.made(subarray, 2, whole, whole, start, mpi.MPI_ORDER_C, MPI_INT))).toBe(true);
    expect(isContiguous(mpi.MPI_DOUBLE_INT)).toBe(false);
    expect(isContiguous(rank.made(entries.MPI_Type_create_resized, MPI_INT, 0, 8))).toBe(false);
    // Not in the order of addresses.
    const backwards = rank.ints([1, 0]);
    expect(isContiguous(rank.made(entries.MPI_Type_create_indexed_block, 2, 1, backwards, MPI_INT))).toBe(false);
  });

  it('know of which type alone they are', () => {
    const rank = new Rank();
    const basic = (handle: number) => rank.datatypes.get(handle).basic;
    expect(basic(rank.made(entries.MPI_Type_vector, 5, 3, 4, MPI_INT))).toEqual({ handle: MPI_INT, count: 15 });
    expect(basic(struct(rank, [2, 0, MPI_INT], [1, 80, MPI_INT]))).toEqual({ handle: MPI_INT, count: 3 });
    expect(basic(struct(rank, [2, 0, MPI_INT], [1, 8, mpi.MPI_FLOAT]))).toBeUndefined();
    expect(basic(rank.made(entries.MPI_Type_contiguous, 0, MPI_INT))).toBeUndefined();
    const pairs = rank.made(entries.MPI_Type_contiguous, 2, mpi.MPI_DOUBLE_INT);
    expect(basic(pairs)).toEqual({ handle: mpi.MPI_DOUBLE_INT, count: 2 });
  });
});

/** By definition: who has an index of one dimension. */
function owner(index: number, size: number, kind: number, argument: number, processes: number): number {
  const isDefault = argument === mpi.MPI_DISTRIBUTE_DFLT_DARG;
  if (kind === mpi.MPI_DISTRIBUTE_NONE) return 0;
  if (kind === mpi.MPI_DISTRIBUTE_BLOCK)
    return Math.floor(index / (isDefault ? Math.ceil(size / processes) : argument));
  return Math.floor(index / (isDefault ? 1 : argument)) % processes;
}

describe('arrays that are distributed', () => {
  const { MPI_DISTRIBUTE_BLOCK: BLOCK, MPI_DISTRIBUTE_CYCLIC: CYCLIC, MPI_DISTRIBUTE_NONE: NONE } = mpi;
  const DEFAULT = mpi.MPI_DISTRIBUTE_DFLT_DARG;
  const CASES = [
    { sizes: [10, 7], kinds: [CYCLIC, BLOCK], args: [2, DEFAULT], grid: [2, 2] },
    { sizes: [5, 4, 6], kinds: [CYCLIC, NONE, BLOCK], args: [DEFAULT, DEFAULT, 4], grid: [3, 1, 2] },
    { sizes: [11], kinds: [BLOCK], args: [DEFAULT], grid: [8] },
    { sizes: [3, 13], kinds: [CYCLIC, CYCLIC], args: [5, 3], grid: [2, 3] },
  ];
  for (const { sizes, kinds, args, grid } of CASES)
    for (const order of [mpi.MPI_ORDER_C, mpi.MPI_ORDER_FORTRAN])
      it(`of ${sizes.join(' x ')} over ${grid.join(' x ')}, order ${order}, give each its own`, () => {
        const rank = new Rank();
        const total = sizes.reduce((product, size) => product * size, 1);
        const processes = grid.reduce((product, along) => product * along, 1);
        const wanted: number[][] = Array.from({ length: processes }, () => []);
        for (let place = 0; place < total; place++) {
          // Indices, the dimensions outermost first.
          const indices: number[] = [];
          let rest = place;
          const fastestFirst =
            order === mpi.MPI_ORDER_C ? sizes.map((_, i) => sizes.length - 1 - i) : sizes.map((_, i) => i);
          for (const i of fastestFirst) {
            indices[i] = rest % (sizes[i] ?? 1);
            rest = Math.floor(rest / (sizes[i] ?? 1));
          }
          const process = indices.reduce((sum, index, i) => {
            const along = grid[i] ?? 1;
            return sum * along + owner(index, sizes[i] ?? 1, kinds[i] ?? 0, args[i] ?? 0, along);
          }, 0);
          wanted[process]?.push(place);
        }
        for (let process = 0; process < processes; process++) {
          for (const isLarge of [false, true]) {
            rank.clear();
            const make = isLarge ? entries.MPI_Type_create_darray_c : entries.MPI_Type_create_darray;
            const gsizes = isLarge ? rank.counts(sizes) : rank.ints(sizes);
            const rest = [kinds, args, grid].map((numbers) => rank.ints(numbers));
            const [k = 0, a = 0, g = 0] = rest;
            const type = rank.made(make, processes, process, sizes.length, gsizes, k, a, g, order, MPI_INT);
            expect(facts(rank, type).slice(0, 3)).toEqual([(wanted[process]?.length ?? 0) * 4, 0, total * 4]);
            expect(indicesOf(rank, type, total)).toEqual(wanted[process]);
            const { integers, largeCounts, types } = contentsOf(rank, type);
            const tail = [...kinds, ...args, ...grid, order];
            const head = [processes, process, sizes.length];
            expect(types).toEqual([MPI_INT]);
            expect(integers).toEqual(isLarge ? [...head, ...tail] : [...head, ...sizes, ...tail]);
            expect(largeCounts).toEqual(isLarge ? sizes : []);
          }
        }
      });

  it('are refused where the grid does not fit', () => {
    const rank = new Rank();
    const error = (size: number, process: number, gsize: number, kind: number, arg: number, along: number): number => {
      const [s, k, a, p] = [gsize, kind, arg, along].map((value) => rank.ints([value]));
      const { MPI_Type_create_darray: make } = entries;
      const { result } = rank;
      return errorClassOf(() =>
        make(rank, size, process, 1, s ?? 0, k ?? 0, a ?? 0, p ?? 0, mpi.MPI_ORDER_C, MPI_INT, result),
      );
    };
    expect(error(2, 0, 4, BLOCK, 2, 2)).toBe(0);
    expect(error(2, 0, 4, BLOCK, 1, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(2, 0, 4, CYCLIC, 0, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(3, 0, 4, BLOCK, 2, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(2, 2, 4, BLOCK, 2, 2)).toBe(mpi.MPI_ERR_RANK);
    expect(error(2, 0, 4, NONE, DEFAULT, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(2, 0, 0, BLOCK, DEFAULT, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(2, 0, 4, 99, DEFAULT, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(error(0, 0, 4, BLOCK, DEFAULT, 0)).toBe(mpi.MPI_ERR_ARG);
  });
});

describe('committing, freeing, naming', () => {
  it('a type that is not committed is not communicated with', () => {
    const rank = new Rank();
    const type = rank.made(entries.MPI_Type_contiguous, 2, MPI_INT);
    const [buffer, position] = [rank.place(64), rank.ints([0])];
    const pack = () =>
      errorClassOf(() => entries.MPI_Pack(rank, buffer, 1, type, buffer + 32, 32, position, mpi.MPI_COMM_SELF));
    expect(pack()).toBe(mpi.MPI_ERR_TYPE);
    const place = rank.ints([type]);
    entries.MPI_Type_commit(rank, place);
    expect(rank.int(place)).toBe(type);
    expect(pack()).toBe(0);
    expect(rank.datatypes.get(rank.made(entries.MPI_Type_dup, type)).isCommitted).toBe(true);
  });

  it('a freed type lives on in others, its handle does not', () => {
    const rank = new Rank();
    const inner = rank.made(entries.MPI_Type_vector, 2, 1, 2, MPI_INT);
    const outer = rank.made(entries.MPI_Type_contiguous, 2, inner);
    const place = rank.ints([inner]);
    entries.MPI_Type_free(rank, place);
    expect(rank.int(place)).toBe(mpi.MPI_DATATYPE_NULL);
    expect(errorClassOf(() => rank.datatypes.get(inner))).toBe(mpi.MPI_ERR_TYPE);
    expect(facts(rank, outer)).toEqual([16, 0, 24, 0, 24]);
    expect(indicesOf(rank, outer, 8)).toEqual([0, 2, 3, 5]);
    const { types } = contentsOf(rank, outer);
    expect(facts(rank, types[0] ?? 0)).toEqual([8, 0, 12, 0, 12]);
    for (const handle of [MPI_INT, mpi.MPI_DATATYPE_NULL, inner, 0])
      expect(errorClassOf(() => entries.MPI_Type_free(rank, rank.ints([handle])))).toBe(mpi.MPI_ERR_TYPE);
  });

  it('names are kept as bytes, cut off where they are too long', () => {
    const rank = new Rank();
    const type = rank.made(entries.MPI_Type_dup, MPI_INT);
    const [name, length] = [rank.place(200), rank.place(4)];
    const nameOf = (handle: number): number[] => {
      rank.memory.bytes.fill(0xee, name, name + 200);
      entries.MPI_Type_get_name(rank, handle, name, length);
      const end = name + rank.int(length);
      expect([...rank.memory.bytes.subarray(end, end + 2)]).toEqual([0, 0xee]);
      return [...rank.memory.bytes.subarray(name, end)];
    };
    expect(nameOf(type)).toEqual([]);
    expect(String.fromCharCode(...nameOf(MPI_INT))).toBe('MPI_INT');
    expect(String.fromCharCode(...nameOf(mpi.MPI_DATATYPE_NULL))).toBe('MPI_DATATYPE_NULL');
    const text = rank.place(200);
    rank.memory.copyIn(text, Uint8Array.of(0xff, 0xc3, 0x20, 0x80, 0));
    entries.MPI_Type_set_name(rank, type, text);
    expect(nameOf(type)).toEqual([0xff, 0xc3, 0x20, 0x80]);
    rank.memory.bytes.fill(0x41, text, text + 199);
    entries.MPI_Type_set_name(rank, type, text);
    expect(nameOf(type)).toHaveLength(mpi.MPI_MAX_OBJECT_NAME - 1);
    expect(nameOf(rank.made(entries.MPI_Type_dup, type))).toEqual([]);
    expect(errorClassOf(() => entries.MPI_Type_set_name(rank, type, 0))).toBe(mpi.MPI_ERR_ARG);
    const last = rank.memory.size - 1;
    rank.memory.bytes[last] = 0x41;
    expect(errorClassOf(() => entries.MPI_Type_set_name(rank, type, last))).toBe(mpi.MPI_ERR_ARG);
    expect(errorClassOf(() => entries.MPI_Type_get_name(rank, MPI_INT, last - 3, length))).toBe(mpi.MPI_ERR_ARG);
  });
});

describe('what a type tells of how it was made', () => {
  it('is what it was made of, at least as many as there is room for', () => {
    const rank = new Rank();
    const type = struct(rank, [3, 4, MPI_INT], [2, 40, MPI_DOUBLE]);
    const at = rank.place(64);
    entries.MPI_Type_get_envelope(rank, type, at, at + 4, at + 8, at + 12);
    expect(rank.intsAt(at, 4)).toEqual([3, 2, 2, mpi.MPI_COMBINER_STRUCT]);
    entries.MPI_Type_get_contents(rank, type, 9, 9, 9, at, at + 16, at + 32);
    expect([rank.intsAt(at, 3), rank.intsAt(at + 16, 2), rank.intsAt(at + 32, 2)]).toEqual([
      [2, 3, 2],
      [4, 40],
      [MPI_INT, MPI_DOUBLE],
    ]);
    const contents = (of: number, integers: number, addresses: number, types: number): number =>
      errorClassOf(() => entries.MPI_Type_get_contents(rank, of, integers, addresses, types, at, at + 16, at + 32));
    expect(contents(type, 2, 2, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(contents(type, 3, 1, 2)).toBe(mpi.MPI_ERR_ARG);
    expect(contents(type, 3, 2, 1)).toBe(mpi.MPI_ERR_ARG);
    expect(contents(MPI_INT, 9, 9, 9)).toBe(mpi.MPI_ERR_TYPE);
  });

  it('is told by the functions with large counts where it was made by one', () => {
    const rank = new Rank();
    const type = rank.made(entries.MPI_Type_create_hvector_c, 3, 2, -(2 ** 33), MPI_INT);
    const at = rank.place(64);
    const { MPI_Type_get_envelope: envelope, MPI_Type_get_contents: contents } = entries;
    expect(errorClassOf(() => envelope(rank, type, at, at, at, at))).toBe(mpi.MPI_ERR_TYPE);
    expect(errorClassOf(() => contents(rank, type, 9, 9, 9, at, at, at))).toBe(mpi.MPI_ERR_TYPE);
    expect(contentsOf(rank, type)).toEqual({
      combiner: mpi.MPI_COMBINER_HVECTOR,
      integers: [],
      addresses: [],
      largeCounts: [3, 2, -(2 ** 33)],
      types: [MPI_INT],
    });
  });
});

describe('packing', () => {
  it('goes on where it was, and unpacking as well', () => {
    const rank = new Rank();
    const type = rank.made(entries.MPI_Type_vector, 2, 1, 2, MPI_SHORT);
    entries.MPI_Type_commit(rank, rank.ints([type]));
    const [ints, shorts, buffer, position] = [
      rank.ints([7, -9]),
      rank.ints([0x0002_0001, 3]),
      rank.place(16),
      rank.ints([0]),
    ];
    entries.MPI_Pack(rank, ints, 2, MPI_INT, buffer, 12, position, mpi.MPI_COMM_WORLD);
    expect(rank.int(position)).toBe(8);
    entries.MPI_Pack(rank, shorts, 1, type, buffer, 12, position, mpi.MPI_COMM_WORLD);
    expect(rank.int(position)).toBe(12);
    expect(rank.intsAt(buffer, 3)).toEqual([7, -9, 0x0003_0001]);
    const { MPI_Pack: pack, MPI_COMM_WORLD } = { ...entries, ...mpi };
    expect(errorClassOf(() => pack(rank, ints, 1, MPI_INT, buffer, 12, position, MPI_COMM_WORLD))).toBe(
      mpi.MPI_ERR_TRUNCATE,
    );
    const [from, back] = [rank.counts([0]), rank.ints([1, 2, 3, 4])];
    entries.MPI_Unpack_c(rank, buffer, 12, from, back, 2, MPI_INT, mpi.MPI_COMM_WORLD);
    entries.MPI_Unpack_c(rank, buffer, 12, from, back + 8, 1, type, mpi.MPI_COMM_WORLD);
    expect(rank.countAt(from)).toBe(12);
    expect(rank.intsAt(back, 4)).toEqual([7, -9, 1, 3]);
    expect(rank.made(entries.MPI_Pack_size, 3, type, mpi.MPI_COMM_WORLD)).toBe(12);
  });

  it('refuses what is not in memory', () => {
    const rank = new Rank();
    const end = rank.memory.size;
    const [buffer, position] = [rank.place(64), rank.ints([0])];
    const error = (inbuf: number, count: number, type: number, outbuf: number, size: number, comm: number): number =>
      errorClassOf(() => entries.MPI_Pack(rank, inbuf, count, type, outbuf, size, position, comm));
    const { MPI_COMM_WORLD } = mpi;
    expect(error(end - 8, 2, MPI_INT, buffer, 64, MPI_COMM_WORLD)).toBe(0);
    rank.memory.writeU32(position, 0);
    expect(error(end - 4, 2, MPI_INT, buffer, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_BUFFER);
    expect(error(buffer, 2, MPI_INT, end - 4, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_BUFFER);
    expect(error(buffer, -1, MPI_INT, buffer, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_COUNT);
    expect(error(buffer, 1, mpi.MPI_DATATYPE_NULL, buffer, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_TYPE);
    expect(error(buffer, 1, MPI_INT, buffer, -1, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_ARG);
    expect(error(buffer, 1, MPI_INT, buffer, 64, mpi.MPI_COMM_NULL)).toBe(mpi.MPI_ERR_COMM);
    rank.memory.writeU32(position, -1);
    expect(error(buffer, 1, MPI_INT, buffer, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_ARG);
    // Elements go down from their address.
    const down = rank.made(entries.MPI_Type_create_resized, MPI_INT, 0, -4);
    entries.MPI_Type_commit(rank, rank.ints([down]));
    rank.memory.writeU32(position, 0);
    expect(error(8, 3, down, buffer, 64, MPI_COMM_WORLD)).toBe(0);
    rank.memory.writeU32(position, 0);
    expect(error(4, 3, down, buffer, 64, MPI_COMM_WORLD)).toBe(mpi.MPI_ERR_BUFFER);
  });
});

describe('counting what came', () => {
  it('tells whole elements, and basic ones', () => {
    const rank = new Rank();
    const type = struct(rank, [1, 0, MPI_DOUBLE], [2, 8, MPI_SHORT]);
    const status = rank.place(mpi.STATUS.BYTES);
    const counts = (bytes: number, of: number): number[] => {
      setStatusBytes(rank.memory, status, bytes);
      return [rank.made(entries.MPI_Get_count, status, of), rank.made(entries.MPI_Get_elements, status, of)];
    };
    expect(counts(0, type)).toEqual([0, 0]);
    expect(counts(12, type)).toEqual([1, 3]);
    expect(counts(8, type)).toEqual([MPI_UNDEFINED, 1]);
    expect(counts(22, type)).toEqual([MPI_UNDEFINED, 5]);
    expect(counts(9, type)).toEqual([MPI_UNDEFINED, MPI_UNDEFINED]);
    expect(counts(24, mpi.MPI_DOUBLE_INT)).toEqual([2, 4]);
    const nothing = rank.made(entries.MPI_Type_contiguous, 0, MPI_INT);
    expect(counts(0, nothing)).toEqual([0, 0]);
    expect(counts(4, nothing)).toEqual([MPI_UNDEFINED, MPI_UNDEFINED]);
    // More than an int counts.
    expect(counts(2 ** 32, MPI_CHAR)).toEqual([MPI_UNDEFINED, MPI_UNDEFINED]);
    const count = rank.place(8);
    entries.MPI_Get_elements_x(rank, status, MPI_CHAR, count);
    expect(rank.countAt(count)).toBe(2 ** 32);
  });

  it('tells what was set', () => {
    const rank = new Rank();
    const type = struct(rank, [1, 0, MPI_DOUBLE], [2, 8, MPI_SHORT]);
    const status = rank.place(mpi.STATUS.BYTES);
    for (let elements = 0; elements < 8; elements++) {
      entries.MPI_Status_set_elements(rank, status, type, elements);
      expect(rank.made(entries.MPI_Get_elements, status, type)).toBe(elements);
    }
    expect(rank.made(entries.MPI_Get_count, status, type)).toBe(MPI_UNDEFINED);
  });
});

describe('constructors refuse', () => {
  it('counts and blocks below zero, what is no type, what is not in memory', () => {
    const rank = new Rank();
    const { result } = rank;
    const error = (call: () => unknown) => errorClassOf(call);
    expect(error(() => entries.MPI_Type_contiguous(rank, -1, MPI_INT, result))).toBe(mpi.MPI_ERR_COUNT);
    expect(error(() => entries.MPI_Type_vector(rank, -1, 1, 1, MPI_INT, result))).toBe(mpi.MPI_ERR_COUNT);
    expect(error(() => entries.MPI_Type_vector(rank, 1, -1, 1, MPI_INT, result))).toBe(mpi.MPI_ERR_ARG);
    for (const type of [mpi.MPI_DATATYPE_NULL, 0, 0x4000, -1, mpi.MPI_COMM_WORLD])
      expect(error(() => entries.MPI_Type_contiguous(rank, 1, type, result))).toBe(mpi.MPI_ERR_TYPE);
    for (const place of [0, rank.memory.size - 2, -4])
      expect(error(() => entries.MPI_Type_contiguous(rank, 1, MPI_INT, place))).toBe(mpi.MPI_ERR_ARG);
    const [good, bad] = [rank.ints([1, 1]), rank.ints([1, -1])];
    const { MPI_Type_indexed: indexed } = entries;
    expect(error(() => indexed(rank, 2, good, good, MPI_INT, result))).toBe(0);
    expect(error(() => indexed(rank, 2, bad, good, MPI_INT, result))).toBe(mpi.MPI_ERR_ARG);
    expect(error(() => indexed(rank, 2, 0, good, MPI_INT, result))).toBe(mpi.MPI_ERR_ARG);
    expect(error(() => indexed(rank, 0x4000_0000, good, good, MPI_INT, result))).toBe(mpi.MPI_ERR_ARG);
    expect(error(() => indexed(rank, 0, 0, 0, MPI_INT, result))).toBe(0);
    expect(error(() => struct(rank, [1, 0, MPI_INT], [1, 0, mpi.MPI_DATATYPE_NULL]))).toBe(mpi.MPI_ERR_TYPE);
  });

  it('subarrays that do not fit', () => {
    const rank = new Rank();
    const error = (size: number, subsize: number, start: number, order: number, ndims = 1): number => {
      const [sizes, subsizes, starts] = [size, subsize, start].map((value) => rank.ints([value]));
      const { result } = rank;
      return errorClassOf(() =>
        entries.MPI_Type_create_subarray(rank, ndims, sizes ?? 0, subsizes ?? 0, starts ?? 0, order, MPI_INT, result),
      );
    };
    const { MPI_ORDER_C, MPI_ERR_ARG } = mpi;
    expect(error(4, 4, 0, MPI_ORDER_C)).toBe(0);
    expect(error(4, 5, 0, MPI_ORDER_C)).toBe(MPI_ERR_ARG);
    expect(error(4, 0, 0, MPI_ORDER_C)).toBe(MPI_ERR_ARG);
    expect(error(4, 2, 3, MPI_ORDER_C)).toBe(MPI_ERR_ARG);
    expect(error(4, 2, -1, MPI_ORDER_C)).toBe(MPI_ERR_ARG);
    expect(error(4, 4, 0, 7)).toBe(MPI_ERR_ARG);
    expect(error(4, 4, 0, MPI_ORDER_C, 0)).toBe(MPI_ERR_ARG);
  });

  it('types that no predefined one matches', () => {
    const rank = new Rank();
    expect(rank.made(entries.MPI_Type_match_size, mpi.MPI_TYPECLASS_REAL, 8)).toBe(mpi.MPI_REAL8);
    const match = entries.MPI_Type_match_size;
    expect(errorClassOf(() => match(rank, mpi.MPI_TYPECLASS_REAL, 3, rank.result))).toBe(mpi.MPI_ERR_ARG);
    expect(rank.made(entries.MPI_Type_get_value_index, MPI_DOUBLE, MPI_INT)).toBe(mpi.MPI_DOUBLE_INT);
    expect(rank.made(entries.MPI_Type_get_value_index, MPI_DOUBLE, MPI_DOUBLE)).toBe(mpi.MPI_DATATYPE_NULL);
  });
});
