// Groups: ordered sets of processes, each known by its rank in the world. Never changed; communicators hold them. See: MPI 4.0, 7.3.

import { MPI_GROUP_EMPTY, MPI_IDENT, MPI_SIMILAR, MPI_UNEQUAL } from '../../../runtime/abi/mpi/constants.ts';
import type { Members } from './communicator.ts';
import { HandleTable } from './handles.ts';

export class Group implements Members {
  /** Ranks in the world, by rank in the group. */
  readonly ranks: readonly number[];
  /** Whether each rank is the same in the world. */
  readonly #isWorldBegin: boolean;
  #byWorldRank: Map<number, number> | undefined;

  constructor(ranks: readonly number[]) {
    this.ranks = ranks;
    this.#isWorldBegin = ranks.every((world, rank) => world === rank);
  }

  get size(): number {
    return this.ranks.length;
  }

  rankOf(world: number): number | undefined {
    if (this.#isWorldBegin) return world >= 0 && world < this.ranks.length ? world : undefined;
    this.#byWorldRank ??= new Map(this.ranks.map((member, rank) => [member, rank]));
    return this.#byWorldRank.get(world);
  }

  has(world: number): boolean {
    return this.rankOf(world) !== undefined;
  }

  /** MPI_IDENT, MPI_SIMILAR or MPI_UNEQUAL. */
  compare(other: Group): number {
    if (this === other) return MPI_IDENT;
    if (this.size !== other.size) return MPI_UNEQUAL;
    if (this.ranks.every((world, rank) => world === other.ranks[rank])) return MPI_IDENT;
    return this.ranks.every((world) => other.has(world)) ? MPI_SIMILAR : MPI_UNEQUAL;
  }

  /** All of this one, then those of the other that it has not. */
  union(other: Group): Group {
    return new Group([...this.ranks, ...other.ranks.filter((world) => !this.has(world))]);
  }

  /** In the order of this one. */
  intersection(other: Group): Group {
    return new Group(this.ranks.filter((world) => other.has(world)));
  }

  difference(other: Group): Group {
    return new Group(this.ranks.filter((world) => !other.has(world)));
  }

  /** @param ranks in this group, checked: each once */
  including(ranks: readonly number[]): Group {
    return new Group(ranks.map((rank) => this.ranks[rank] as number));
  }

  excluding(ranks: readonly number[]): Group {
    const excluded = new Set(ranks);
    return new Group(this.ranks.filter((_, rank) => !excluded.has(rank)));
  }
}

export const EMPTY_GROUP = new Group([]);

/** Of a rank, at its beginning. */
export function newGroups(): HandleTable<Group> {
  const groups = new HandleTable<Group>();
  groups.set(MPI_GROUP_EMPTY, EMPTY_GROUP);
  return groups;
}
