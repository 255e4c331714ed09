// Collective operations of topologies: each rank exchanges with its neighbours alone.

import { MPI_PROC_NULL } from '../../../../runtime/abi/mpi/constants.ts';
import type { Waited } from '../engine.ts';
import type { Neighbours } from '../topology.ts';
import type { Blocks } from './moving.ts';
import { all, type Collective, type Steps } from './steps.ts';

/** @param from by place of the destination @param to by place of the source; that of nobody's stays as it is */
export function* exchangeWithNeighbours(
  collective: Collective,
  { sources, destinations, order }: Neighbours,
  from: Blocks,
  to: Blocks,
): Steps {
  const waits: (Waited | undefined)[] = [];
  for (const place of order) {
    const source = sources[place] ?? MPI_PROC_NULL;
    if (source === MPI_PROC_NULL) continue;
    const { address, count, type } = to(place);
    waits.push(collective.receive(source, address, count, type));
  }
  for (const [place, destination] of destinations.entries()) {
    if (destination === MPI_PROC_NULL) continue;
    const { address, count, type } = from(place);
    waits.push(collective.send(destination, address, count, type));
  }
  yield* all(waits);
}
