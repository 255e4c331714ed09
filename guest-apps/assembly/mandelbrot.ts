// Mandelbrot set by escape time, two points at once in 128-bit vectors, sampled at the centres of a grid of cells over
// [-2, 0.5] x [-1.25, 1.25]. Known answer: the set's area is 1.50659 (Foerstemann, "Numerical estimation of the area
// of the Mandelbrot set", 2012); the cells that stay bounded must add up to it within 0.5 % (a limited number of
// iterations counts a few too many), mirror each other exactly in the real axis and, in every 16th row, agree exactly
// with scalar arithmetic. result is the sum of all escape times.

import { repeatMore, report, secondsNow } from "./report";

const N: i32 = 512; // cells along an edge; even
const MOST_ITERATIONS: i32 = 1000;
const EDGE: f64 = 2.5;
const AREA: f64 = 1.50659;

/** Escape times of row y: the number of iterations after which |z| <= 2 still held, at most MOST_ITERATIONS. */
export function escapeTimes(y: i32, times: StaticArray<i32>): void {
  const cell = EDGE / <f64>N;
  const ci = f64x2.splat((<f64>y + 0.5 - <f64>(N / 2)) * cell);
  const four = f64x2.splat(4);
  for (let x = 0; x < N; x += 2) {
    const left = -2.0 + (<f64>x + 0.5) * cell;
    const cr = f64x2.replace_lane(f64x2.splat(left), 1, left + cell);
    let zr = cr, zi = ci, counts = i64x2.splat(0);
    for (let n = 0; n < MOST_ITERATIONS; n++) {
      const rr = f64x2.mul(zr, zr), ii = f64x2.mul(zi, zi);
      const bounded = f64x2.le(f64x2.add(rr, ii), four); // all ones, which is -1, in a bounded lane
      if (!v128.any_true(bounded)) break;
      counts = i64x2.sub(counts, bounded);
      const ri = f64x2.mul(zr, zi);
      zr = f64x2.add(f64x2.sub(rr, ii), cr);
      zi = f64x2.add(f64x2.add(ri, ri), ci);
    }
    unchecked((times[x] = <i32>i64x2.extract_lane(counts, 0)));
    unchecked((times[x + 1] = <i32>i64x2.extract_lane(counts, 1)));
  }
}

/** Whether a row agrees with plain scalar arithmetic. */
function agrees(y: i32, times: StaticArray<i32>): bool {
  const cell = EDGE / <f64>N;
  const ci = (<f64>y + 0.5 - <f64>(N / 2)) * cell;
  for (let x = 0; x < N; x++) {
    const cr = -2.0 + (<f64>(x & ~1) + 0.5) * cell + <f64>(x & 1) * cell;
    let zr = cr, zi = ci, n = 0;
    for (; n < MOST_ITERATIONS && zr * zr + zi * zi <= 4.0; n++) {
      const re = zr * zr - zi * zi + cr;
      zi = 2.0 * zr * zi + ci;
      zr = re;
    }
    if (times[x] != n) return false;
  }
  return true;
}

/** A row of text for people: '#' in the set, lighter with a faster escape. */
function draw(times: StaticArray<i32>): string {
  const shades = " .:-=+*%";
  let line = "";
  for (let x = N / 128; x < N; x += N / 64) {
    const time = times[x];
    line += time == MOST_ITERATIONS ? "#" : shades.charAt(min(7, <i32>Math.log2(<f64>time + 1.0)));
  }
  return line;
}

const rows = new StaticArray<StaticArray<i32>>(N);
for (let y = 0; y < N; y++) rows[y] = new StaticArray<i32>(N);

let best = Infinity;
const began = secondsNow();
for (let done = 0; repeatMore(done, began); done++) {
  const start = secondsNow();
  for (let y = 0; y < N; y++) escapeTimes(y, rows[y]);
  best = Math.min(best, secondsNow() - start);
}

let bounded = 0;
let iterations: i64 = 0;
let symmetric = true;
let agreed = true;
for (let y = 0; y < N; y++) {
  for (let x = 0; x < N; x++) {
    const time = rows[y][x];
    iterations += time;
    if (time == MOST_ITERATIONS) bounded++;
    symmetric = symmetric && time == rows[N - 1 - y][x];
  }
  if (y % (N / 32) != N / 64) continue;
  agreed = agreed && agrees(y, rows[y]);
  console.log(draw(rows[y]));
}
const area = <f64>bounded * Math.pow(EDGE / <f64>N, 2);
console.log(`area ${area}, symmetric ${symmetric}, as by scalar arithmetic ${agreed}`);
const pass = symmetric && agreed && Math.abs(area / AREA - 1.0) < 5e-3;
// Eight operations an iteration, as an ideal scalar program would count them.
report("mandelbrot", N, <f64>iterations, pass, (8e-9 * <f64>iterations) / best, "GFLOP/s", best);
