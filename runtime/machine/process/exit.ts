// How a process ended, as its embedder is told: its status, its trap, what it called and used.

import type { SignalName } from '../../abi/signals.ts';
import { TABLE } from '../../abi/table.ts';
import { type Control, slotCounters } from '../../channel/layout.ts';
import type { AbortPlace, Trap } from '../../core/traps.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { LimitName } from './limits.ts';

/** Calls of one name: how many were served in the guest's worker, how many shipped to Linux. */
export interface CallCount {
  readonly local: number;
  readonly shipped: number;
}

/** What is known of a trap. */
export interface ExitTrap {
  readonly message: string;
  /** The program's functions, innermost first. */
  readonly frames: readonly string[];
  /** What AssemblyScript's `abort` was given. */
  readonly abort?: AbortPlace;
}

/** How a process ended. */
export interface Exit {
  /** The guest's own; 128 + signal when a signal ended it. */
  readonly exitCode: number;
  readonly signal: SignalName | undefined;
  /** The trap behind the signal, when there was one. */
  readonly trap: ExitTrap | undefined;
  /** It ended its job, by MPI_Abort or for an error of MPI: what it had to say of that. */
  readonly aborted?: string;
  /** Calls by name; only those that were made. */
  readonly counts: Readonly<Record<string, CallCount>>;
  /** It was ended because its time was up. */
  readonly hasTimedOut: boolean;
  /**
   * The limit that ended it: one that ends it from outside, or one that its calls were refused by and after which it ended with
   * another status than 0. `memory` is told on machines with shared memory only.
   */
  readonly limit: LimitName | undefined;
  /** From its start to its end, in milliseconds. */
  readonly durationMs: number;
  /** How long it ran, in milliseconds: without its sleeps and waits for calls. See `cpuMs` of the options. 0 after `loadHere`. */
  readonly cpuMs: number;
  /** Results of the function that `invoke` named, as text. */
  readonly values: readonly string[];
  /**
   * Most that the program's memory was, in bytes: what it began with, and grew by. A machine without shared memory does not
   * see what a program grew by that was killed.
   */
  readonly peakMemory: number;
}

/** The calls of a process's threads, by name; only those that were made. */
export function countsOf(control: Control, block: ProcessBlock): Record<string, CallCount> {
  const counts: Record<string, CallCount> = {};
  for (const slot of block.slots()) {
    const { local, shipped } = slotCounters(control, slot);
    for (const { name, number } of TABLE) {
      // A program may import a call of two modules.
      const before = counts[name] ?? { local: 0, shipped: 0 };
      const count = {
        local: before.local + (local[number] ?? 0),
        shipped: before.shipped + (shipped[number] ?? 0),
      };
      if (count.local + count.shipped > 0) counts[name] = count;
    }
  }
  return counts;
}

/** A trap as embedders are told of it. */
export function exitTrap(trap: Trap | undefined): ExitTrap | undefined {
  if (trap === undefined) return undefined;
  const { message, frames, abort } = trap;
  return { message, frames, ...(abort && { abort }) };
}
