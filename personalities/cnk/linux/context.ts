// What CNK keeps for Linux's calls that are the guest's own thread's under every placement: its memory, its signals, its sleep, and what
// it shares with the other threads of its process.

import type { LINUX_ROWS } from '../../../runtime/abi/linux/rows.ts';
import type { HandlersOf } from '../../../runtime/abi/row.ts';
import type { Futex, SleepUntil } from '../../../runtime/shm/waits.ts';
import type { CnkContext } from '../context.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Signals } from '../signals/signals.ts';
import type { Threads } from '../threads/threads.ts';

type LinuxRow = (typeof LINUX_ROWS)[number];

/** As told by set_robust_list. */
export interface RobustList {
  readonly head: number;
  /** `long` has 64 bits. */
  readonly isWide: boolean;
}

/** What a thread has said for its end. */
export interface ThreadState {
  /** Address of a word that is zeroed and woken then; 0: none. */
  clearTid: number;
  robustList: RobustList | undefined;
  /** On which processors it wants to run, in words of 32: told again, no more. */
  affinity: readonly number[] | undefined;
}

export interface CoreContext extends CnkContext {
  readonly threads: Threads;
  readonly thread: ThreadState;
  readonly futex: Futex;
  /** Of the host. */
  readonly processors: number;
  /** Sleeps until something is true, or so long; leaves the guest when it is killed. Who makes it true rings the thread's slot. */
  readonly sleepUntil: SleepUntil;
  /** Sends a signal to the thread on another slot of the process. */
  sendSignal(slot: number, signal: number): void;
  readonly space: AddressSpace;
  readonly signals: Signals;
  /** Has a call of the table served by whoever serves the rest. @returns its handler's result */
  callRest(module: string, name: string, ...args: number[]): number;
}

/** Handlers of Linux's calls by name, for the thread itself. */
export type CoreHandlers = HandlersOf<LinuxRow, CoreContext>;
/** The same, of what CNK serves where it serves. */
export type LocalHandlers = HandlersOf<LinuxRow, CnkContext>;
