// A bare copy from one shared memory to another, as a floor of what a message takes.

/** As guest apps measure messages (guest-apps/c/mpi-pingpong.c): of all rounds but the first, which is cold, the best counts. */
const ROUNDS = 5;
const COPIES = 2000;
/** Of a long one. */
const FEW_COPIES = 200;
const LONG_BYTES = 65_536;

/** @returns microseconds a copy by `TypedArray.set` */
export function bareCopyUs(bytes: number): number {
  const [from, to] = [new Uint8Array(new SharedArrayBuffer(bytes)), new Uint8Array(new SharedArrayBuffer(bytes))];
  from.fill(1);
  const count = bytes < LONG_BYTES ? COPIES : FEW_COPIES;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) to.set(from);
    if (round > 0) bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return (1000 * bestMs) / count;
}
