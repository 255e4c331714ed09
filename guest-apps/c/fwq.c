// Fixed work quantum: the same small work again and again, each time measured; what exceeds the shortest time is noise
// from the system beneath (Lawrence Livermore's FTQ/FWQ). Writes the samples, one a line in nanoseconds. Known answer:
// every quantum goes on with the generator x' = 48271 x mod (2^31 - 1), whose 10,000th value is 399268537 (C++
// standard, minstd_rand) and whose last value is also computed as a power, so no quantum can be shortened or skipped;
// the samples together may not exceed the whole time. result is the noise in per cent, 100 (mean - min) / min.
// Usage: fwq [SAMPLES [STEPS [SAMPLES.txt]]]
#include "report.h"
#include <math.h>

static const uint64_t MODULUS = 2147483647, MULTIPLIER = 48271;

// Every step waits for the one before. x stays congruent and below 2^32: 2^31 is 1 modulo 2^31 - 1.
KERNEL uint64_t work(uint64_t x, long steps) {
  for (long i = 0; i < steps; i++) {
    x *= MULTIPLIER;
    x = (x & MODULUS) + (x >> 31);
  }
  return x;
}

static uint64_t work_in_closed_form(uint64_t x, uint64_t steps) {
  for (uint64_t power = MULTIPLIER; steps > 0; steps >>= 1, power = power * power % MODULUS)
    if (steps & 1) x = x * power % MODULUS;
  return x % MODULUS;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void write_samples(const char *path, long count, const double *samples) {
  FILE *file = open_or_exit(path, "w");
  for (long i = 0; i < count; i++) fprintf(file, "%.0f\n", samples[i]);
  close_written(file, path);
}

int main(int argc, char **argv) {
  long count = size_argument(argc, argv, 1, 20000, 10, 10000000);
  long steps = size_argument(argc, argv, 2, 5000, 100, 100000000);
  double *samples = allocate((size_t)count, sizeof *samples);
  uint64_t x = 1;
  for (int warm = 0; warm < 2000; warm++) x = work(x, 100);  // lets an engine reach its optimised code

  uint64_t first = x;
  double began = seconds_now();
  for (long i = 0; i < count; i++) {
    double start = seconds_now();
    x = work(x, steps);
    samples[i] = 1e9 * (seconds_now() - start);
  }
  double elapsed = 1e9 * (seconds_now() - began), sum = 0.0;
  if (argc > 3) write_samples(argv[3], count, samples);

  for (long i = 0; i < count; i++) sum += samples[i];
  qsort(samples, (size_t)count, sizeof *samples, ascending);
  double least = samples[0], median = samples[count / 2], noise = 100.0 * (sum / (double)count - least) / least;
  printf("min %.0f ns, median %.0f ns, p99 %.0f ns, max %.0f ns, noise %.3f %%\n", least, median,
         samples[count - 1 - count / 100], samples[count - 1], noise);
  bool worked = work(1, 10000) % MODULUS == 399268537 &&
                x % MODULUS == work_in_closed_form(first, (uint64_t)count * (uint64_t)steps);
  bool timed = least > 0.0 && sum <= elapsed * (1.0 + 1e-6);
  printf("the work is %s, the clock is %s\n", worked ? "right" : "wrong", timed ? "right" : "wrong or too coarse");
  return report("fwq", count, noise, worked && timed, 1e3 * (double)steps / median, "Mop/s", 1e-9 * least);
}
