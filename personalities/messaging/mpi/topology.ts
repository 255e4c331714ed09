// Topologies: which ranks of a communicator are neighbours. Ranks keep their places: where they run makes no difference to what lies between
// them. Nothing here knows a guest or a message. See: MPI standard, "Virtual Topologies".

import { MPI_CART, MPI_DIST_GRAPH, MPI_GRAPH, MPI_PROC_NULL } from '../../../runtime/abi/mpi/constants.ts';

/** Whom a rank exchanges with in a neighbourhood collective; some may be MPI_PROC_NULL. */
export interface Neighbours {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  /**
   * The places of sources in the order in which they send: what is sent to a rank at the n-th of a rank's places goes to the n-th of these.
   * It matters where a rank is a neighbour twice.
   */
  readonly order: readonly number[];
}

export type Topology = Grid | Graph | OwnEdges;

/** Ranks at the points of a grid, row by row. */
export class Grid {
  readonly kind = MPI_CART;
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];

  constructor(dims: readonly number[], periods: readonly boolean[]) {
    this.dims = dims;
    this.periods = periods;
  }

  pointOf(rank: number): number[] {
    const point: number[] = [];
    let rest = rank;
    for (const dim of [...this.dims].reverse()) {
      point.unshift(rest % dim);
      rest = Math.floor(rest / dim);
    }
    return point;
  }

  /** Around, in dimensions that are periodic. @returns undefined: there is no such point */
  rankAt(point: readonly number[]): number | undefined {
    let rank = 0;
    for (const [i, dim] of this.dims.entries()) {
      const at = point[i] ?? 0;
      if ((at < 0 || at >= dim) && this.periods[i] !== true) return undefined;
      rank = rank * dim + (((at % dim) + dim) % dim);
    }
    return rank;
  }

  /** @returns the rank so far along a dimension, MPI_PROC_NULL beyond the end */
  shifted(rank: number, dimension: number, distance: number): number {
    const point = this.pointOf(rank);
    point[dimension] = (point[dimension] ?? 0) + distance;
    return this.rankAt(point) ?? MPI_PROC_NULL;
  }

  /** In each dimension the one before, then the one behind. What goes to the one before comes from its one behind. */
  neighboursOf(rank: number): Neighbours {
    const ranks = this.dims.flatMap((_, i) => [this.shifted(rank, i, -1), this.shifted(rank, i, 1)]);
    return { sources: ranks, destinations: ranks, order: ranks.map((_, place) => place ^ 1) };
  }

  /** Those dimensions alone that remain. */
  part(remain: readonly boolean[]): Grid {
    const remains = (_: unknown, i: number): boolean => remain[i] === true;
    return new Grid(this.dims.filter(remains), this.periods.filter(remains));
  }

  /** All ranks that have a rank's place in the dimensions that do not remain, in the order of the others. */
  ranksInPart(rank: number, remain: readonly boolean[]): number[] {
    const own = this.pointOf(rank);
    const { dims } = this;
    const size = dims.reduce((product, dim) => product * dim, 1);
    return Array.from({ length: size }, (_, other) => other).filter((other) =>
      this.pointOf(other).every((at, i) => remain[i] === true || at === own[i]),
    );
  }
}

/** Neighbours of each rank, which all know. */
export class Graph {
  readonly kind = MPI_GRAPH;
  /** Of each rank, how many neighbours it and those before it have. */
  readonly ends: readonly number[];
  readonly edges: readonly number[];

  constructor(ends: readonly number[], edges: readonly number[]) {
    this.ends = ends;
    this.edges = edges;
  }

  edgesOf(rank: number): readonly number[] {
    return this.edges.slice(rank === 0 ? 0 : this.ends[rank - 1], this.ends[rank]);
  }

  neighboursOf(rank: number): Neighbours {
    const ranks = this.edgesOf(rank);
    return { sources: ranks, destinations: ranks, order: [...ranks.keys()] };
  }
}

/** Edges of this rank's own, which it alone knows. */
export class OwnEdges {
  readonly kind = MPI_DIST_GRAPH;
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  /** undefined: edges have no weights. */
  readonly weights: { readonly sources: readonly number[]; readonly destinations: readonly number[] } | undefined;

  constructor(sources: readonly number[], destinations: readonly number[], weights: OwnEdges['weights']) {
    this.sources = sources;
    this.destinations = destinations;
    this.weights = weights;
  }

  neighboursOf(): Neighbours {
    const { sources, destinations } = this;
    return { sources, destinations, order: [...sources.keys()] };
  }
}

/**
 * Divides a number into factors that are as equal as may be, none greater than the one before it.
 *
 * @returns undefined: there are none (no factors of a number other than 1)
 */
export function balancedFactors(product: number, count: number, most = product): number[] | undefined {
  if (count === 0) return product === 1 ? [] : undefined;
  if (count === 1) return product <= most ? [product] : undefined;
  // The first is the least that there is; it is no less than the root.
  for (const factor of divisorsOf(product)) {
    if (factor > most) return undefined;
    if (factor ** count < product) continue;
    const rest = balancedFactors(product / factor, count - 1, factor);
    if (rest !== undefined) return [factor, ...rest];
  }
  return undefined;
}

/** In rising order. */
function divisorsOf(number: number): number[] {
  const low: number[] = [];
  for (let divisor = 1; divisor * divisor <= number; divisor++) if (number % divisor === 0) low.push(divisor);
  const high = low.map((divisor) => number / divisor).reverse();
  return high[0] === low.at(-1) ? [...low, ...high.slice(1)] : [...low, ...high];
}
