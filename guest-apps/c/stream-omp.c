// STREAM-style memory bandwidth on all processors, by OpenMP: copy, scale, add, triad (McCalpin,
// https://www.cs.virginia.edu/stream/). Known answer: one thread's arrays, which must be the same to the bit.
// Usage: stream-omp [ELEMENTS]
#include "report.h"
#include <math.h>
#include <omp.h>

static const double Q = 3.0;

typedef struct {
  double *a, *b, *c;
} arrays;

// Each thread writes its part first, which is then near to it.
static arrays new_arrays(size_t n, int threads) {
  arrays s = {allocate(n, sizeof(double)), allocate(n, sizeof(double)), allocate(n, sizeof(double))};
#pragma omp parallel for num_threads(threads) schedule(static)
  for (size_t i = 0; i < n; i++) s.a[i] = 1.0 + (double)(i % 61) / 64.0, s.b[i] = s.c[i] = 0.0;
  return s;
}

// One round; returns the time of the triad.
KERNEL double round_of(size_t n, arrays s, int threads) {
  double *restrict a = s.a, *restrict b = s.b, *restrict c = s.c, start = 0.0;
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (size_t i = 0; i < n; i++) c[i] = a[i];
#pragma omp for schedule(static)
    for (size_t i = 0; i < n; i++) b[i] = Q * c[i];
#pragma omp for schedule(static)
    for (size_t i = 0; i < n; i++) c[i] = a[i] + b[i];
#pragma omp master
    start = seconds_now();
#pragma omp for schedule(static)
    for (size_t i = 0; i < n; i++) a[i] = b[i] + Q * c[i];
  }
  return seconds_now() - start;
}

static double best_round(size_t n, arrays s, int threads) {
  double best = 1e30;
  for (int round = 0; round < 10; round++) best = fmin(best, round_of(n, s, threads));
  return best;
}

int main(int argc, char **argv) {
  size_t n = (size_t)size_argument(argc, argv, 1, 1L << 20, 1, 1L << 26);
  int threads = omp_get_max_threads();
  arrays one = new_arrays(n, 1), all = new_arrays(n, threads);
  double serial = best_round(n, one, 1), parallel = best_round(n, all, threads);
  bool same = memcmp(one.a, all.a, n * sizeof(double)) == 0 && memcmp(one.b, all.b, n * sizeof(double)) == 0 &&
              memcmp(one.c, all.c, n * sizeof(double)) == 0;
  double gigabytes = 3e-9 * (double)n * sizeof(double);
  printf("triad: 1 thread %.2f GB/s, %d threads %.2f GB/s, speed-up %.2f\n", gigabytes / serial, threads,
         gigabytes / parallel, serial / parallel);
  return report("stream-omp", (long)n, all.a[n - 1], same, gigabytes / parallel, "GB/s", parallel);
}
