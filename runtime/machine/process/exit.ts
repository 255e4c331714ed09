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

/** The calls that a process's threads have made, by name; only those that were made. */
export function countsOf(control: Control, block: ProcessBlock): Record<string, CallCount> {
  const threads = block.slots().map((slot) => slotCounters(control, slot));
  const local = TABLE.map(({ number }) => sum(threads.map((thread) => thread.local[number])));
  const shipped = TABLE.map(({ number }) => sum(threads.map((thread) => thread.shipped[number])));
  const counts: Record<string, CallCount> = {};
  for (const [i, { name }] of TABLE.entries()) {
    // A program may import a call of two modules.
    const before = counts[name] ?? { local: 0, shipped: 0 };
    const count = {
      local: before.local + (local[i] ?? 0),
      shipped: before.shipped + (shipped[i] ?? 0),
    };
    if (count.local + count.shipped > 0) counts[name] = count;
  }
  return counts;
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value = 0) => total + value, 0);
}

/** A trap as embedders are told of it. */
export function exitTrap(trap: Trap | undefined): ExitTrap | undefined {
  if (trap === undefined) return undefined;
  const { message, frames, abort } = trap;
  return { message, frames, ...(abort && { abort }) };
}
