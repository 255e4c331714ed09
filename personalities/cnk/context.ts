// What CNK keeps of its one process, in the guest's own worker, and the primitives that the core gives it. CNK's handlers
// are plain functions of it: no lock, since the process's calls on this core are one thread's.

import type { WasiHandlers } from '../../runtime/abi/wasi/unstable.ts';
import type { GuestMemory } from '../../runtime/memory/guest-memory.ts';
import type { RandomPool } from '../../runtime/memory/random-pool.ts';
import type { StringVector } from '../../runtime/memory/string-vector.ts';

/** Serves one call of WASI. */
export type Handler<Name extends keyof WasiHandlers<CnkContext>> = WasiHandlers<CnkContext>[Name];

export interface CnkContext {
  readonly pid: number;
  /** Whether the process is somebody else than it began as, user 0 and group 0: Linux knows then. */
  readonly identity: { isChanged: boolean };
  readonly memory: GuestMemory;
  /** The process's table: see runtime/abi/descriptor-table. */
  readonly descriptors: Int32Array;
  readonly args: StringVector;
  readonly environment: StringVector;
  /** Nanoseconds to add to `performance.now() * 1e6` for the machine's monotonic time. */
  readonly monotonicOffsetNs: number;
  /** `performance.now()` of the process's start. */
  readonly startedMs: number;
  /** Unix time of `performance.now() === 0`: whole milliseconds, and the rest in nanoseconds. */
  readonly realtimeOriginMs: number;
  readonly realtimeRestNs: number;
  readonly random: RandomPool;
  /** Ends the process; does not return. */
  exit(code: number): never;
  /** Ends the process by a signal. @param message why, for people */
  raise(signal: number, message?: string): never;
  /** Lets another thread of the process have this one's processor, when there are too few; undefined: it has no other. */
  readonly giveWay: (() => void) | undefined;
  /** Sleeps so long; returns early only to leave the guest. */
  sleep(durationMs: number): void;
}
