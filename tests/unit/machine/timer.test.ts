// Timers of any length, with time that the test moves.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTimer } from '../../../runtime/machine/values/timer.ts';

const DAY_MS = 86_400_000;

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('a timer', () => {
  test.each([0, 1, 1000, 2 ** 31 - 1, 2 ** 31, 3e9, 25 * DAY_MS, 400 * DAY_MS])(
    'of %d ms runs then, and once',
    (ms) => {
      const run = vi.fn();
      startTimer(ms, run);
      if (ms > 0) vi.advanceTimersByTime(ms - 1);
      expect(run).toHaveBeenCalledTimes(0);
      vi.advanceTimersByTime(1);
      expect(run).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(100 * DAY_MS);
      expect(run).toHaveBeenCalledTimes(1);
    },
  );

  test('of Infinity never runs, and keeps nothing', () => {
    const run = vi.fn();
    startTimer(Number.POSITIVE_INFINITY, run);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });

  test.each([1000, 100 * DAY_MS])('of %d ms that is stopped never runs', (ms) => {
    const run = vi.fn();
    const stop = startTimer(ms, run);
    vi.advanceTimersByTime(ms - 1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(200 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });
});
