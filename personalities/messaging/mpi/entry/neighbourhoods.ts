// Entries of collective operations of topologies. See: MPI standard, "Neighborhood Collective Communication".

import { MPI_ERR_TOPOLOGY } from '../../../../runtime/abi/mpi/constants.ts';
import { exchangeWithNeighbours } from '../collectives/neighbourhood.ts';
import type { Communicator } from '../communicator.ts';
import { MpiError } from '../errors.ts';
import type { Neighbours } from '../topology.ts';
import { familyOf } from './collective-arguments.ts';
import { formsOfAll } from './collectives.ts';
import type { Entry } from './wrap.ts';

/** Errors: MPI_ERR_TOPOLOGY. */
function neighboursOf({ label, rank, topology }: Communicator): Neighbours {
  if (topology === undefined) throw new MpiError(MPI_ERR_TOPOLOGY, `${label} has no topology`);
  return topology.neighboursOf(rank);
}

export const NEIGHBOURHOODS: { readonly [name: string]: Entry } = formsOfAll([
  ...familyOf('Neighbor_allgather', 'allgather', (_, communicator, from, to) => {
    const neighbours = neighboursOf(communicator);
    const own = from.block();
    const blocks = to.blocks(neighbours.sources.length);
    return (collective) => exchangeWithNeighbours(collective, neighbours, () => own, blocks);
  }),

  ...familyOf('Neighbor_alltoall', 'alltoall', (_, communicator, from, to) => {
    const neighbours = neighboursOf(communicator);
    const sent = from.blocks(neighbours.destinations.length);
    const blocks = to.blocks(neighbours.sources.length);
    return (collective) => exchangeWithNeighbours(collective, neighbours, sent, blocks);
  }),
]);
