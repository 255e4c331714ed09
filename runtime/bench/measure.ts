// Measures all in one run, in turns: each round gives every column its turn, so that drift of the host hits all alike.

import { BATCH, MEASURED_CALLS, type MeasuredCall } from './calls.ts';
import { COLUMNS, type Column, FLOORS, type Floor, Hosts, isServedByCnk, type Sampler } from './columns.ts';
import { BATCHES_MAX } from './guest.ts';
import { median, type Summary, summarize } from './statistics.ts';

export interface MeasureOptions {
  readonly calls: readonly MeasuredCall[];
  readonly columns?: readonly Column[];
  readonly floors?: readonly Floor[];
  readonly rounds: number;
  /** How long a turn lasts, about. */
  readonly turnMs: number;
  readonly onProgress?: (done: number, all: number) => void;
}

/** One cell: nanoseconds a call, over batches of BATCH calls. */
export interface Cell extends Summary {
  /** The median of each round, for ratios between columns of one round. */
  readonly rounds: readonly number[];
}

export interface CallRow {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  /** Who serves it in the column `local`. */
  readonly localBy: 'cnk' | 'library';
  readonly cells: { readonly [column in Column]?: Cell };
}

export interface CallReport {
  readonly calls: readonly CallRow[];
  readonly floors: { readonly [floor in Floor]?: Cell };
  /** The directory that node:wasi worked in. */
  readonly directory: string;
}

export async function measureCalls(options: MeasureOptions): Promise<CallReport> {
  const hosts = await Hosts.open();
  try {
    const { calls, columns = COLUMNS, floors = FLOORS } = options;
    const empty = MEASURED_CALLS.find(({ id }) => id === 'yield');
    if (empty === undefined) throw new Error('the list of calls has no empty one');
    const floorSeries = await Promise.all(floors.map(async (floor) => new Series(await hosts.floor(floor, empty))));
    const callSeries = await Promise.all(
      calls.map((call) => Promise.all(columns.map(async (column) => new Series(await hosts.sampler(call, column))))),
    );
    await alternate([...floorSeries, ...callSeries.flat()], options);
    return {
      directory: hosts.directory,
      floors: Object.fromEntries(floors.map((floor, i) => [floor, floorSeries[i]?.cell()])),
      calls: calls.map((call, row) => ({
        id: call.id,
        title: call.title,
        bytes: call.bytes,
        localBy: isServedByCnk(call) ? 'cnk' : 'library',
        cells: Object.fromEntries(columns.map((column, i) => [column, callSeries[row]?.[i]?.cell()])),
      })),
    };
  } finally {
    await hosts.close();
  }
}

async function alternate(all: readonly Series[], { rounds, turnMs, onProgress }: MeasureOptions): Promise<void> {
  const turns = all.length * (rounds + 1);
  let done = 0;
  for (let round = 0; round <= rounds; round++) {
    for (const series of all) {
      await (round === 0 ? series.warmUp(turnMs) : series.turn(turnMs));
      onProgress?.(++done, turns);
    }
  }
}

/** Batches before each turn that are not kept: a fresh instance, cold caches. */
const WARM_UP = 8;
const PROBE = 4;
const LEAST = 8;
/** What is thrown away at first, in turns: engines optimise what has run for a while. */
const WARM_UP_TURNS = 3;

/** The samples of one column for one call. */
class Series {
  readonly #sampler: Sampler;
  readonly #samples: Float64Array[] = [];
  #estimateNs = 0;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  async warmUp(turnMs: number): Promise<void> {
    this.#estimateNs = await this.#probe(PROBE);
    await this.#sampler(this.#batches(turnMs * WARM_UP_TURNS), PROBE);
    this.#estimateNs = await this.#probe(PROBE);
  }

  async turn(turnMs: number): Promise<void> {
    this.#samples.push(await this.#sampler(WARM_UP, this.#batches(turnMs)));
  }

  cell(): Cell {
    const all = new Float64Array(this.#samples.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const samples of this.#samples) {
      all.set(samples, at);
      at += samples.length;
    }
    return { ...summarize(all), rounds: this.#samples.map(median) };
  }

  async #probe(batches: number): Promise<number> {
    return median(await this.#sampler(PROBE, batches));
  }

  #batches(turnMs: number): number {
    const batchMs = (this.#estimateNs * BATCH) / 1e6;
    return Math.max(LEAST, Math.min(BATCHES_MAX, Math.floor(turnMs / Math.max(batchMs, 1e-3))));
  }
}
