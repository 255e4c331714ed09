// Conjugate gradients (Hestenes and Stiefel, 1952) on all processors, by OpenMP: the 5-point Laplacian of a square grid, never
// stored. Sums are made of the sums of the rows, so that they do not depend on who summed a row. Known answer: one thread's
// solution, the same to the bit, and the chosen x, of which b = A x was made.
// Usage: cg-omp [EDGE]
#include "report.h"
#include <math.h>
#include <omp.h>

enum { MOST_ITERATIONS = 5000 };

typedef struct {
  size_t edge;  // of the grid, without its border of zeros
  double *row;  // sums of rows
} grid;

static inline size_t width(grid g) { return g.edge + 2; }

// One row of q = A p; returns the row's part of the product p q.
KERNEL double multiply_row(grid g, size_t y, const double *restrict p, double *restrict q) {
  size_t w = width(g);
  double sum = 0.0;
  for (size_t i = y * w + 1; i <= y * w + g.edge; i++) {
    q[i] = 4.0 * p[i] - p[i - 1] - p[i + 1] - p[i - w] - p[i + w];
    sum += p[i] * q[i];
  }
  return sum;
}

// x += step p, r -= step q; returns the row's part of r r.
KERNEL double advance_row(grid g, size_t y, double step, const double *restrict p, const double *restrict q,
                          double *restrict x, double *restrict r) {
  double sum = 0.0;
  for (size_t i = y * width(g) + 1; i <= y * width(g) + g.edge; i++) {
    x[i] += step * p[i];
    r[i] -= step * q[i];
    sum += r[i] * r[i];
  }
  return sum;
}

static double sum_of_rows(grid g) {
  double sum = 0.0;
  for (size_t y = 1; y <= g.edge; y++) sum += g.row[y];
  return sum;
}

// Solves A x = b from x = 0. Returns the iterations.
static int solve(grid g, const double *b, double *x, int threads) {
  size_t w = width(g), size = w * w;
  double *r = allocate(size, sizeof *r), *p = allocate(size, sizeof *p), *q = allocate(size, sizeof *q);
  memset(x, 0, size * sizeof *x);
  memcpy(r, b, size * sizeof *r);
  memcpy(p, b, size * sizeof *p);
  double square = 0.0, product = 0.0, before = 0.0, start;
  for (size_t i = 0; i < size; i++) square += b[i] * b[i];
  start = square;
  int iterations = 0;
  bool done = false;
#pragma omp parallel num_threads(threads)
  while (!done) {
#pragma omp for schedule(static)
    for (size_t y = 1; y <= g.edge; y++) g.row[y] = multiply_row(g, y, p, q);
#pragma omp single
    product = sum_of_rows(g), before = square;
#pragma omp for schedule(static)
    for (size_t y = 1; y <= g.edge; y++) g.row[y] = advance_row(g, y, before / product, p, q, x, r);
#pragma omp single
    {
      square = sum_of_rows(g);
      done = square <= 1e-22 * start || ++iterations >= MOST_ITERATIONS;
    }
#pragma omp for schedule(static)
    for (size_t y = 1; y <= g.edge; y++)
      for (size_t i = y * w + 1; i <= y * w + g.edge; i++) p[i] = r[i] + square / before * p[i];
  }
  free(r), free(p), free(q);
  return iterations;
}

int main(int argc, char **argv) {
  grid g = {(size_t)size_argument(argc, argv, 1, 192, 2, 4096), NULL};
  size_t w = width(g), size = w * w;
  int threads = omp_get_max_threads();
  g.row = allocate(w, sizeof *g.row);
  double *known = allocate(size, sizeof *known), *b = allocate(size, sizeof *b);
  double *one = allocate(size, sizeof *one), *all = allocate(size, sizeof *all);
  for (size_t y = 1; y <= g.edge; y++)
    for (size_t x = 1; x <= g.edge; x++) known[y * w + x] = 1.0 + (double)((y * w + x) * 7919 % 1009) / 1009.0;
  for (size_t y = 1; y <= g.edge; y++) multiply_row(g, y, known, b);

  double start = seconds_now();
  int iterations = solve(g, b, all, threads);
  double middle = seconds_now();
  solve(g, b, one, 1);
  double parallel = middle - start, serial = seconds_now() - middle, worst = 0.0, sum = 0.0;
  for (size_t i = 0; i < size; i++) {
    if (!(fabs(all[i] - known[i]) <= worst)) worst = fabs(all[i] - known[i]);
    sum += all[i];
  }
  bool same = memcmp(one, all, size * sizeof *one) == 0;
  printf("%d iterations, largest error %.1e; 1 thread %.3f s, %d threads %.3f s, speed-up %.2f\n", iterations, worst, serial,
         threads, parallel, serial / parallel);
  double gigaflop = 19e-9 * (double)g.edge * (double)g.edge * iterations;
  return report("cg-omp", (long)g.edge, sum, same && worst < 1e-6, gigaflop / parallel, "GFLOP/s", parallel);
}
