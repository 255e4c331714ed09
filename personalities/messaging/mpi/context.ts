// What the entries of MPI are given: one rank, as its own thread has it.

import { MPI_THREAD_SINGLE } from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { RankParts } from '../rank-parts.ts';
import { SharedMemoryTransport } from '../transport/shared-memory.ts';
import { Communicators } from './communicator.ts';
import { Datatypes } from './datatypes/table.ts';
import { Engine } from './engine.ts';
import type { SendBuffer } from './entry/buffered.ts';
import { UserErrors } from './entry/error-classes.ts';
import type { Matched } from './entry/probe.ts';
import { GuestServices } from './guest-services.ts';
import { HandleTable } from './handles.ts';
import { Operations } from './operations.ts';
import { Requests } from './requests.ts';

export interface MessagingContext {
  readonly parts: RankParts;
  readonly memory: GuestMemory;
  readonly engine: Engine;
  readonly communicators: Communicators;
  readonly datatypes: Datatypes;
  readonly operations: Operations;
  readonly requests: Requests;
  /** Found by MPI_Mprobe, and not yet received. */
  readonly messages: HandleTable<Matched>;
  /** What the guest's side of the library does for this one. */
  readonly services: GuestServices;
  /** Functions of the guest's, by their indices. */
  readonly errorHandlers: HandleTable<number>;
  readonly userErrors: UserErrors;
  /** What MPI_Init and MPI_Finalize have made of it. */
  readonly state: RankState;
}

export interface RankState {
  phase: 'before MPI_Init' | 'initialized' | 'after MPI_Finalize';
  threadLevel: number;
  /** MPI_Pcontrol's, of which nothing depends. */
  profiling: number;
  /** Of MPI_Buffer_attach. */
  sendBuffer: SendBuffer | undefined;
}

export function createRank(parts: RankParts): MessagingContext {
  const { rank, size, memory } = parts;
  const all = Array.from({ length: size }, (_, i) => i);
  const world = { ranks: all, rankOf: (jobRank: number) => (jobRank < size ? jobRank : undefined) };
  const self = { ranks: [rank], rankOf: (jobRank: number) => (jobRank === rank ? 0 : undefined) };
  return {
    parts,
    memory,
    engine: new Engine(parts, new SharedMemoryTransport(parts)),
    communicators: new Communicators(world, self, rank),
    datatypes: new Datatypes(),
    operations: new Operations(),
    requests: new Requests(),
    messages: new HandleTable(),
    services: new GuestServices(parts),
    errorHandlers: new HandleTable(),
    userErrors: new UserErrors(),
    state: { phase: 'before MPI_Init', threadLevel: MPI_THREAD_SINGLE, profiling: 1, sendBuffer: undefined },
  };
}
