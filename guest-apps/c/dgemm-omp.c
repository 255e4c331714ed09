// Dense matrix product C = A B in double precision on all processors, by OpenMP: each thread packs its own blocks of A and
// multiplies them with the packed columns of B, 4 x 4 elements at a time (Goto and van de Geijn, ACM TOMS 34, 2008). Known
// answer: one thread's product, which must be the same to the bit, since each element is summed in the same order.
// Usage: dgemm-omp [N], rounded up to a multiple of 4
#include "report.h"
#include <math.h>
#include <omp.h>

enum { TILE = 4, BLOCK_ROWS = 32, BLOCK_DEPTH = 256 };

typedef double pair __attribute__((vector_size(16)));

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Copies `lanes` x `depth` elements into panels of TILE lanes, depth-major.
static void pack(const double *restrict from, size_t lane_stride, size_t depth_stride, size_t lanes, size_t depth,
                 double *restrict panels) {
  for (size_t first = 0; first < lanes; first += TILE)
    for (size_t k = 0; k < depth; k++)
      for (size_t lane = 0; lane < TILE; lane++) *panels++ = from[(first + lane) * lane_stride + k * depth_stride];
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
static void dgemm(size_t n, const double *a, const double *b, double *c, double *b_panels, int threads) {
#pragma omp parallel num_threads(threads)
  {
    double *a_panels = allocate(BLOCK_ROWS * BLOCK_DEPTH, sizeof *a_panels);
    for (size_t k = 0; k < n; k += BLOCK_DEPTH) {
      size_t depth = smaller(BLOCK_DEPTH, n - k);
#pragma omp for schedule(static)
      for (size_t j = 0; j < n; j += TILE) pack(b + k * n + j, 1, n, TILE, depth, b_panels + j * depth);
#pragma omp for schedule(dynamic)
      for (size_t i = 0; i < n; i += BLOCK_ROWS) {
        size_t rows = smaller(BLOCK_ROWS, n - i);
        pack(a + i * n + k, n, 1, rows, depth, a_panels);
        for (size_t j = 0; j < n; j += TILE)
          for (size_t r = 0; r < rows; r += TILE)
            multiply_panels(depth, a_panels + r * depth, b_panels + j * depth, c + (i + r) * n + j, n);
      }
    }
    free(a_panels);
  }
}

int main(int argc, char **argv) {
  size_t n = ((size_t)size_argument(argc, argv, 1, 512, 1, 4096) + TILE - 1) / TILE * TILE;
  int threads = omp_get_max_threads();
  double *a = allocate(n * n, sizeof *a), *b = allocate(n * n, sizeof *b), *b_panels = allocate(BLOCK_DEPTH * n, sizeof *b);
  double *one = allocate(n * n, sizeof *one), *all = allocate(n * n, sizeof *all);
  for (size_t i = 0; i < n * n; i++) a[i] = sin((double)i), b[i] = cos((double)i);

  double serial = 1e30, parallel = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    memset(one, 0, n * n * sizeof *one);
    memset(all, 0, n * n * sizeof *all);
    double start = seconds_now();
    dgemm(n, a, b, one, b_panels, 1);
    double middle = seconds_now();
    dgemm(n, a, b, all, b_panels, threads);
    serial = fmin(serial, middle - start), parallel = fmin(parallel, seconds_now() - middle);
  }
  bool same = memcmp(one, all, n * n * sizeof *one) == 0;
  double trace = 0.0, gigaflop = 2e-9 * (double)n * (double)n * (double)n;
  for (size_t i = 0; i < n; i++) trace += all[i * n + i];
  printf("1 thread %.2f GFLOP/s, %d threads %.2f GFLOP/s, speed-up %.2f\n", gigaflop / serial, threads, gigaflop / parallel,
         serial / parallel);
  return report("dgemm-omp", (long)n, trace, same, gigaflop / parallel, "GFLOP/s", parallel);
}
