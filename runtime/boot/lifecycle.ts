// Whether a machine is open, has failed or is closed, and how much is under way in it: what a whole machine and one without
// shared memory have in common. Used on the booting thread.

import { bugError, closedError, type FusedError } from './errors.ts';

export interface LifecycleParts {
  /** Ends everything. @param error what whoever waits is told; `failure` when a bug of ours is the reason */
  readonly shutDown: (error: FusedError, failure: FusedError | undefined) => Promise<void>;
  /** Workers keep the program running while anything is under way. */
  readonly setRef: (keepsProgramRunning: boolean) => void;
}

export class Lifecycle {
  readonly #parts: LifecycleParts;
  #pending = 0;
  #failure: FusedError | undefined;
  #closing: Promise<void> | undefined;

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

  /** A bug of ours: everything that waits fails with it, and the machine stops. */
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
