// Matrix product C = A B in double precision: B is repacked into panels of four columns, a 4 x 4 tile of C stays in
// eight 128-bit registers. Known answer, as in guest-apps/c/dgemm.c: S[i][j] = sqrt(2/(n+1)) sin(pi (i+1)(j+1)/(n+1))
// is its own inverse, so with A = R S and B = S Q for diagonal R and Q the product is exactly the diagonal R Q; a lost
// term leaves an error of about 1/n, a transposed operand is not diagonal.

import { repeatMore, report, secondsNow } from "./report";

const N: i32 = 512; // a multiple of 4

/** The address of element (row, column). */
// @ts-ignore: decorator
@inline
function at(matrix: StaticArray<f64>, row: i32, column: i32): usize {
  return changetype<usize>(matrix) + (<usize>(row * N + column) << 3);
}

/** panels[p][k][lane] = b[k][4 p + lane] */
export function pack(b: StaticArray<f64>, panels: StaticArray<f64>): void {
  let to = changetype<usize>(panels);
  for (let j = 0; j < N; j += 4) {
    for (let k = 0; k < N; k++) {
      v128.store(to, v128.load(at(b, k, j)));
      v128.store(to, v128.load(at(b, k, j), 16), 16);
      to += 32;
    }
  }
}

// @ts-ignore: decorator
@inline
function accumulate(sum: v128, factor: v128, row: v128): v128 {
  return v128.add<f64>(sum, v128.mul<f64>(factor, row));
}

/** The rows i .. i + 3 of C. */
export function multiplyRows(i: i32, a: StaticArray<f64>, panels: StaticArray<f64>, c: StaticArray<f64>): void {
  let panel = changetype<usize>(panels);
  for (let j = 0; j < N; j += 4) {
    let c00 = f64x2.splat(0), c02 = c00, c10 = c00, c12 = c00, c20 = c00, c22 = c00, c30 = c00, c32 = c00;
    let left = at(a, i, 0);
    for (let k = 0; k < N; k++) {
      const b0 = v128.load(panel), b2 = v128.load(panel, 16);
      const a0 = v128.load_splat<f64>(left), a1 = v128.load_splat<f64>(left, N * 8);
      c00 = accumulate(c00, a0, b0); c02 = accumulate(c02, a0, b2);
      c10 = accumulate(c10, a1, b0); c12 = accumulate(c12, a1, b2);
      const a2 = v128.load_splat<f64>(left, N * 16), a3 = v128.load_splat<f64>(left, N * 24);
      c20 = accumulate(c20, a2, b0); c22 = accumulate(c22, a2, b2);
      c30 = accumulate(c30, a3, b0); c32 = accumulate(c32, a3, b2);
      left += 8;
      panel += 32;
    }
    v128.store(at(c, i, j), c00); v128.store(at(c, i, j), c02, 16);
    v128.store(at(c, i + 1, j), c10); v128.store(at(c, i + 1, j), c12, 16);
    v128.store(at(c, i + 2, j), c20); v128.store(at(c, i + 2, j), c22, 16);
    v128.store(at(c, i + 3, j), c30); v128.store(at(c, i + 3, j), c32, 16);
  }
}

function rowFactor(i: i32): f64 {
  return 1.0 + <f64>(i % 7);
}

function columnFactor(j: i32): f64 {
  return 1.0 + <f64>(j % 5);
}

function fill(a: StaticArray<f64>, b: StaticArray<f64>): void {
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      const turn = <f64>(((i + 1) * (j + 1)) % (2 * (N + 1))); // reduced while it is exact
      const s = Math.sqrt(2.0 / <f64>(N + 1)) * Math.sin((Math.PI * turn) / <f64>(N + 1));
      a[i * N + j] = rowFactor(i) * s;
      b[i * N + j] = s * columnFactor(j);
    }
  }
}

const a = new StaticArray<f64>(N * N);
const b = new StaticArray<f64>(N * N);
const c = new StaticArray<f64>(N * N);
const panels = new StaticArray<f64>(N * N);
fill(a, b);

let best = Infinity;
const began = secondsNow();
for (let done = 0; repeatMore(done, began); done++) {
  const start = secondsNow();
  pack(b, panels);
  for (let i = 0; i < N; i += 4) multiplyRows(i, a, panels, c);
  best = Math.min(best, secondsNow() - start);
}

let worst = 0.0;
let trace = 0.0;
for (let i = 0; i < N; i++) {
  trace += c[i * N + i];
  for (let j = 0; j < N; j++) {
    const error = Math.abs(c[i * N + j] - (i == j ? rowFactor(i) * columnFactor(j) : 0.0));
    if (!(error <= worst)) worst = error;
  }
}
console.log(`largest error of an element ${worst}`);
report("matmul", N, trace, worst < 1e-11, (2e-9 * <f64>N * <f64>N * <f64>N) / best, "GFLOP/s", best);
