// Two-dimensional heat equation on a square whose edge is kept at 0: explicit 5-point stencil (forward Euler in time),
// two grids in turn. Writes the final temperature as a PGM image. Known answer: sin(p pi x) sin(q pi y) is an
// eigenvector of the stencil; each step scales it by 1 - 4 r (sin^2(p pi h/2) + sin^2(q pi h/2)). The start is a sum
// of two of them, unequal in x and y, and every point is compared with the sum of the scaled two.
// Usage: heat [N [STEPS [IMAGE.pgm]]]
#include "report.h"
#include <math.h>

static const double PI = 3.14159265358979323846;
static const double R = 0.2;  // dt / h^2; stable up to 0.25

static const struct {
  double p, q, amplitude;
} modes[] = {{1, 2, 1.0}, {9, 5, 0.6}};
enum { MODES = sizeof modes / sizeof *modes };

// One step on n x n interior points; rows are n + 2 apart.
KERNEL void step(size_t n, const double *restrict from, double *restrict to) {
  size_t stride = n + 2;
  for (size_t j = 1; j <= n; j++) {
    const double *up = from + (j - 1) * stride, *mid = up + stride, *down = mid + stride;
    double *out = to + j * stride;
    for (size_t i = 1; i <= n; i++)
      out[i] = (1.0 - 4.0 * R) * mid[i] + R * ((up[i] + down[i]) + (mid[i - 1] + mid[i + 1]));
  }
}

static double decay(int mode, size_t n, long steps) {
  double half = 0.5 * PI / (double)(n + 1);
  double factor = 1.0 - 4.0 * R * (pow(sin(modes[mode].p * half), 2) + pow(sin(modes[mode].q * half), 2));
  return pow(factor, (double)steps);
}

// The exact temperature after `steps` steps, by rows of n + 2.
static double *exact(size_t n, long steps) {
  double *u = allocate((n + 2) * (n + 2), sizeof *u), *along_x = allocate(n + 2, sizeof *along_x);
  for (int mode = 0; mode < MODES; mode++) {
    double amplitude = modes[mode].amplitude * decay(mode, n, steps), h = 1.0 / (double)(n + 1);
    for (size_t i = 1; i <= n; i++) along_x[i] = amplitude * sin(modes[mode].p * PI * (double)i * h);
    for (size_t j = 1; j <= n; j++) {
      double along_y = sin(modes[mode].q * PI * (double)j * h);
      for (size_t i = 1; i <= n; i++) u[j * (n + 2) + i] += along_x[i] * along_y;
    }
  }
  free(along_x);
  return u;
}

static void write_image(const char *path, size_t n, const double *u) {
  FILE *file = open_or_exit(path, "wb");
  fprintf(file, "P5\n%zu %zu\n255\n", n, n);
  unsigned char *row = allocate(n, 1);
  for (size_t j = 1; j <= n; j++) {
    for (size_t i = 1; i <= n; i++)
      row[i - 1] = (unsigned char)fmax(0.0, fmin(255.0, 128.0 + 80.0 * u[j * (n + 2) + i]));
    fwrite(row, 1, n, file);
  }
  free(row);
  close_written(file, path);
}

int main(int argc, char **argv) {
  size_t n = (size_t)size_argument(argc, argv, 1, 512, 2, 8192);
  long steps = size_argument(argc, argv, 2, 2000, 1, 10000000);
  double *u = exact(n, 0), *next = allocate((n + 2) * (n + 2), sizeof *next), *expected = exact(n, steps);

  double start = seconds_now();
  for (long done = 0; done < steps; done++) {
    step(n, u, next);
    double *swap = u;
    u = next, next = swap;
  }
  double seconds = seconds_now() - start;

  double worst = 0.0, heat = 0.0;
  for (size_t i = 0; i < (n + 2) * (n + 2); i++) {
    double error = fabs(u[i] - expected[i]);
    if (!(error <= worst)) worst = error;
    heat += fabs(u[i]);
  }
  printf("the modes fell to %.4f and %.4f; largest error of a point %.1e\n", decay(0, n, steps), decay(1, n, steps),
         worst);
  if (argc > 3) write_image(argv[3], n, u);
  double gigaflop = 6e-9 * (double)n * (double)n * (double)steps;
  return report("heat", (long)n, heat / ((double)n * (double)n), worst < 1e-11, gigaflop / seconds, "GFLOP/s", seconds);
}
