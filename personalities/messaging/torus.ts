// Where the ranks of a job are: in a torus of nodes with the dimensions A to E, of each of which T counts the processes, as on Blue Gene/Q. It is
// a numbering: all messages go the same way, however far apart the coordinates are. Read by <mpix.h>'s functions; made by who starts a job.
// See: Blue Gene/Q, runjob, --mapping; docs/rationale.md.

import { balancedFactors } from './mpi/topology.ts';

/** Of nodes; without T. */
export const TORUS_DIMENSIONS = 5;
/** Coordinates in their order, and the order in which ranks are given their places unless another is asked for. */
export const COORDINATES = 'ABCDET';

export interface Torus {
  /** Nodes in each dimension. */
  readonly shape: readonly number[];
  readonly ranksPerNode: number;
  /** A permutation of COORDINATES: from one rank to the next the last one grows first. */
  readonly mapping: string;
}

/** What of it is asked for. */
export type TorusRequest = Partial<Torus>;

/**
 * The torus of a job. Without a shape it has as many nodes as are needed, all ranks on one unless it is said how many are; they are divided into
 * dimensions as equal as may be. Without a number of ranks a node has as many as are needed.
 *
 * @returns undefined: there are more ranks than places
 */
export function torusFor(ranks: number, request: TorusRequest): Torus | undefined {
  const { mapping = COORDINATES, shape = shapeOf(Math.ceil(ranks / (request.ranksPerNode ?? ranks))) } = request;
  const nodes = productOf(shape);
  const { ranksPerNode = Math.ceil(ranks / nodes) } = request;
  return nodes * ranksPerNode < ranks ? undefined : { shape, ranksPerNode, mapping };
}

/** How many of each coordinate there are. */
export function sizesOf({ shape, ranksPerNode }: Torus): number[] {
  return [...shape, ranksPerNode];
}

/** Where a rank is: A to E, and T. */
export function coordinatesOf(torus: Torus, rank: number): number[] {
  const sizes = sizesOf(torus);
  const coordinates = sizes.map(() => 0);
  let rest = rank;
  for (const index of fastestFirst(torus)) {
    const size = sizes[index] as number;
    coordinates[index] = rest % size;
    rest = Math.floor(rest / size);
  }
  return coordinates;
}

/** The rank that is, or would be, in a place of the torus. */
export function rankAt(torus: Torus, coordinates: readonly number[]): number {
  const sizes = sizesOf(torus);
  return fastestFirst(torus).reduceRight((rank, index) => {
    return rank * (sizes[index] as number) + (coordinates[index] as number);
  }, 0);
}

/** Indices of coordinates. */
function fastestFirst({ mapping }: Torus): number[] {
  return Array.from(mapping, (letter) => COORDINATES.indexOf(letter)).reverse();
}

function shapeOf(nodes: number): number[] {
  return balancedFactors(nodes, TORUS_DIMENSIONS) ?? [nodes, 1, 1, 1, 1];
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1);
}
