// STREAM-style memory bandwidth: copy, scale, add, triad over three arrays that together exceed the caches (McCalpin,
// https://www.cs.virginia.edu/stream/). Bytes are counted as STREAM counts them: what the source reads and writes.
// Known answer: one round maps a[i] to (2q + q^2) a[i], so after k rounds every element of a, b and c is known; the
// elements differ from each other, so that a wrong index shows too.
// Usage: stream [ELEMENTS [ROUNDS]]
#include "report.h"
#include <math.h>

static const double Q = 3.0;

KERNEL void copy(size_t n, const double *restrict a, double *restrict c) {
  for (size_t i = 0; i < n; i++) c[i] = a[i];
}

KERNEL void scale(size_t n, double *restrict b, const double *restrict c) {
  for (size_t i = 0; i < n; i++) b[i] = Q * c[i];
}

KERNEL void add(size_t n, const double *restrict a, const double *restrict b, double *restrict c) {
  for (size_t i = 0; i < n; i++) c[i] = a[i] + b[i];
}

KERNEL void triad(size_t n, double *restrict a, const double *restrict b, const double *restrict c) {
  for (size_t i = 0; i < n; i++) a[i] = b[i] + Q * c[i];
}

static double initial(size_t i) { return 1.0 + (double)(i % 61) / 64.0; }

// The largest relative error in a, b and c after `rounds` rounds.
static double largest_error(size_t n, long rounds, const double *a, const double *b, const double *c) {
  double before = pow(2.0 * Q + Q * Q, (double)(rounds - 1));  // growth up to the last round
  double worst = 0.0;
  for (size_t i = 0; i < n; i++) {
    double old = initial(i) * before, scaled = Q * old, sum = old + scaled;
    double expected[] = {scaled + Q * sum, scaled, sum}, found[] = {a[i], b[i], c[i]};
    for (int k = 0; k < 3; k++) {
      double error = fabs(found[k] - expected[k]) / expected[k];
      if (!(error <= worst)) worst = error;  // a NaN is an error too
    }
  }
  return worst;
}

int main(int argc, char **argv) {
  size_t n = (size_t)size_argument(argc, argv, 1, 1L << 21, 1, 1L << 26);
  long rounds = size_argument(argc, argv, 2, 20, 1, 200);
  double *a = allocate(n, sizeof *a), *b = allocate(n, sizeof *b), *c = allocate(n, sizeof *c);
  for (size_t i = 0; i < n; i++) a[i] = initial(i);

  static const char *const names[] = {"copy", "scale", "add", "triad"};
  static const int words[] = {2, 2, 3, 3};
  double best[] = {1e30, 1e30, 1e30, 1e30};
  for (long round = 0; round < rounds; round++) {
    double times[5];
    times[0] = seconds_now();
    copy(n, a, c);
    times[1] = seconds_now();
    scale(n, b, c);
    times[2] = seconds_now();
    add(n, a, b, c);
    times[3] = seconds_now();
    triad(n, a, b, c);
    times[4] = seconds_now();
    for (int k = 0; k < 4; k++) best[k] = fmin(best[k], times[k + 1] - times[k]);
  }

  double gigabytes = 1e-9 * (double)n * sizeof(double);
  for (int k = 0; k < 4; k++) printf("%-6s %8.2f GB/s\n", names[k], words[k] * gigabytes / best[k]);
  double error = largest_error(n, rounds, a, b, c);
  printf("largest relative error %.1e\n", error);
  return report("stream", (long)n, a[n - 1], error < 1e-13, 3 * gigabytes / best[3], "GB/s", best[3]);
}
