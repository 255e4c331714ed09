// The memories of a machine's guests: who gets which, how far a run may grow it, and that it comes back zeroed when its last user
// is gone. Used on the booting thread by machine.ts; the limits by degraded.ts too.

import { MemoryLease } from '../memory/lease.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { MemoryPool, type PooledMemory } from '../memory/pool.ts';
import type { CorePool } from './cores/pool.ts';
import { FusedError } from './errors.ts';
import type { Program } from './program.ts';
import { checkInteger } from './values/arguments.ts';

/** A program that once needed much is likely to again; run by run a little less. */
const REMEMBERED = 0.9;

export class MachineMemory {
  readonly #pool: MemoryPool;
  /** Pages to which a program has grown of late: what it is likely to need. */
  readonly #grown = new WeakMap<WebAssembly.Module, number>();

  /** @param totalBytes what all guests together may grow to */
  constructor(totalBytes: number) {
    this.#pool = new MemoryPool(totalBytes);
  }

  /**
   * A memory for a run; undefined for a program that has none.
   *
   * @param limitPages the most that the run's memory may have
   *
   * Errors: ENOMEM: the program begins with more than that, or the machine's memory does not allow it now.
   */
  take({ module, memory }: Program, limitPages: number): PooledMemory | undefined {
    if (memory === undefined) return undefined;
    const maximumPages = maximumFor(memory, limitPages);
    const { initialPages } = memory;
    const likelyPages = this.#grown.get(module) ?? initialPages;
    const taken = this.#pool.take({ initialPages, maximumPages, likelyPages });
    if (taken !== undefined) return taken;
    throw new FusedError(
      'ENOMEM',
      `the program may grow to ${sizeText(maximumPages)}, which the machine's memory does not allow now`,
    );
  }

  /** Lets a memory be used; when its last user is gone it goes back, zeroed by an idle core if there is one. */
  lease(taken: PooledMemory, cores: Pick<CorePool, 'scrub'>): MemoryLease {
    const { memory } = taken;
    return new MemoryLease(memory, () => this.#pool.giveBack(taken, (done) => cores.scrub(memory, done)));
  }

  /** A run has ended: its program is likely to need as much again. */
  note({ module }: Program, peakBytes: number): void {
    const before = this.#grown.get(module) ?? 0;
    this.#grown.set(module, Math.max(peakBytes / PAGE_BYTES, REMEMBERED * before));
  }
}

/**
 * Checks a run's own limit.
 *
 * @param bytes absent: the machine's
 *
 * @returns pages
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE: less than a page, or more than a process of the machine may have.
 */
export function memoryLimit(bytes: number | undefined, machinePages: number): number {
  if (bytes === undefined) return machinePages;
  checkInteger('options.memory', bytes, PAGE_BYTES, machinePages * PAGE_BYTES);
  return Math.floor(bytes / PAGE_BYTES);
}

/** What a program may grow to in a run. Errors: ENOMEM: it begins with more. */
export function maximumFor({ initialPages, maximumPages }: NonNullable<Program['memory']>, limitPages: number): number {
  if (initialPages <= limitPages) return Math.min(maximumPages, limitPages);
  throw new FusedError(
    'ENOMEM',
    `not enough memory: the module starts with ${sizeText(initialPages)}, its process may have ${sizeText(limitPages)}`,
  );
}

function sizeText(pages: number): string {
  const kibibytes = (pages * PAGE_BYTES) / 1024;
  return kibibytes % 1024 === 0 ? `${kibibytes / 1024} MiB` : `${kibibytes} KiB`;
}
