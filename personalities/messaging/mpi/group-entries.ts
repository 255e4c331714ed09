// The entries of groups. See: MPI 4.0, 7.3.

import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { checkPlace, checkResult, readInts, storeInt, storeNew, writeInts } from './arguments.ts';
import { hex, MpiError } from './errors.ts';
import type { Group } from './groups.ts';
import type { HandleTable } from './handles.ts';

const INT_BYTES = 4;
const RANGE_INTS = 3;

/** What the entries need of a rank. */
export interface GroupContext {
  readonly parts: { readonly memory: GuestMemory; readonly rank: number };
  /** With MPI_GROUP_EMPTY. */
  readonly groups: HandleTable<Group>;
}

/** Errors: MPI_ERR_GROUP: there is no such group. */
export function groupOf({ groups }: Pick<GroupContext, 'groups'>, handle: number): Group {
  const group = groups.get(handle);
  if (group === undefined) throw new MpiError(mpi.MPI_ERR_GROUP, `${hex(handle)} is no group`);
  return group;
}

/** Stores the handle of a group that a program gets; one without members is the predefined one. */
export function storeGroup({ parts: { memory }, groups }: GroupContext, newgroup: number, group: Group): number {
  return storeNew(
    memory,
    newgroup,
    () => (group.size === 0 ? mpi.MPI_GROUP_EMPTY : groups.add(group)),
    'the new group',
  );
}

export function MPI_Group_size(context: GroupContext, group: number, size: number): number {
  return storeInt(context.parts.memory, size, groupOf(context, group).size);
}

export function MPI_Group_rank(context: GroupContext, group: number, rank: number): number {
  return storeInt(context.parts.memory, rank, groupOf(context, group).rankOf(context.parts.rank) ?? mpi.MPI_UNDEFINED);
}

/** MPI_PROC_NULL is the same in every group. */
export function MPI_Group_translate_ranks(
  context: GroupContext,
  group1: number,
  n: number,
  ranks1: number,
  group2: number,
  ranks2: number,
): number {
  const { memory } = context.parts;
  const [from, to] = [groupOf(context, group1), groupOf(context, group2)];
  checkNumber(n);
  const ranks = readInts(memory, ranks1, n, 'the ranks');
  if (n > 0) checkPlace(memory, ranks2, n * INT_BYTES, 'the translated ranks');
  const translated = ranks.map((rank) => {
    if (rank === mpi.MPI_PROC_NULL) return rank;
    checkRank(rank, from);
    return to.rankOf(from.ranks[rank] as number) ?? mpi.MPI_UNDEFINED;
  });
  writeInts(memory, ranks2, translated);
  return mpi.MPI_SUCCESS;
}

export function MPI_Group_compare(context: GroupContext, group1: number, group2: number, result: number): number {
  return storeInt(context.parts.memory, result, groupOf(context, group1).compare(groupOf(context, group2)));
}

export function MPI_Group_union(context: GroupContext, group1: number, group2: number, newgroup: number): number {
  return storeGroup(context, newgroup, groupOf(context, group1).union(groupOf(context, group2)));
}

export function MPI_Group_intersection(
  context: GroupContext,
  group1: number,
  group2: number,
  newgroup: number,
): number {
  return storeGroup(context, newgroup, groupOf(context, group1).intersection(groupOf(context, group2)));
}

export function MPI_Group_difference(context: GroupContext, group1: number, group2: number, newgroup: number): number {
  return storeGroup(context, newgroup, groupOf(context, group1).difference(groupOf(context, group2)));
}

export function MPI_Group_incl(
  context: GroupContext,
  group: number,
  n: number,
  ranks: number,
  newgroup: number,
): number {
  const old = groupOf(context, group);
  return storeGroup(context, newgroup, old.including(ranksIn(context, old, n, ranks)));
}

export function MPI_Group_excl(
  context: GroupContext,
  group: number,
  n: number,
  ranks: number,
  newgroup: number,
): number {
  const old = groupOf(context, group);
  return storeGroup(context, newgroup, old.excluding(ranksIn(context, old, n, ranks)));
}

export function MPI_Group_range_incl(
  context: GroupContext,
  group: number,
  n: number,
  ranges: number,
  newgroup: number,
): number {
  const old = groupOf(context, group);
  return storeGroup(context, newgroup, old.including(ranksInRanges(context, old, n, ranges)));
}

export function MPI_Group_range_excl(
  context: GroupContext,
  group: number,
  n: number,
  ranges: number,
  newgroup: number,
): number {
  const old = groupOf(context, group);
  return storeGroup(context, newgroup, old.excluding(ranksInRanges(context, old, n, ranges)));
}

export function MPI_Group_free(context: GroupContext, group: number): number {
  const { memory } = context.parts;
  checkResult(memory, group, 'the group');
  const handle = memory.readU32(group);
  groupOf(context, handle);
  // The predefined one comes as the result of others, so it is freed as they are.
  if (handle !== mpi.MPI_GROUP_EMPTY) context.groups.delete(handle);
  memory.writeU32(group, mpi.MPI_GROUP_NULL);
  return mpi.MPI_SUCCESS;
}

/** Ranks of a group that a program names, each once. */
function ranksIn({ parts: { memory } }: GroupContext, group: Group, n: number, address: number): number[] {
  checkNumber(n);
  const ranks = readInts(memory, address, n, 'the ranks');
  for (const rank of ranks) checkRank(rank, group);
  checkDistinct(ranks);
  return ranks;
}

/** Ranks in ranges: first, last, stride. */
function ranksInRanges({ parts: { memory } }: GroupContext, group: Group, n: number, address: number): number[] {
  checkNumber(n);
  const numbers = readInts(memory, address, n * RANGE_INTS, 'the ranges');
  const ranks: number[] = [];
  for (let i = 0; i < numbers.length; i += RANGE_INTS) {
    const [first = 0, last = 0, stride = 0] = numbers.slice(i, i + RANGE_INTS);
    if (stride === 0) throw new MpiError(mpi.MPI_ERR_ARG, 'a range of stride 0');
    const steps = Math.floor((last - first) / stride);
    if (steps < 0) throw new MpiError(mpi.MPI_ERR_ARG, `${last} is not reached from ${first} by ${stride}`);
    checkRank(first, group);
    checkRank(first + steps * stride, group);
    for (let step = 0; step <= steps; step++) ranks.push(first + step * stride);
  }
  checkDistinct(ranks);
  return ranks;
}

function checkNumber(n: number): void {
  if (n < 0) throw new MpiError(mpi.MPI_ERR_ARG, `${n} ranks`);
}

function checkRank(rank: number, group: Group): void {
  if (rank < 0 || rank >= group.size)
    throw new MpiError(mpi.MPI_ERR_RANK, `${rank} is no rank in a group of ${group.size}`);
}

function checkDistinct(ranks: readonly number[]): void {
  if (new Set(ranks).size !== ranks.length) throw new MpiError(mpi.MPI_ERR_RANK, 'a rank is named twice');
}
