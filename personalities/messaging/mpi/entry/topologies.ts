// Entries of topologies: grids, graphs that all know, graphs of which each rank knows its own edges. Ranks are never reordered.
// See: MPI standard, "Virtual Topologies".

import {
  MPI_ERR_ARG,
  MPI_ERR_DIMS,
  MPI_ERR_RANK,
  MPI_ERR_TOPOLOGY,
  MPI_PROC_NULL,
  MPI_UNDEFINED,
  MPI_UNWEIGHTED,
  MPI_WEIGHTS_EMPTY,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkPlace, checkResult, readInts, storeInt, writeInts } from '../arguments.ts';
import { Collective, runSteps, type StepsTo } from '../collectives/steps.ts';
import { tellAll } from '../collectives/telling.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { among, duplicate, inherit } from '../making.ts';
import { balancedFactors, Graph, Grid, OwnEdges, type Topology } from '../topology.ts';
import { communicatorOf, requireLocalRank } from './arguments.ts';
import { requireIntra, store } from './communicators.ts';

const INT_BYTES = 4;

/** Errors: MPI_ERR_TOPOLOGY: it has none of that kind. */
function topologyOf<T extends Topology>(
  { label, topology }: Communicator,
  kind: abstract new (...args: never[]) => T,
  what: string,
): T {
  if (topology instanceof kind) return topology;
  throw new MpiError(MPI_ERR_TOPOLOGY, `${label} is not ${what}`);
}

function gridOf(communicator: Communicator): Grid {
  return topologyOf(communicator, Grid, 'a grid');
}

function graphOf(communicator: Communicator): Graph {
  return topologyOf(communicator, Graph, 'a graph');
}

/** As many as there is room for. */
function storeSome({ memory }: MessagingContext, address: number, values: readonly number[], most: number): void {
  const some = values.slice(0, Math.max(0, most));
  if (some.length > 0) checkPlace(memory, address, some.length * INT_BYTES, 'the result');
  writeInts(memory, address, some);
}

/** Errors: MPI_ERR_ARG. */
function requireCount(count: number, what: string): void {
  if (count < 0) throw new MpiError(MPI_ERR_ARG, `${count} ${what}`);
}

/** Makes a communicator of the first ranks of another. @returns undefined: this rank is none of them */
function makeOfFirst(context: MessagingContext, old: Communicator, count: number): Communicator | undefined {
  const collective = new Collective(context, old);
  if (old.rank >= count) return undefined;
  return runSteps(context, among(context, old, old.group.ranks.slice(0, count), collective));
}

export function MPI_Topo_test(context: MessagingContext, comm: number, status: number): number {
  return storeInt(context.memory, status, communicatorOf(context, comm).topology?.kind ?? MPI_UNDEFINED);
}

/** Those that are 0 are to be found. */
export function MPI_Dims_create(context: MessagingContext, nodes: number, count: number, address: number): number {
  requireCount(count, 'dimensions');
  if (nodes < 1) throw new MpiError(MPI_ERR_ARG, `a grid of ${nodes}`);
  const dims = readInts(context.memory, address, count, 'the dimensions');
  if (dims.some((dim) => dim < 0)) throw new MpiError(MPI_ERR_DIMS, `a dimension below 0: ${dims.join(' × ')}`);
  const given = dims.filter((dim) => dim > 0).reduce((product, dim) => product * dim, 1);
  const free = dims.filter((dim) => dim === 0).length;
  const factors = nodes % given === 0 ? balancedFactors(nodes / given, free) : undefined;
  if (factors === undefined) throw new MpiError(MPI_ERR_DIMS, `${nodes} ranks make no grid of ${dims.join(' × ')}`);
  writeInts(
    context.memory,
    address,
    dims.map((dim) => (dim === 0 ? (factors.shift() ?? 1) : dim)),
  );
  return 0;
}

/** @returns the grid and how many points it has. Errors: MPI_ERR_ARG, MPI_ERR_DIMS: there are not so many ranks. */
function readGrid(
  { memory }: MessagingContext,
  { size }: Communicator,
  count: number,
  dimsAt: number,
  periodsAt: number,
): { readonly grid: Grid; readonly points: number } {
  requireCount(count, 'dimensions');
  const dims = readInts(memory, dimsAt, count, 'the dimensions');
  const periods = readInts(memory, periodsAt, count, 'the periods').map((isPeriodic) => isPeriodic !== 0);
  const points = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => dim < 1) || points > size) {
    throw new MpiError(MPI_ERR_DIMS, `a grid of ${dims.join(' × ')} for ${size} ranks`);
  }
  return { grid: new Grid(dims, periods), points };
}

export function MPI_Cart_create(
  context: MessagingContext,
  comm: number,
  count: number,
  dims: number,
  periods: number,
  _reorder: number,
  newcomm: number,
): number {
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  checkResult(context.memory, newcomm);
  const { grid, points } = readGrid(context, communicator, count, dims, periods);
  return store(context, withTopology(makeOfFirst(context, communicator, points), grid), newcomm);
}

function withTopology(communicator: Communicator | undefined, topology: Topology): Communicator | undefined {
  if (communicator !== undefined) communicator.topology = topology;
  return communicator;
}

export function MPI_Cart_map(
  context: MessagingContext,
  comm: number,
  count: number,
  dims: number,
  periods: number,
  newrank: number,
): number {
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  const { points } = readGrid(context, communicator, count, dims, periods);
  return storeInt(context.memory, newrank, communicator.rank < points ? communicator.rank : MPI_UNDEFINED);
}

export function MPI_Cartdim_get(context: MessagingContext, comm: number, count: number): number {
  return storeInt(context.memory, count, gridOf(communicatorOf(context, comm)).dims.length);
}

export function MPI_Cart_get(
  context: MessagingContext,
  comm: number,
  most: number,
  dims: number,
  periods: number,
  coords: number,
): number {
  const communicator = communicatorOf(context, comm);
  const grid = gridOf(communicator);
  requireCount(most, 'dimensions');
  storeSome(context, dims, grid.dims, most);
  storeSome(context, periods, grid.periods.map(Number), most);
  storeSome(context, coords, grid.pointOf(communicator.rank), most);
  return 0;
}

export function MPI_Cart_rank(context: MessagingContext, comm: number, coords: number, rank: number): number {
  const grid = gridOf(communicatorOf(context, comm));
  const point = readInts(context.memory, coords, grid.dims.length, 'the point');
  const found = grid.rankAt(point);
  if (found === undefined) throw new MpiError(MPI_ERR_ARG, `the grid has no point ${point.join(', ')}`);
  return storeInt(context.memory, rank, found);
}

export function MPI_Cart_coords(
  context: MessagingContext,
  comm: number,
  rank: number,
  most: number,
  coords: number,
): number {
  const communicator = communicatorOf(context, comm);
  const grid = gridOf(communicator);
  requireLocalRank(communicator, rank);
  requireCount(most, 'dimensions');
  storeSome(context, coords, grid.pointOf(rank), most);
  return 0;
}

export function MPI_Cart_shift(
  context: MessagingContext,
  comm: number,
  direction: number,
  distance: number,
  source: number,
  destination: number,
): number {
  const communicator = communicatorOf(context, comm);
  const grid = gridOf(communicator);
  if (direction < 0 || direction >= grid.dims.length) {
    throw new MpiError(MPI_ERR_DIMS, `there is no dimension ${direction} of ${grid.dims.length}`);
  }
  storeInt(context.memory, source, grid.shifted(communicator.rank, direction, -distance));
  return storeInt(context.memory, destination, grid.shifted(communicator.rank, direction, distance));
}

export function MPI_Cart_sub(context: MessagingContext, comm: number, remainAt: number, newcomm: number): number {
  const communicator = communicatorOf(context, comm);
  const grid = gridOf(communicator);
  checkResult(context.memory, newcomm);
  const remain = readInts(context.memory, remainAt, grid.dims.length, 'what remains').map((remains) => remains !== 0);
  const ranks = grid.ranksInPart(communicator.rank, remain).map((rank) => communicator.jobRankOf(rank));
  const collective = new Collective(context, communicator);
  const made = runSteps(context, among(context, communicator, ranks, collective));
  return store(context, withTopology(made, grid.part(remain)), newcomm);
}

/** Errors: MPI_ERR_ARG. */
function readGraph(
  { memory }: MessagingContext,
  { size }: Communicator,
  nodes: number,
  endsAt: number,
  edgesAt: number,
): Graph {
  if (nodes < 0 || nodes > size) throw new MpiError(MPI_ERR_ARG, `a graph of ${nodes} nodes for ${size} ranks`);
  const ends = readInts(memory, endsAt, nodes, 'the nodes');
  if (ends.some((end, i) => end < (ends[i - 1] ?? 0))) {
    throw new MpiError(MPI_ERR_ARG, `numbers of edges that do not rise: ${ends.join(', ')}`);
  }
  const edges = readInts(memory, edgesAt, ends.at(-1) ?? 0, 'the edges');
  const wrong = edges.find((rank) => rank < 0 || rank >= nodes);
  if (wrong !== undefined) throw new MpiError(MPI_ERR_ARG, `an edge to ${wrong} in a graph of ${nodes}`);
  return new Graph(ends, edges);
}

export function MPI_Graph_create(
  context: MessagingContext,
  comm: number,
  nodes: number,
  ends: number,
  edges: number,
  _reorder: number,
  newcomm: number,
): number {
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  checkResult(context.memory, newcomm);
  const graph = readGraph(context, communicator, nodes, ends, edges);
  return store(context, withTopology(makeOfFirst(context, communicator, nodes), graph), newcomm);
}

export function MPI_Graph_map(
  context: MessagingContext,
  comm: number,
  nodes: number,
  ends: number,
  edges: number,
  newrank: number,
): number {
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  readGraph(context, communicator, nodes, ends, edges);
  return storeInt(context.memory, newrank, communicator.rank < nodes ? communicator.rank : MPI_UNDEFINED);
}

export function MPI_Graphdims_get(context: MessagingContext, comm: number, nodes: number, edges: number): number {
  const graph = graphOf(communicatorOf(context, comm));
  storeInt(context.memory, nodes, graph.ends.length);
  return storeInt(context.memory, edges, graph.edges.length);
}

export function MPI_Graph_get(
  context: MessagingContext,
  comm: number,
  mostEnds: number,
  mostEdges: number,
  ends: number,
  edges: number,
): number {
  const graph = graphOf(communicatorOf(context, comm));
  requireCount(mostEnds, 'nodes');
  requireCount(mostEdges, 'edges');
  storeSome(context, ends, graph.ends, mostEnds);
  storeSome(context, edges, graph.edges, mostEdges);
  return 0;
}

export function MPI_Graph_neighbors_count(
  context: MessagingContext,
  comm: number,
  rank: number,
  count: number,
): number {
  const communicator = communicatorOf(context, comm);
  const graph = graphOf(communicator);
  requireLocalRank(communicator, rank);
  return storeInt(context.memory, count, graph.edgesOf(rank).length);
}

export function MPI_Graph_neighbors(
  context: MessagingContext,
  comm: number,
  rank: number,
  most: number,
  neighbours: number,
): number {
  const communicator = communicatorOf(context, comm);
  const graph = graphOf(communicator);
  requireLocalRank(communicator, rank);
  requireCount(most, 'neighbours');
  storeSome(context, neighbours, graph.edgesOf(rank), most);
  return 0;
}

/** @returns undefined: edges have none. Errors: MPI_ERR_ARG: one is below 0. */
function readWeights({ memory }: MessagingContext, address: number, count: number): number[] | undefined {
  if (address === MPI_UNWEIGHTED) return undefined;
  if (address === MPI_WEIGHTS_EMPTY && count > 0) throw new MpiError(MPI_ERR_ARG, 'edges, but no weights');
  const weights = count === 0 ? [] : readInts(memory, address, count, 'the weights');
  const wrong = weights.find((weight) => weight < 0);
  if (wrong !== undefined) throw new MpiError(MPI_ERR_ARG, `a weight of ${wrong}`);
  return weights;
}

/** Ends of edges. Errors: MPI_ERR_ARG, MPI_ERR_RANK. */
function readEnds({ memory }: MessagingContext, { size }: Communicator, address: number, count: number): number[] {
  requireCount(count, 'edges');
  const ranks = readInts(memory, address, count, 'the edges');
  const wrong = ranks.find((rank) => rank !== MPI_PROC_NULL && (rank < 0 || rank >= size));
  if (wrong !== undefined) throw new MpiError(MPI_ERR_RANK, `an edge of the rank ${wrong} among ${size}`);
  return ranks;
}

export function MPI_Dist_graph_create_adjacent(
  context: MessagingContext,
  comm: number,
  inDegree: number,
  sourcesAt: number,
  sourceWeights: number,
  outDegree: number,
  destinationsAt: number,
  destinationWeights: number,
  _info: number,
  _reorder: number,
  newcomm: number,
): number {
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  checkResult(context.memory, newcomm);
  const sources = readEnds(context, communicator, sourcesAt, inDegree);
  const destinations = readEnds(context, communicator, destinationsAt, outDegree);
  const [coming, going] = [
    readWeights(context, sourceWeights, inDegree),
    readWeights(context, destinationWeights, outDegree),
  ];
  if ((coming === undefined) !== (going === undefined)) {
    throw new MpiError(MPI_ERR_ARG, 'edges of one direction have weights, those of the other have none');
  }
  const weights = coming && going ? { sources: coming, destinations: going } : undefined;
  const made = inherit(communicator, runSteps(context, duplicate(context, communicator)));
  return store(context, withTopology(made, new OwnEdges(sources, destinations, weights)), newcomm);
}

/** Each rank gives some edges of any ranks; all hear of all, and take their own. */
export function MPI_Dist_graph_create(
  context: MessagingContext,
  comm: number,
  count: number,
  sourcesAt: number,
  degreesAt: number,
  destinationsAt: number,
  weightsAt: number,
  _info: number,
  _reorder: number,
  newcomm: number,
): number {
  const { memory } = context;
  const communicator = communicatorOf(context, comm);
  requireIntra(communicator);
  checkResult(memory, newcomm);
  const sources = readEnds(context, communicator, sourcesAt, count);
  const degrees = readInts(memory, degreesAt, count, 'the degrees');
  for (const degree of degrees) requireCount(degree, 'edges');
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  const destinations = readEnds(context, communicator, destinationsAt, total);
  const weights = readWeights(context, weightsAt, total);
  const froms = sources.flatMap((source, i) => new Array<number>(degrees[i] ?? 0).fill(source));
  const edges = Int32Array.from(froms.flatMap((from, i) => [from, destinations[i] ?? 0, weights?.[i] ?? 1]));
  const steps = gatherEdges(context, communicator, edges, weights !== undefined);
  const { fresh, topology } = runSteps(context, steps);
  return store(context, withTopology(fresh, topology), newcomm);
}

/** Numbers of an edge: from, to, weight. */
const EDGE = 3;

/** @param edges that this rank gives */
function* gatherEdges(
  context: MessagingContext,
  communicator: Communicator,
  edges: Int32Array,
  areWeighted: boolean,
): StepsTo<{ readonly fresh: Communicator; readonly topology: OwnEdges }> {
  const own = Int32Array.of(edges.length, Number(areWeighted));
  const told = yield* tellAll(new Collective(context, communicator), own);
  const lengths = [...told].filter((_, i) => i % 2 === 0);
  const most = Math.max(...lengths);
  // All give as many as the one that has most.
  const padded = new Int32Array(most);
  padded.set(edges);
  const all = most === 0 ? padded : yield* tellAll(new Collective(context, communicator), padded);
  const [sources, sourceWeights]: [number[], number[]] = [[], []];
  const [destinations, destinationWeights]: [number[], number[]] = [[], []];
  for (const [rank, length] of lengths.entries()) {
    for (let at = rank * most; at < rank * most + length; at += EDGE) {
      const [from = 0, to = 0, weight = 0] = all.subarray(at, at + EDGE);
      if (to === communicator.rank) {
        sources.push(from);
        sourceWeights.push(weight);
      }
      if (from === communicator.rank) {
        destinations.push(to);
        destinationWeights.push(weight);
      }
    }
  }
  const weights = told[1] === 0 ? undefined : { sources: sourceWeights, destinations: destinationWeights };
  const fresh = inherit(communicator, yield* duplicate(context, communicator));
  return { fresh, topology: new OwnEdges(sources, destinations, weights) };
}

function edgesOf(communicator: Communicator): OwnEdges {
  return topologyOf(communicator, OwnEdges, 'a graph of which each rank knows its edges');
}

export function MPI_Dist_graph_neighbors_count(
  context: MessagingContext,
  comm: number,
  inDegree: number,
  outDegree: number,
  weighted: number,
): number {
  const { sources, destinations, weights } = edgesOf(communicatorOf(context, comm));
  storeInt(context.memory, inDegree, sources.length);
  storeInt(context.memory, outDegree, destinations.length);
  return storeInt(context.memory, weighted, Number(weights !== undefined));
}

export function MPI_Dist_graph_neighbors(
  context: MessagingContext,
  comm: number,
  mostSources: number,
  sources: number,
  sourceWeights: number,
  mostDestinations: number,
  destinations: number,
  destinationWeights: number,
): number {
  const edges = edgesOf(communicatorOf(context, comm));
  requireCount(mostSources, 'edges');
  requireCount(mostDestinations, 'edges');
  storeSome(context, sources, edges.sources, mostSources);
  storeSome(context, destinations, edges.destinations, mostDestinations);
  if (edges.weights === undefined) return 0;
  if (sourceWeights !== MPI_UNWEIGHTED) storeSome(context, sourceWeights, edges.weights.sources, mostSources);
  if (destinationWeights !== MPI_UNWEIGHTED) {
    storeSome(context, destinationWeights, edges.weights.destinations, mostDestinations);
  }
  return 0;
}
