// Runs the generated guest in whatever instance it was given and turns what it stored into nanoseconds a call. The clock's
// own cost, measured by batches without a call, is taken off. Used in our workers and, through `machine.load`, on our cores.

import { BATCH } from './calls.ts';
import { BATCHES_MAX, type GuestExports, SAMPLES } from './guest.ts';
import { median } from './statistics.ts';

/** A guest wherever it lives: its functions and its memory, by copy. */
export interface RunningGuest {
  call(name: keyof GuestExports, ...args: number[]): Promise<unknown> | unknown;
  read(address: number, length: number): Uint8Array<ArrayBuffer>;
}

const CLOCK_BATCHES = 64;
const NS_PER_MS = 1e6;

/**
 * Samples of a guest that was not prepared yet; it is finished afterwards.
 *
 * @param warmUp batches that are made before and not kept
 * @returns nanoseconds a call, one a batch
 *
 * Errors: an Error when a call of the guest failed.
 */
export async function sampleGuest(guest: RunningGuest, warmUp: number, batches: number): Promise<Float64Array> {
  await check(guest, 'prepare');
  if (warmUp > 0) await times(guest, warmUp, BATCH);
  const clockMs = median(await times(guest, CLOCK_BATCHES, 0));
  const samples = await times(guest, batches, BATCH);
  await check(guest, 'finish');
  return samples.map((ms) => (Math.max(0, ms - clockMs) * NS_PER_MS) / BATCH);
}

async function times(guest: RunningGuest, batches: number, calls: number): Promise<Float64Array> {
  const count = Math.min(batches, BATCHES_MAX);
  await check(guest, 'sample', count, calls);
  return new Float64Array(guest.read(SAMPLES, 8 * count).buffer);
}

async function check(guest: RunningGuest, name: keyof GuestExports, ...args: number[]): Promise<void> {
  const errors = await guest.call(name, ...args);
  if (errors !== 0) throw new Error(`a call of the measured program failed in ${name}: error bits ${errors}`);
}
