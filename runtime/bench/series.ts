// What one cell of the table is made from: the samples of one column for one call, taken in turns. A turn is bounded by time,
// whatever the call costs and whoever else uses the processors: a call that takes a thousand times as long is made a few times.

import { BATCH } from './calls.ts';
import type { Sampler } from './columns.ts';
import { BATCHES_MAX } from './guest.ts';
import { concatenate } from './sampling.ts';
import { median, type Summary, summarize } from './statistics.ts';

/** One cell: nanoseconds a call, over batches. */
export interface Cell extends Summary {
  /** The median of each round, for ratios between columns of one round. */
  readonly rounds: readonly number[];
  /** Calls a batch: BATCH, or fewer when so many take longer than a turn. */
  readonly batch: number;
}

export interface Turns {
  readonly rounds: number;
  /** How long a turn lasts, about. */
  readonly turnMs: number;
  /** How long all together may last, about: a round that would end later is not begun, save the first. Default: no limit. */
  readonly limitMs?: number;
  readonly onProgress?: (done: number, all: number) => void;
}

/** Batches before each turn that are not kept: a fresh instance, cold caches. */
const WARM_UP = 8;
/** Calls, one by one, that tell how many make a batch. */
const PROBE = 8;
/** What is thrown away at first, in turns: engines optimise what has run for a while. */
const WARM_UP_TURNS = 3;

/**
 * Gives each series its turn, round by round.
 *
 * @returns how many rounds were made
 */
export async function alternate(
  all: readonly Pick<Series, 'warmUp' | 'turn'>[],
  { rounds, turnMs, limitMs = Number.POSITIVE_INFINITY, onProgress }: Turns,
): Promise<number> {
  const endMs = performance.now() + limitMs;
  const turns = all.length * (rounds + 1);
  let done = 0;
  let lastRoundMs = 0;
  for (let round = 0; round <= rounds; round++) {
    const startMs = performance.now();
    if (round > 1 && startMs + lastRoundMs > endMs) return round - 1;
    for (const series of all) {
      await (round === 0 ? series.warmUp(turnMs) : series.turn(turnMs));
      onProgress?.(++done, turns);
    }
    lastRoundMs = performance.now() - startMs;
  }
  return rounds;
}

export class Series {
  readonly #sampler: Sampler;
  readonly #samples: Float64Array[] = [];
  #calls = 1;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  /** Once, before the first turn. */
  async warmUp(turnMs: number): Promise<void> {
    const probes = await this.#sampler({ calls: 1, batches: PROBE, limitMs: turnMs, warmUp: 0 });
    // The fastest: the first run of any code says little about the next ones.
    const callMs = Math.min(...probes) / 1e6;
    this.#calls = callMs * BATCH > turnMs ? Math.max(1, Math.floor(turnMs / callMs)) : BATCH;
    // One more call of what takes a turn by itself would warm nothing up.
    if (this.#calls > 1) await this.#sample(turnMs * WARM_UP_TURNS, 0);
  }

  async turn(turnMs: number): Promise<void> {
    this.#samples.push(await this.#sample(turnMs, WARM_UP));
  }

  cell(): Cell {
    return { ...summarize(concatenate(this.#samples)), rounds: this.#samples.map(median), batch: this.#calls };
  }

  #sample(limitMs: number, warmUp: number): Promise<Float64Array> {
    return this.#sampler({ calls: this.#calls, batches: BATCHES_MAX, limitMs, warmUp });
  }
}
