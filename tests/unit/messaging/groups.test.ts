// Groups, by the entries.

import { describe, expect, it } from 'vitest';
import * as entries from '../../../personalities/messaging/mpi/group-entries.ts';
import { Group, newGroups } from '../../../personalities/messaging/mpi/groups.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { errorClassOf, Rank } from './rank.ts';

const WORLD = 8;
const ME = 5;

/** As the process of rank 5 sees it. */
class Member extends Rank {
  override readonly parts = { memory: this.memory, rank: ME };
  readonly groups = newGroups();
  readonly world = this.groups.add(new Group(Array.from({ length: WORLD }, (_, rank) => rank)));

  incl(...ranks: number[]): number {
    return this.made(entries.MPI_Group_incl, this.world, ranks.length, this.ints(ranks));
  }

  /** Ranks in the world, as translating tells them. */
  members(group: number): number[] {
    const size = this.made(entries.MPI_Group_size, group);
    const [from, to] = [this.ints(Array.from({ length: size }, (_, rank) => rank)), this.place(size * 4)];
    entries.MPI_Group_translate_ranks(this, group, size, from, this.world, to);
    return this.intsAt(to, size);
  }

  error<A extends readonly number[]>(entry: (context: this, ...args: A) => number, ...args: A): number {
    return errorClassOf(() => entry(this, ...args));
  }
}

describe('groups', () => {
  it('tell size and rank', () => {
    const rank = new Member();
    expect(rank.made(entries.MPI_Group_size, rank.world)).toBe(WORLD);
    expect(rank.made(entries.MPI_Group_rank, rank.world)).toBe(ME);
    const group = rank.incl(7, 5, 1);
    expect(rank.made(entries.MPI_Group_rank, group)).toBe(1);
    expect(rank.made(entries.MPI_Group_rank, rank.incl(1, 2))).toBe(mpi.MPI_UNDEFINED);
    expect(rank.made(entries.MPI_Group_size, mpi.MPI_GROUP_EMPTY)).toBe(0);
    expect(rank.made(entries.MPI_Group_rank, mpi.MPI_GROUP_EMPTY)).toBe(mpi.MPI_UNDEFINED);
  });

  it('are made of ranks of others, in the order in which they are named', () => {
    const rank = new Member();
    const group = rank.incl(6, 2, 4);
    expect(rank.members(group)).toEqual([6, 2, 4]);
    const again = rank.made(entries.MPI_Group_incl, group, 2, rank.ints([2, 0]));
    expect(rank.members(again)).toEqual([4, 6]);
    const rest = rank.made(entries.MPI_Group_excl, rank.world, 3, rank.ints([7, 0, 3]));
    expect(rank.members(rest)).toEqual([1, 2, 4, 5, 6]);
    const all = rank.made(entries.MPI_Group_excl, rank.world, 0, 0);
    expect(rank.members(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('are made of ranges', () => {
    const rank = new Member();
    // First, last, stride: the last need not be met.
    const ranges = rank.ints([1, 6, 2, 6, 0, -6]);
    expect(rank.members(rank.made(entries.MPI_Group_range_incl, rank.world, 2, ranges))).toEqual([1, 3, 5, 6, 0]);
    expect(rank.members(rank.made(entries.MPI_Group_range_excl, rank.world, 2, ranges))).toEqual([2, 4, 7]);
    expect(rank.made(entries.MPI_Group_range_incl, rank.world, 0, 0)).toBe(mpi.MPI_GROUP_EMPTY);
  });

  it('are united, cut and subtracted, in the order of the first, then of the second', () => {
    const rank = new Member();
    const [one, other] = [rank.incl(6, 1, 3), rank.incl(3, 0, 6, 7)];
    expect(rank.members(rank.made(entries.MPI_Group_union, one, other))).toEqual([6, 1, 3, 0, 7]);
    expect(rank.members(rank.made(entries.MPI_Group_intersection, one, other))).toEqual([6, 3]);
    expect(rank.members(rank.made(entries.MPI_Group_difference, one, other))).toEqual([1]);
    expect(rank.made(entries.MPI_Group_difference, one, one)).toBe(mpi.MPI_GROUP_EMPTY);
    expect(rank.made(entries.MPI_Group_intersection, rank.incl(1), rank.incl(2))).toBe(mpi.MPI_GROUP_EMPTY);
  });

  it('are compared', () => {
    const rank = new Member();
    const compare = (one: number, other: number) => rank.made(entries.MPI_Group_compare, one, other);
    expect(compare(rank.incl(1, 2), rank.incl(1, 2))).toBe(mpi.MPI_IDENT);
    expect(compare(rank.incl(1, 2), rank.incl(2, 1))).toBe(mpi.MPI_SIMILAR);
    expect(compare(rank.incl(1, 2), rank.incl(1, 3))).toBe(mpi.MPI_UNEQUAL);
    expect(compare(rank.incl(1, 2), rank.incl(1))).toBe(mpi.MPI_UNEQUAL);
    expect(compare(mpi.MPI_GROUP_EMPTY, mpi.MPI_GROUP_EMPTY)).toBe(mpi.MPI_IDENT);
  });

  it('translate ranks, MPI_PROC_NULL to itself, whom the other has not to MPI_UNDEFINED', () => {
    const rank = new Member();
    const [one, other] = [rank.incl(6, 1, 3), rank.incl(3, 0, 6, 7)];
    const to = rank.place(16);
    const from = rank.ints([0, mpi.MPI_PROC_NULL, 1, 2]);
    entries.MPI_Group_translate_ranks(rank, one, 4, from, other, to);
    expect(rank.intsAt(to, 4)).toEqual([2, mpi.MPI_PROC_NULL, mpi.MPI_UNDEFINED, 0]);
    expect(rank.error(entries.MPI_Group_translate_ranks, one, 1, rank.ints([3]), other, to)).toBe(mpi.MPI_ERR_RANK);
    expect(rank.error(entries.MPI_Group_translate_ranks, one, -1, from, other, to)).toBe(mpi.MPI_ERR_ARG);
    expect(rank.error(entries.MPI_Group_translate_ranks, one, 1, 0, other, to)).toBe(mpi.MPI_ERR_ARG);
  });

  it('are freed, the handle becoming the null one', () => {
    const rank = new Member();
    const before = rank.groups.size;
    const place = rank.ints([rank.incl(1, 2)]);
    const handle = rank.int(place);
    entries.MPI_Group_free(rank, place);
    expect(rank.int(place)).toBe(mpi.MPI_GROUP_NULL);
    expect(rank.groups.size).toBe(before);
    expect(rank.error(entries.MPI_Group_size, handle, rank.result)).toBe(mpi.MPI_ERR_GROUP);
    const empty = rank.ints([mpi.MPI_GROUP_EMPTY]);
    entries.MPI_Group_free(rank, empty);
    expect(rank.int(empty)).toBe(mpi.MPI_GROUP_NULL);
    expect(rank.made(entries.MPI_Group_size, mpi.MPI_GROUP_EMPTY)).toBe(0);
  });

  it('refuse what is no group, no rank, and ranks named twice', () => {
    const rank = new Member();
    const { result, world } = rank;
    for (const group of [0, mpi.MPI_GROUP_NULL, 0x5000, -1]) {
      expect(rank.error(entries.MPI_Group_size, group, result)).toBe(mpi.MPI_ERR_GROUP);
      expect(rank.error(entries.MPI_Group_union, world, group, result)).toBe(mpi.MPI_ERR_GROUP);
    }
    for (const entry of [entries.MPI_Group_incl, entries.MPI_Group_excl]) {
      expect(rank.error(entry, world, 1, rank.ints([8]), result)).toBe(mpi.MPI_ERR_RANK);
      expect(rank.error(entry, world, 1, rank.ints([-1]), result)).toBe(mpi.MPI_ERR_RANK);
      expect(rank.error(entry, world, 2, rank.ints([1, 1]), result)).toBe(mpi.MPI_ERR_RANK);
      expect(rank.error(entry, world, -1, rank.ints([1]), result)).toBe(mpi.MPI_ERR_ARG);
      expect(rank.error(entry, world, 1, 0x7fff_0000, result)).toBe(mpi.MPI_ERR_ARG);
      expect(rank.error(entry, world, 1, rank.ints([1]), 0)).toBe(mpi.MPI_ERR_ARG);
    }
    for (const entry of [entries.MPI_Group_range_incl, entries.MPI_Group_range_excl]) {
      expect(rank.error(entry, world, 1, rank.ints([0, 3, 0]), result)).toBe(mpi.MPI_ERR_ARG);
      expect(rank.error(entry, world, 1, rank.ints([3, 0, 1]), result)).toBe(mpi.MPI_ERR_ARG);
      expect(rank.error(entry, world, 1, rank.ints([0, 8, 1]), result)).toBe(mpi.MPI_ERR_RANK);
      expect(rank.error(entry, world, 1, rank.ints([0, 0x7fff_ffff, 1]), result)).toBe(mpi.MPI_ERR_RANK);
      expect(rank.error(entry, world, 2, rank.ints([0, 3, 1, 2, 4, 1]), result)).toBe(mpi.MPI_ERR_RANK);
    }
  });
});
