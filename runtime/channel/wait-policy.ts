// How long a side of the channel looks before it sleeps. A spin pays when the other side runs on a processor of its own and
// answers sooner than a wake-up takes; it ruins both when they share one, or when other programs want it. No count of cores
// tells which (the host runs other things too), so each side learns from its own spins: one that found nothing halves the
// next, one that found something doubles it, and now and then a full one is tried again.

import { type Control, MACHINE, POLICIES, type PollPolicy } from './layout.ts';

/** Some wake-ups (5-50 µs): a longer look costs more than it can save. */
const LONGEST_MS = 0.05;
/** Below it a spin is not begun. */
const SHORTEST_MS = 0.002;
/** What a full spin that has found something leaves for the next. */
const PROVEN_MS = 0.025;
/** A full spin in so many, that fails, costs a call less than a tenth of a wake-up. */
const PROBE_EVERY = 128;
/** Or after so long: where each call takes long, so many take too long to learn from. */
const PROBE_AFTER_MS = 3;

/** Looks between two looks at the clock. */
const LOOKS = 50;

/** Of a machine. */
export function policyOf({ i32 }: Control): PollPolicy {
  return POLICIES[i32[MACHINE.POLICY] as number] ?? 'adaptive';
}

/** The same, for waits that have something to do before they sleep, or an end that a look without end would miss. */
export function boundedPolicyOf(control: Control): PollPolicy {
  const policy = policyOf(control);
  return policy === 'poll' ? 'adaptive' : policy;
}

export class SpinBudget {
  readonly #longestMs: number;
  #limitMs: number;
  #untilProbe = PROBE_EVERY;
  #probedMs = 0;
  #isProbe = false;
  readonly #now: () => number;

  /** @param now the time in milliseconds */
  constructor(policy: PollPolicy, now: () => number = () => performance.now()) {
    this.#longestMs = policy === 'poll' ? Number.POSITIVE_INFINITY : policy === 'park' ? 0 : LONGEST_MS;
    this.#limitMs = this.#longestMs;
    this.#now = now;
  }

  /** Looks as long as the next wait may spin. @returns whether it is there */
  spin(isThere: () => boolean): boolean {
    const limitMs = this.next();
    if (limitMs === 0) return false;
    const start = this.#now();
    do {
      for (let i = 0; i < LOOKS; i++) {
        if (!isThere()) continue;
        this.succeeded();
        return true;
      }
    } while (this.#now() - start < limitMs);
    this.failed();
    return false;
  }

  /** Milliseconds that the next wait may spin; 0: sleep at once. */
  next(): number {
    if (this.#limitMs >= SHORTEST_MS || this.#longestMs === 0) return this.#limitMs;
    this.#untilProbe--;
    const nowMs = this.#now();
    if (this.#untilProbe > 0 && nowMs - this.#probedMs < PROBE_AFTER_MS) return 0;
    this.#untilProbe = PROBE_EVERY;
    this.#probedMs = nowMs;
    this.#isProbe = true;
    return this.#longestMs;
  }

  /** The last spin found what it looked for. */
  succeeded(): void {
    if (this.#limitMs >= this.#longestMs) return;
    // Two sides that both sleep do not wake each other within the shortest spin: neither would ever begin.
    const leastMs = this.#isProbe ? PROVEN_MS : SHORTEST_MS;
    this.#limitMs = Math.min(this.#longestMs, Math.max(leastMs, this.#limitMs * 2));
    this.#isProbe = false;
  }

  /** The last spin found nothing in its time. */
  failed(): void {
    this.#limitMs /= 2;
    this.#isProbe = false;
  }
}

/** About as long as 1 MiB of a file in memory takes: a wake-up is little against what takes longer. */
const LONGEST_WORK_MS = 0.3;
/** Misses, less hits, after which waits sleep at once. */
const MISSES = 4;
const WORK_PROBE_EVERY = 32;

/**
 * As SpinBudget, for waits until a guest's thread has done its work. They differ in length by far more, so a miss says little
 * of the next: a wait spins in full or not at all.
 */
export class WorkBudget {
  readonly #spinMs: number;
  #misses = 0;
  #untilProbe = WORK_PROBE_EVERY;

  constructor(policy: PollPolicy) {
    this.#spinMs = policy === 'poll' ? Number.POSITIVE_INFINITY : policy === 'park' ? 0 : LONGEST_WORK_MS;
  }

  /** Milliseconds that the next wait may spin; 0: sleep at once. */
  next(): number {
    if (this.#misses < MISSES) return this.#spinMs;
    this.#untilProbe--;
    if (this.#untilProbe > 0) return 0;
    this.#untilProbe = WORK_PROBE_EVERY;
    return this.#spinMs;
  }

  succeeded(): void {
    // One that was tried although the others had missed counts for all.
    this.#misses = this.#misses >= MISSES ? 0 : Math.max(0, this.#misses - 1);
  }

  failed(): void {
    if (this.#misses < MISSES) this.#misses++;
  }
}
