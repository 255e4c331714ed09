// Whether a machine is open, has failed or is closed, and how much is under way in it: what a whole machine and one without
// shared memory have in common. Used on the booting thread.

import { bugError, closedError, containedBugError, type FusedError } from './errors.ts';

export interface LifecycleParts {
  /** Ends everything. @param error what whoever waits is told; `failure` when a bug of ours is the reason */
  readonly shutDown: (error: FusedError, failure: FusedError | undefined) => Promise<void>;
  /** Workers keep the program running while anything is under way. */
  readonly setRef: (keepsProgramRunning: boolean) => void;
}

/** A guest that finds one may run ten thousand times. */
const REPORTS_MOST = 100;

export class Lifecycle {
  readonly #parts: LifecycleParts;
  #pending = 0;
  #failure: FusedError | undefined;
  #closing: Promise<void> | undefined;
  readonly #reported = new Set<string>();

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Errors: what the machine failed with; ESHUTDOWN. */
  requireOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw closedError();
  }

  /** Something begins, or is done. */
  pend(change: 1 | -1): void {
    const wasIdle = this.#pending === 0;
    this.#pending += change;
    if (wasIdle !== (this.#pending === 0)) this.setRef();
  }

  /** Tells all workers anew whether they keep the program running: one has come. */
  setRef(): void {
    this.#parts.setRef(this.#pending > 0 || this.#closing !== undefined);
  }

  /** A bug of ours that ended one guest and can have hurt nothing that others use: told, each one once. */
  report(message: string): void {
    if (this.#reported.has(message) || this.#reported.size >= REPORTS_MOST) return;
    this.#reported.add(message);
    console.error(containedBugError(message).message);
  }

  /**
   * A bug of ours where shared state may be broken, that is in Linux's thread, in one that serves files, or in a core's between
   * two guests: everything that waits fails with it, and the machine stops.
   */
  fail(message: string): void {
    if (this.#failure !== undefined || this.#closing !== undefined) return;
    this.#failure = bugError(message);
    console.error(this.#failure.message);
    void this.close();
  }

  /** @returns when no thread is left */
  close(): Promise<void> {
    this.#closing ??= this.#parts.shutDown(this.#failure ?? closedError(), this.#failure);
    return this.#closing;
  }
}
