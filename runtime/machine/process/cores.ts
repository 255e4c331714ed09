// The cores of one process, from its start until nothing of it is on any of them. A guest leaves each core by itself when its process has ended, or
// the core's thread is ended. They are given back together: the first one's number is the process's block's too.

import type { Core, Cores } from '../cores/pool.ts';
import type { FromCore } from '../messages.ts';
import { deferred } from '../values/deferred.ts';

/** Between the looks whether a killed guest has left, before the end of its thread: a guest that computes does not hear of it. */
const KILL_LOOKS_MS = [1, 2, 4] as const;
/** More of them for a process on several cores, whose workers have to wake first. */
const MORE_LOOKS_MS = [...KILL_LOOKS_MS, 8, 16] as const;

export interface CoreKeepers {
  /** Nobody uses the core, its mailbox included, any more. */
  readonly onCoreFree: (core: Core) => void;
  /**
   * The guest does not leave: its thread must be ended.
   *
   * @param linuxLeft resolves when Linux uses the mailbox no more
   * @returns when the thread is gone
   */
  readonly onCoreStuck: (core: Core, linuxLeft: Promise<void>) => Promise<void>;
}

export class ProcessCores {
  /** Resolves when the guest is on none of them any more. */
  readonly left: Promise<void>;
  readonly #keepers: CoreKeepers;
  readonly #linuxLeft: Promise<void>;
  /** On which the guest is still. */
  readonly #held: Set<Core>;
  /** Whose thread had to be ended. */
  readonly #stuck = new Set<Core>();
  readonly #cores: Cores;
  readonly #allLeft = deferred<void>();
  readonly #looksMs: readonly number[];

  /** @param linuxLeft resolves when Linux uses the mailboxes no more */
  constructor(
    cores: Cores,
    keepers: CoreKeepers,
    linuxLeft: Promise<void>,
    listen: (core: Core, message: FromCore) => void,
  ) {
    this.#cores = cores;
    this.#keepers = keepers;
    this.#linuxLeft = linuxLeft;
    this.#held = new Set(cores);
    this.#looksMs = cores.length === 1 ? KILL_LOOKS_MS : MORE_LOOKS_MS;
    this.left = this.#allLeft.promise;
    for (const core of cores) core.listener = (message) => listen(core, message);
  }

  /** Whether the guest is on one of them, or a thread is being ended. */
  get areHeld(): boolean {
    return this.#held.size > 0;
  }

  /** Whether a thread did not leave by itself. */
  get wereEnded(): boolean {
    return this.#stuck.size > 0;
  }

  /** The guest has left a core by itself. @returns false: that is not news */
  takeBack(core: Core): boolean {
    if (!this.#held.has(core) || this.#stuck.has(core)) return false;
    this.#leave(core);
    return true;
  }

  /** The guest has ended: they will be free soon. */
  expectFree(): void {
    for (const core of this.#cores) core.isLeaving = true;
  }

  /** Gives back those that the guest has left by itself; once, when it is on none of them and Linux has let go of them too. */
  giveBack(): void {
    for (const core of this.#cores) if (!this.#stuck.has(core)) this.#keepers.onCoreFree(core);
  }

  /** Gives a killed guest some milliseconds to leave by itself, then has its threads ended. */
  async expectLeave(): Promise<void> {
    for (const delayMs of this.#looksMs) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (!this.areHeld) return;
    }
    for (const core of [...this.#held]) void this.endThread(core);
  }

  /** Ends a core's thread. */
  async endThread(core: Core): Promise<void> {
    if (!this.#held.has(core) || this.#stuck.has(core)) return;
    this.#stuck.add(core);
    await this.#keepers.onCoreStuck(core, this.#linuxLeft);
    this.#leave(core);
  }

  #leave(core: Core): void {
    this.#held.delete(core);
    if (this.#held.size === 0) this.#allLeft.resolve();
  }
}
