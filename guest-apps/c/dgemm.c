// Dense matrix product C = A B in double precision, as BLAS libraries do it: blocks of A and B are packed for the
// caches, a 4 x 4 micro-kernel keeps its tile of C in eight 128-bit registers (Goto and van de Geijn, ACM TOMS 34,
// 2008). Known answer: S[i][j] = sqrt(2/(n+1)) sin(pi (i+1)(j+1)/(n+1)) is its own inverse, so with A = R S and B = S
// Q for diagonal R and Q the product is exactly the diagonal matrix R Q; a lost term leaves an error of about 1/n, a
// transposed operand is not diagonal.
// Usage: dgemm [N], rounded up to a multiple of 4
#include "report.h"
#include <math.h>

enum { TILE = 4, BLOCK_ROWS = 96, BLOCK_DEPTH = 256 };

typedef double pair __attribute__((vector_size(16)));

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Copies `lanes` x `depth` elements into panels of TILE lanes, depth-major: panel[k][lane].
KERNEL void pack(const double *restrict from, size_t lane_stride, size_t depth_stride, size_t lanes, size_t depth,
                 double *restrict panels) {
  for (size_t first = 0; first < lanes; first += TILE)
    for (size_t k = 0; k < depth; k++)
      for (size_t lane = 0; lane < TILE; lane++)
        *panels++ = from[(first + lane) * lane_stride + k * depth_stride];
}

// c[0..3][0..3] += a panel of A times a panel of B.
KERNEL void multiply_panels(size_t depth, const double *restrict a, const double *restrict b, double *restrict c,
                            size_t stride) {
  pair sum[TILE][2] = {{{0}}};
  for (size_t k = 0; k < depth; k++, a += TILE, b += TILE) {
    pair left = *(const pair *)b, right = *(const pair *)(b + 2);
    for (int i = 0; i < TILE; i++) {
      pair both = {a[i], a[i]};
      sum[i][0] += both * left;
      sum[i][1] += both * right;
    }
  }
  for (int i = 0; i < TILE; i++) {
    pair *row = (pair *)(c + (size_t)i * stride);
    row[0] += sum[i][0];
    row[1] += sum[i][1];
  }
}

// C += A B for n x n matrices by rows; n is a multiple of TILE.
static void dgemm(size_t n, const double *a, const double *b, double *c, double *a_panels, double *b_panels) {
  for (size_t k = 0; k < n; k += BLOCK_DEPTH) {
    size_t depth = smaller(BLOCK_DEPTH, n - k);
    pack(b + k * n, 1, n, n, depth, b_panels);
    for (size_t i = 0; i < n; i += BLOCK_ROWS) {
      size_t rows = smaller(BLOCK_ROWS, n - i);
      pack(a + i * n + k, n, 1, rows, depth, a_panels);
      for (size_t j = 0; j < n; j += TILE)
        for (size_t r = 0; r < rows; r += TILE)
          multiply_panels(depth, a_panels + r * depth, b_panels + j * depth, c + (i + r) * n + j, n);
    }
  }
}

static double row_factor(size_t i) { return 1.0 + (double)(i % 7); }
static double column_factor(size_t j) { return 1.0 + (double)(j % 5); }

static void fill(size_t n, double *a, double *b) {
  size_t period = 2 * (n + 1);
  double *sine = allocate(period, sizeof *sine);
  for (size_t m = 0; m < period; m++)
    sine[m] = sqrt(2.0 / (double)(n + 1)) * sin(3.14159265358979323846 * (double)m / (double)(n + 1));
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double s = sine[(i + 1) * (j + 1) % period];
      a[i * n + j] = row_factor(i) * s;
      b[i * n + j] = s * column_factor(j);
    }
  free(sine);
}

int main(int argc, char **argv) {
  size_t n = ((size_t)size_argument(argc, argv, 1, 768, 1, 4096) + TILE - 1) / TILE * TILE;
  double *a = allocate(n * n, sizeof *a), *b = allocate(n * n, sizeof *b), *c = allocate(n * n, sizeof *c);
  double *a_panels = allocate(BLOCK_ROWS * BLOCK_DEPTH, sizeof *a), *b_panels = allocate(BLOCK_DEPTH * n, sizeof *b);
  fill(n, a, b);

  double best = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    memset(c, 0, n * n * sizeof *c);
    double start = seconds_now();
    dgemm(n, a, b, c, a_panels, b_panels);
    best = fmin(best, seconds_now() - start);
  }

  double worst = 0.0, trace = 0.0;
  for (size_t i = 0; i < n; i++) {
    trace += c[i * n + i];
    for (size_t j = 0; j < n; j++) {
      double error = fabs(c[i * n + j] - (i == j ? row_factor(i) * column_factor(j) : 0.0));
      if (!(error <= worst)) worst = error;
    }
  }
  printf("largest error of an element %.1e\n", worst);
  double gigaflop = 2e-9 * (double)n * (double)n * (double)n;
  return report("dgemm", (long)n, trace, worst < 1e-11, gigaflop / best, "GFLOP/s", best);
}
