// Runs the generated guest in whatever instance it was given and turns what it stored into nanoseconds a call. The clock's
// own cost, measured by batches without a call, is taken off. Used in our workers and, through `machine.load`, on our cores.

import { BATCHES_MAX, type GuestExports, SAMPLES } from './guest.ts';
import { median } from './statistics.ts';

/** How much a sampler measures: until one of the limits is reached, but a batch at the least. */
export interface Extent {
  /** Calls a batch. */
  readonly calls: number;
  readonly batches: number;
  /** What the kept batches may take together, about. */
  readonly limitMs: number;
  /** As many batches go before and are not kept, in as much time at the most. */
  readonly warmUp: number;
}

/** A guest wherever it lives: its functions and its memory, by copy. The entries of its directory are there. */
export interface RunningGuest {
  call(name: keyof GuestExports, ...args: number[]): Promise<unknown> | unknown;
  read(address: number, length: number): Uint8Array<ArrayBuffer>;
}

const CLOCK_BATCHES = 64;
const NS_PER_MS = 1e6;

/**
 * Samples of a guest that was not prepared yet; it is finished afterwards.
 *
 * @returns nanoseconds a call, one a batch
 *
 * Errors: an Error when a call of the guest failed.
 */
export async function sampleGuest(guest: RunningGuest, extent: Extent): Promise<Float64Array> {
  const { calls, batches, limitMs, warmUp } = extent;
  await check(guest, 'prepare');
  if (warmUp > 0) await sampleInTime(warmUp, limitMs, (count) => times(guest, count, calls));
  const clockMs = median(await sampleInTime(CLOCK_BATCHES, limitMs, (count) => times(guest, count, 0)));
  const samples = await sampleInTime(batches, limitMs, (count) => times(guest, count, calls));
  await check(guest, 'finish');
  return samples.map((ms) => (Math.max(0, ms - clockMs) * NS_PER_MS) / calls);
}

/**
 * Takes samples until there are enough or their time is over: one batch, then twice as many each time, so that neither a
 * slow call nor a processor that others take meanwhile makes it last longer than about twice the limit, or one batch.
 *
 * @param take takes so many samples, at most BATCHES_MAX
 */
export async function sampleInTime(
  batches: number,
  limitMs: number,
  take: (count: number) => Promise<Float64Array> | Float64Array,
): Promise<Float64Array> {
  const taken: Float64Array[] = [];
  const endMs = performance.now() + limitMs;
  let left = batches;
  for (let next = 1; left > 0; next *= 2) {
    const samples = await take(Math.min(next, left, BATCHES_MAX));
    taken.push(samples);
    left -= samples.length;
    if (performance.now() >= endMs) break;
  }
  return concatenate(taken);
}

export function concatenate(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function times(guest: RunningGuest, batches: number, calls: number): Promise<Float64Array> {
  await check(guest, 'sample', batches, calls);
  return new Float64Array(guest.read(SAMPLES, 8 * batches).buffer);
}

/**
 * Calls a function of the guest.
 *
 * Errors: an Error when a call of the guest failed.
 */
export async function check(guest: RunningGuest, name: keyof GuestExports, ...args: number[]): Promise<void> {
  const errors = await guest.call(name, ...args);
  if (errors !== 0) throw new Error(`a call of the measured program failed in ${name}: error bits ${errors}`);
}
