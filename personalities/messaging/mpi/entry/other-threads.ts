// What threads may call that are not the one whose MPI it is: where MPI stands, who they are, and the time. See: MPI standard, "MPI and
// Threads", which lets any thread call these at any level of support.

import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import { storeInt } from '../arguments.ts';
import { STANDING } from '../standing.ts';
import { MPI_Wtick } from './environment.ts';

export interface OtherThread {
  readonly memory: GuestMemory;
  readonly nowMs: () => number;
  /** The word that the rank's own thread has stored last: see STANDING. */
  readonly standing: () => number;
}

type OtherEntry = (thread: OtherThread, address: number) => number;

/** Errors: MPI_ERR_ARG. */
export const OTHER_THREADS: { readonly [name: string]: OtherEntry | undefined } = {
  MPI_Wtime: ({ nowMs }) => nowMs() / 1000,
  MPI_Wtick,
  MPI_Initialized: (thread, flag) => storeInt(thread.memory, flag, Number(thread.standing() !== 0)),
  MPI_Finalized: (thread, flag) =>
    storeInt(thread.memory, flag, Number((thread.standing() & STANDING.finalized) !== 0)),
  MPI_Query_thread: (thread, provided) => storeInt(thread.memory, provided, thread.standing() & STANDING.level),
  MPI_Is_thread_main: (thread, flag) => storeInt(thread.memory, flag, 0),
};
