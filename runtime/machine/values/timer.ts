// Timers for durations that a user gives: any number of milliseconds. The host's own count up to 2^31 - 1 ms and end after
// one when they are given more, so a longer time is counted in parts. Used on the booting thread and by the command line.

/** The most that setTimeout counts, in Node and in pages. */
const PART_MS = 2 ** 31 - 1;

/**
 * Runs something once, after a time.
 *
 * @param durationMs 0 or more; Infinity: never
 * @returns what stops the timer
 */
export function startTimer(durationMs: number, run: () => void): () => void {
  if (durationMs === Number.POSITIVE_INFINITY) return () => {};
  const dueMs = performance.now() + durationMs;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const restMs = dueMs - performance.now();
    timer = setTimeout(restMs > PART_MS ? wait : run, Math.min(Math.max(restMs, 0), PART_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
