// Entries of collective operations of topologies. See: MPI standard, "Neighborhood Collective Communication".

import { MPI_ERR_TOPOLOGY } from '../../../../runtime/abi/mpi/constants.ts';
import { exchangeWithNeighbours } from '../collectives/neighbourhood.ts';
import type { Communicator } from '../communicator.ts';
import { MpiError } from '../errors.ts';
import type { Neighbours } from '../topology.ts';
import { checked, type Eight, evenBlocks, typedBlocks, variedBlocks } from './collective-arguments.ts';
import { forms, formsOfArrays } from './collectives.ts';
import type { Entry } from './wrap.ts';

type Six = [number, number, number, number, number, number];

/** Errors: MPI_ERR_TOPOLOGY. */
function neighboursOf({ label, rank, topology }: Communicator): Neighbours {
  if (topology === undefined) throw new MpiError(MPI_ERR_TOPOLOGY, `${label} has no topology`);
  return topology.neighboursOf(rank);
}

export const NEIGHBOURHOODS: { readonly [name: string]: Entry } = {
  ...forms('Neighbor_allgather', 7, (context, communicator, args) => {
    const [from, count, type, to, toCount, toType] = args as Six;
    const neighbours = neighboursOf(communicator);
    const own = checked(context, from, count, type);
    const blocks = evenBlocks(context, neighbours.sources.length, to, toCount, toType);
    return (collective) => exchangeWithNeighbours(collective, neighbours, () => own, blocks);
  }),

  ...formsOfArrays('Neighbor_allgatherv', 8, (context, communicator, args, width) => {
    const [from, count, type, to, counts, places, toType] = args as [...Six, number];
    const neighbours = neighboursOf(communicator);
    const own = checked(context, from, count, type);
    const blocks = variedBlocks(context, width, neighbours.sources.length, to, counts, places, toType);
    return (collective) => exchangeWithNeighbours(collective, neighbours, () => own, blocks);
  }),

  ...forms('Neighbor_alltoall', 7, (context, communicator, args) => {
    const [from, count, type, to, toCount, toType] = args as Six;
    const neighbours = neighboursOf(communicator);
    const sent = evenBlocks(context, neighbours.destinations.length, from, count, type);
    const blocks = evenBlocks(context, neighbours.sources.length, to, toCount, toType);
    return (collective) => exchangeWithNeighbours(collective, neighbours, sent, blocks);
  }),

  ...formsOfArrays('Neighbor_alltoallv', 9, (context, communicator, args, width) => {
    const [from, fromCounts, fromPlaces, fromType, to, counts, places, type] = args as Eight;
    const neighbours = neighboursOf(communicator);
    const [{ length: going }, { length: coming }] = [neighbours.destinations, neighbours.sources];
    const sent = variedBlocks(context, width, going, from, fromCounts, fromPlaces, fromType);
    const blocks = variedBlocks(context, width, coming, to, counts, places, type);
    return (collective) => exchangeWithNeighbours(collective, neighbours, sent, blocks);
  }),

  ...formsOfArrays('Neighbor_alltoallw', 9, (context, communicator, args, width) => {
    const [from, fromCounts, fromPlaces, fromTypes, to, counts, places, types] = args as Eight;
    const neighbours = neighboursOf(communicator);
    const [{ length: going }, { length: coming }] = [neighbours.destinations, neighbours.sources];
    const sent = typedBlocks(context, width, going, from, fromCounts, fromPlaces, fromTypes);
    const blocks = typedBlocks(context, width, coming, to, counts, places, types);
    return (collective) => exchangeWithNeighbours(collective, neighbours, sent, blocks);
  }),
};
