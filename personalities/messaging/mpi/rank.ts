// Makes one rank of a job, before its program calls MPI.

import { MPI_THREAD_SINGLE } from '../../../runtime/abi/mpi/constants.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';
import type { RankParts } from '../rank-parts.ts';
import { SharedMemoryTransport } from '../transport/shared-memory.ts';
import { Keyvals } from './attributes.ts';
import { Communicators } from './communicator.ts';
import type { MessagingContext } from './context.ts';
import { Datatypes } from './datatypes/table.ts';
import { Engine } from './engine.ts';
import { newGroups } from './groups.ts';
import { GuestServices } from './guest-services.ts';
import { HandleTable } from './handles.ts';
import { Infos } from './infos.ts';
import { Operations } from './operations.ts';
import { Requests } from './requests.ts';
import { UserErrors } from './user-errors.ts';

export function createRank(parts: RankParts): MessagingContext {
  const { rank, size, memory } = parts;
  const all = Array.from({ length: size }, (_, i) => i);
  const world = { ranks: all, rankOf: (jobRank: number) => (jobRank < size ? jobRank : undefined) };
  const self = { ranks: [rank], rankOf: (jobRank: number) => (jobRank === rank ? 0 : undefined) };
  const communicators = new Communicators(world, self, rank);
  return {
    parts,
    memory,
    engine: new Engine(parts, parts.createTransport?.(parts) ?? new SharedMemoryTransport(parts), {
      call: (number) => MPI_ROWS.find((row) => row.number === number)?.name ?? `call ${number}`,
      communicator: (context) => communicators.ofContext(context)?.label,
    }),
    communicators,
    datatypes: new Datatypes(),
    groups: newGroups(),
    keyvals: new Keyvals(),
    infos: new Infos(new Map([['maxprocs', String(size)]])),
    operations: new Operations(),
    requests: new Requests(),
    messages: new HandleTable(),
    services: new GuestServices(parts),
    errorHandlers: new HandleTable(),
    userErrors: new UserErrors(),
    state: { phase: 'before MPI_Init', threadLevel: MPI_THREAD_SINGLE, sendBuffer: undefined },
  };
}
