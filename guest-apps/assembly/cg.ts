// Conjugate gradients for the 5-point Laplacian of a 128 x 128 grid in compressed rows, as guest-apps/c/cg.c does
// without a file. Known answer: b = A x for a chosen x, computed by the stencil on the grid; the solver, which knows
// the compressed rows only, must find that x again within 1e-6 by conjugate directions.

import { repeatMore, report, secondsNow } from "./report";

const EDGE: i32 = 128;
const N: i32 = EDGE * EDGE;
const MOST_ITERATIONS: i32 = 2000;

const first = new StaticArray<i32>(N + 1); // row i holds the elements first[i] .. first[i + 1] - 1
const column = new StaticArray<i32>(5 * N);
const value = new StaticArray<f64>(5 * N);

function buildRows(): void {
  let k = 0;
  for (let i = 0; i < N; i++) {
    first[i] = k;
    if (i >= EDGE) { column[k] = i - EDGE; value[k++] = -1; }
    if (i % EDGE > 0) { column[k] = i - 1; value[k++] = -1; }
    column[k] = i; value[k++] = 4;
    if (i % EDGE < EDGE - 1) { column[k] = i + 1; value[k++] = -1; }
    if (i < N - EDGE) { column[k] = i + EDGE; value[k++] = -1; }
  }
  first[N] = k;
}

/** y = A x */
export function multiply(x: StaticArray<f64>, y: StaticArray<f64>): void {
  for (let i = 0; i < N; i++) {
    let sum = 0.0;
    for (let k = unchecked(first[i]), end = unchecked(first[i + 1]); k < end; k++) {
      sum += unchecked(value[k]) * unchecked(x[unchecked(column[k])]);
    }
    unchecked((y[i] = sum));
  }
}

export function dot(x: StaticArray<f64>, y: StaticArray<f64>): f64 {
  const from = changetype<usize>(x), other = changetype<usize>(y);
  let even = f64x2.splat(0), odd = even;
  for (let at: usize = 0; at < <usize>N * 8; at += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(from + at), v128.load(other + at)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(from + at, 16), v128.load(other + at, 16)));
  }
  const sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** y = a x + b y */
export function combine(a: f64, x: StaticArray<f64>, b: f64, y: StaticArray<f64>): void {
  const from = changetype<usize>(x), to = changetype<usize>(y);
  const left = f64x2.splat(a), right = f64x2.splat(b);
  for (let at: usize = 0; at < <usize>N * 8; at += 16) {
    v128.store(to + at, f64x2.add(f64x2.mul(left, v128.load(from + at)), f64x2.mul(right, v128.load(to + at))));
  }
}

const b = new StaticArray<f64>(N);
const x = new StaticArray<f64>(N);
const r = new StaticArray<f64>(N);
const p = new StaticArray<f64>(N);
const q = new StaticArray<f64>(N);

/** Solves A x = b from x = 0 until |r| <= 1e-11 |b|; returns the number of iterations. */
function solve(): i32 {
  x.fill(0);
  combine(1, b, 0, r);
  combine(1, b, 0, p);
  let square = dot(r, r);
  const enough = 1e-22 * square;
  let iterations = 0;
  for (; square > enough && iterations < MOST_ITERATIONS; iterations++) {
    multiply(p, q);
    const step = square / dot(p, q), before = square;
    combine(step, p, 1, x);
    combine(-step, q, 1, r);
    square = dot(r, r);
    combine(1, r, square / before, p);
  }
  return iterations;
}

function known(row: i32, col: i32): f64 {
  if (row < 0 || row >= EDGE || col < 0 || col >= EDGE) return 0;
  return 1.0 + <f64>(((row * EDGE + col) * 7919) % 1009) / 1009.0;
}

buildRows();
for (let i = 0; i < N; i++) {
  const row = i / EDGE, col = i % EDGE;
  const around = known(row - 1, col) + known(row + 1, col) + known(row, col - 1) + known(row, col + 1);
  b[i] = 4.0 * known(row, col) - around;
}

let iterations = 0;
let best = Infinity;
const began = secondsNow();
for (let done = 0; repeatMore(done, began); done++) {
  const start = secondsNow();
  iterations = solve();
  best = Math.min(best, secondsNow() - start);
}

let worst = 0.0;
for (let i = 0; i < N; i++) {
  const error = Math.abs(x[i] - known(i / EDGE, i % EDGE));
  if (!(error <= worst)) worst = error;
}
// p is the direction that would come next, q = A times the last one: conjugate, which a wrong step breaks first.
const conjugacy = Math.abs(dot(p, q)) / Math.sqrt(dot(p, p) * dot(q, q));
console.log(`${N} unknowns, ${first[N]} elements, ${iterations} iterations`);
console.log(`largest error ${worst}, conjugate to ${conjugacy}`);
const flops = <f64>iterations * (2.0 * <f64>first[N] + 13.0 * <f64>N);
report("cg", N, dot(b, x), worst < 1e-6 && conjugacy < 1e-6, (1e-9 * flops) / best, "GFLOP/s", best);
