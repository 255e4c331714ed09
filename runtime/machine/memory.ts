// The memories of a machine's guests: who gets which, how far a run may grow it, and that it comes back zeroed when its last user
// is gone. Used on the booting thread by machine.ts; the limits on every machine.

import { MemoryLease } from '../memory/lease.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { MemoryPool, type MemoryWish, type PooledMemory } from '../memory/pool.ts';
import type { CorePool } from './cores/pool.ts';
import { FusedError } from './errors.ts';
import type { Program } from './program.ts';
import { checkInteger } from './values/arguments.ts';
import { startTimer } from './values/timer.ts';

/** A program that once needed much is likely to again; run by run a little less. */
const REMEMBERED = 0.9;
/** How long a start waits for a memory that is on its way back. */
const PATIENCE_MS = 50;

export class MachineMemory {
  readonly #pool: MemoryPool;
  /** Pages to which a program has grown of late: what it is likely to need. */
  readonly #grown = new WeakMap<WebAssembly.Module, number>();

  /** @param totalBytes what all guests together may grow to */
  constructor(totalBytes: number) {
    this.#pool = new MemoryPool(totalBytes);
  }

  /** Waits a moment where `take` would make a memory, although one is about to come back. */
  async settle(program: Program, limitPages: number): Promise<void> {
    const wish = this.#wishOf(program, limitPages);
    if (wish === undefined || !this.#pool.isWorthWaiting(wish)) return;
    let isPatient = true;
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      stop = startTimer(PATIENCE_MS, () => {
        isPatient = false;
        resolve();
      });
    });
    while (isPatient && this.#pool.isWorthWaiting(wish)) await Promise.race([this.#pool.nextFree(), late]);
    stop();
  }

  /**
   * A memory for a run; undefined for a program that has none.
   *
   * @param limitPages the most that the run's memory may have
   * @param aheadPages how many more than it begins with it is likely to need, whatever it is
   *
   * Errors: ENOMEM: the program begins with more than that, or the machine's memory does not allow it now.
   */
  take(program: Program, limitPages: number, aheadPages = 0): PooledMemory | undefined {
    const wish = this.#wishOf(program, limitPages);
    if (wish === undefined) return undefined;
    const likelyPages = Math.max(wish.likelyPages, wish.initialPages + aheadPages);
    const taken = this.#pool.take({ ...wish, likelyPages });
    if (taken !== undefined) return taken;
    throw new FusedError(
      'ENOMEM',
      `the program may grow to ${sizeText(wish.maximumPages)}, which the machine's memory does not allow now`,
    );
  }

  /** Lets a memory be used; when its last user is gone it goes back, zeroed by an idle core if there is one. */
  lease(taken: PooledMemory, cores: Pick<CorePool, 'scrub'>): MemoryLease {
    const { memory } = taken;
    return new MemoryLease(
      memory,
      () => this.#pool.giveBack(taken, (done) => cores.scrub(memory, done)),
      () => this.#pool.leaves(taken),
    );
  }

  #wishOf({ module, memory }: Program, limitPages: number): MemoryWish | undefined {
    if (memory === undefined) return undefined;
    const { initialPages } = memory;
    const maximumPages = maximumFor(memory, limitPages);
    return { initialPages, maximumPages, likelyPages: this.#grown.get(module) ?? initialPages };
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
