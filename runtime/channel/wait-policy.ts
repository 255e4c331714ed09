// How long a side of the channel looks before it sleeps. A spin pays when the other side runs on a processor of its own and
// answers sooner than a wake-up takes; it ruins both when they share one, or when other programs want it. No count of cores
// tells which (the host runs other things too), so each side learns from its own spins: one that found nothing halves the
// next, one that found something doubles it, and now and then a full one is tried again.

import type { PollPolicy } from './layout.ts';

/** Some wake-ups (5-50 µs): a longer look costs more than it can save. */
const LONGEST_MS = 0.05;
/** Below it a spin is not begun. */
const SHORTEST_MS = 0.002;
/** A full spin in so many, that fails, costs a call less than a tenth of a wake-up. */
const PROBE_EVERY = 128;

export class SpinBudget {
  readonly #longestMs: number;
  #limitMs: number;
  #untilProbe = PROBE_EVERY;

  constructor(policy: PollPolicy) {
    this.#longestMs = policy === 'poll' ? Number.POSITIVE_INFINITY : policy === 'park' ? 0 : LONGEST_MS;
    this.#limitMs = this.#longestMs;
  }

  /** Milliseconds that the next wait may spin; 0: sleep at once. */
  next(): number {
    if (this.#limitMs >= SHORTEST_MS) return this.#limitMs;
    this.#untilProbe--;
    if (this.#untilProbe > 0) return 0;
    this.#untilProbe = PROBE_EVERY;
    return this.#longestMs;
  }

  /** The last spin found what it looked for. */
  succeeded(): void {
    if (this.#limitMs >= this.#longestMs) return;
    this.#limitMs = Math.min(this.#longestMs, Math.max(SHORTEST_MS, this.#limitMs * 2));
  }

  /** The last spin found nothing in its time. */
  failed(): void {
    this.#limitMs /= 2;
  }
}
