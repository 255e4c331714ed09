// How long a cell and a table are measured: bounded by time, whatever a call costs. The clock is the test's own.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BATCH } from '../../../runtime/bench/calls.ts';
import { BATCHES_MAX } from '../../../runtime/bench/guest.ts';
import { type Extent, sampleInTime } from '../../../runtime/bench/sampling.ts';
import { alternate, Series } from '../../../runtime/bench/series.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A host on which a call takes so long; it keeps what it was asked for. */
function hostOf(callMs: number) {
  const asked: Extent[] = [];
  const take = (calls: number) => (batches: number) => {
    vi.advanceTimersByTime(batches * calls * callMs);
    return new Float64Array(batches).fill(callMs * 1e6);
  };
  const sampler = async (extent: Extent): Promise<Float64Array> => {
    asked.push(extent);
    if (extent.warmUp > 0) await sampleInTime(extent.warmUp, extent.limitMs, take(extent.calls));
    return sampleInTime(extent.batches, extent.limitMs, take(extent.calls));
  };
  return { asked, sampler };
}

describe('samples in time', () => {
  it.each([
    [1, 100],
    [7, 15],
    [1000, 1],
  ])('a batch of %i ms within 10 ms: no more than twice the limit, or one batch', async (batchMs, most) => {
    const start = performance.now();
    const samples = await sampleInTime(most, 10, (count) => {
      vi.advanceTimersByTime(count * batchMs);
      return new Float64Array(count);
    });
    expect(samples.length).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThanOrEqual(Math.max(2 * 10 + batchMs, batchMs));
  });

  it('are never more than were asked for, nor more at once than the guest has room for', async () => {
    const counts: number[] = [];
    const samples = await sampleInTime(3 * BATCHES_MAX, 10, (count) => {
      counts.push(count);
      return new Float64Array(count);
    });
    expect(samples).toHaveLength(3 * BATCHES_MAX);
    expect(Math.max(...counts)).toBe(BATCHES_MAX);
  });
});

describe('a series', () => {
  it('measures a fast call by whole batches, warmed up', async () => {
    const { asked, sampler } = hostOf(0.001);
    const series = new Series(sampler);
    await series.warmUp(4);
    await series.turn(4);
    expect(asked.map(({ calls }) => calls)).toEqual([1, BATCH, BATCH]);
    expect(series.cell()).toMatchObject({ batch: BATCH, p50: 1000, rounds: [1000] });
  });

  it('makes a batch smaller when it takes longer than a turn', async () => {
    const series = new Series(hostOf(1).sampler);
    await series.warmUp(4);
    await series.turn(4);
    expect(series.cell()).toMatchObject({ batch: 4, p50: 1e6 });
  });

  it('measures a call that takes a second once or twice a turn', async () => {
    const start = performance.now();
    const series = new Series(hostOf(1000).sampler);
    await series.warmUp(4);
    for (let round = 0; round < 4; round++) await series.turn(4);
    expect(series.cell()).toMatchObject({ batch: 1, samples: 4, p50: 1e9 });
    expect(performance.now() - start).toBeLessThanOrEqual(10_000);
  });
});

describe('a table', () => {
  const seriesOf = (turnMs: number) => {
    const turn = vi.fn(async () => void vi.advanceTimersByTime(turnMs));
    return { turn, warmUp: turn };
  };

  it('has all its rounds when there is time', async () => {
    const one = seriesOf(10);
    const progress: string[] = [];
    const onProgress = (done: number, all: number) => void progress.push(`${done}/${all}`);
    expect(await alternate([one, one], { rounds: 2, turnMs: 1, limitMs: 60, onProgress })).toBe(2);
    expect(progress.at(-1)).toBe('6/6');
  });

  it('begins no round that would end too late', async () => {
    expect(await alternate([seriesOf(10)], { rounds: 8, turnMs: 1, limitMs: 35 })).toBe(2);
  });

  it('has one round in any case', async () => {
    const one = seriesOf(1000);
    expect(await alternate([one], { rounds: 8, turnMs: 1, limitMs: 35 })).toBe(1);
    expect(one.turn).toHaveBeenCalledTimes(2);
  });
});
