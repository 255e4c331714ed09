// What a rank's worker gives to messaging, which knows no worker, no machine and no host.

import type { GuestMemory } from '../../runtime/memory/guest-memory.ts';
import type { Torus } from './torus.ts';
import type { Transport } from './transport/transport.ts';

/** What a rank is made of: what its worker gives it. */
export interface RankParts {
  readonly rank: number;
  readonly size: number;
  /** Where the job's ranks are. */
  readonly torus: Torus;
  /** How many ranks of the job this machine has; another has the rest. */
  readonly ranksHere: number;
  /** Of the machine's ranks of the job: see jobMemoryBytes. */
  readonly shared: SharedArrayBuffer;
  /** The rank's own. */
  readonly memory: GuestMemory;
  /** Anybody's of this machine. */
  readonly peer: (rank: number) => GuestMemory;
  /** Wakes the thread of a rank of this machine, if it sleeps. */
  readonly ring: (rank: number) => void;
  /** Sleeps on the thread's doorbell until something is true, so long at most; leaves the guest when it is killed. */
  readonly sleepUntil: (isThere: () => boolean, durationMs: number) => void;
  /** Makes another transport than that by shared memory. */
  readonly createTransport?: ((parts: RankParts) => Transport) | undefined;
  /** Lets other threads of the process know where MPI stands: see STANDING. */
  readonly tellThreads: (standing: number) => void;
  /** Milliseconds since the machine's start, the same on all its cores. */
  readonly nowMs: () => number;
  /** Of the host. */
  readonly processors: number;
  /** The job ends when all its ranks wait for ever. */
  readonly deadlockCheck: boolean;
  /** The guest's functions: operations, handlers of errors, callbacks of attributes. */
  readonly table: () => WebAssembly.Table | undefined;
  /** What the guest's instance exports. */
  readonly exports: () => WebAssembly.Exports;
  /** Ends the job, with a message for its user. */
  readonly abort: (status: number, message: string) => never;
  /** Where ranks that wait are in their programs; empty: nothing is known. Blocks, not for long. */
  readonly placesOf: (ranks: readonly number[]) => readonly string[];
  /** Of MPI_Get_processor_name. */
  readonly processorName: string;
}
