// What the entries of MPI are given: one rank, as its own thread has it.

import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { RankParts } from '../rank-parts.ts';
import type { Keyvals } from './attributes.ts';
import type { Communicators } from './communicator.ts';
import type { Datatypes } from './datatypes/table.ts';
import type { Engine } from './engine.ts';
import type { Group } from './groups.ts';
import type { GuestServices } from './guest-services.ts';
import type { HandleTable } from './handles.ts';
import type { Infos } from './infos.ts';
import type { Operations } from './operations.ts';
import type { Matched, Requests, SendBuffer } from './requests.ts';
import type { UserErrors } from './user-errors.ts';

export interface MessagingContext {
  readonly parts: RankParts;
  readonly memory: GuestMemory;
  readonly engine: Engine;
  readonly communicators: Communicators;
  readonly datatypes: Datatypes;
  /** With MPI_GROUP_EMPTY. */
  readonly groups: HandleTable<Group>;
  readonly keyvals: Keyvals;
  readonly infos: Infos;
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
  /** Of MPI_Buffer_attach. */
  sendBuffer: SendBuffer | undefined;
}
