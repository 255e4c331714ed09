// Molecular dynamics on all processors, by OpenMP: Lennard-Jones atoms on a lattice that melts, all pairs within a cut-off,
// velocity Verlet; each thread sums the forces on its own atoms. Known answer: one thread's run, whose positions must be the
// same to the bit, and the total energy, which is conserved.
// Usage: md-omp [FCC_CELLS [STEPS]]
#include "report.h"
#include <math.h>
#include <omp.h>

static const double CUTOFF = 2.5, TIME_STEP = 0.002, EDGE = 1.7;

typedef struct {
  size_t n;
  double box, *x, *v, *f, *energy;  // x, v and f: three numbers an atom; energy: an atom's half of its pairs
} atoms;

static atoms lattice(size_t cells) {
  static const double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
  size_t n = 4 * cells * cells * cells;
  atoms a = {n, EDGE * (double)cells, allocate(3 * n, 8), allocate(3 * n, 8), allocate(3 * n, 8), allocate(n, 8)};
  uint64_t seed = 20;
  double sum[3] = {0};
  for (size_t i = 0; i < n; i++) {
    size_t cell = i / 4, at[3] = {cell % cells, cell / cells % cells, cell / cells / cells};
    for (int k = 0; k < 3; k++) {
      a.x[3 * i + (size_t)k] = EDGE * ((double)at[k] + basis[i % 4][k]);
      seed = seed * 6364136223846793005 + 1442695040888963407;
      sum[k] += a.v[3 * i + (size_t)k] = ldexp((double)(seed >> 11), -52) - 1.0;
    }
  }
  for (size_t i = 0; i < 3 * n; i++) a.v[i] -= sum[i % 3] / (double)n;
  return a;
}

static inline double nearest_image(double d, double box) { return d > 0.5 * box ? d - box : d < -0.5 * box ? d + box : d; }

KERNEL void force_on(const atoms *a, size_t i) {
  const double *x = a->x, box = a->box, cut6 = pow(CUTOFF, -6.0), shift = cut6 * (cut6 - 1.0);
  double fx = 0.0, fy = 0.0, fz = 0.0, energy = 0.0;
  for (size_t j = 0; j < a->n; j++) {
    double dx = nearest_image(x[3 * i] - x[3 * j], box), dy = nearest_image(x[3 * i + 1] - x[3 * j + 1], box);
    double dz = nearest_image(x[3 * i + 2] - x[3 * j + 2], box), square = dx * dx + dy * dy + dz * dz;
    if (square >= CUTOFF * CUTOFF || j == i) continue;
    double inverse = 1.0 / square, inverse6 = inverse * inverse * inverse;
    double pull = 24.0 * inverse6 * (2.0 * inverse6 - 1.0) * inverse;
    energy += 2.0 * (inverse6 * (inverse6 - 1.0) - shift);
    fx += pull * dx, fy += pull * dy, fz += pull * dz;
  }
  a->f[3 * i] = fx, a->f[3 * i + 1] = fy, a->f[3 * i + 2] = fz, a->energy[i] = energy;
}

static double total_energy(const atoms *a) {
  double sum = 0.0;
  for (size_t i = 0; i < a->n; i++) sum += a->energy[i];
  for (size_t i = 0; i < 3 * a->n; i++) sum += 0.5 * a->v[i] * a->v[i];
  return sum;
}

// Runs the steps; `first` and the result are the total energies before and after. Returns the seconds of the steps.
static double run(atoms a, long steps, int threads, double *first, double *last) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 16)
  for (size_t i = 0; i < a.n; i++) force_on(&a, i);
  *first = total_energy(&a);
  double start = seconds_now();
#pragma omp parallel num_threads(threads)
  for (long step = 0; step < steps; step++) {
#pragma omp for schedule(static)
    for (size_t i = 0; i < 3 * a.n; i++) {
      a.v[i] += 0.5 * TIME_STEP * a.f[i];
      a.x[i] += TIME_STEP * a.v[i];
      a.x[i] -= a.box * floor(a.x[i] / a.box);
    }
#pragma omp for schedule(dynamic, 16)
    for (size_t i = 0; i < a.n; i++) force_on(&a, i);
#pragma omp for schedule(static)
    for (size_t i = 0; i < 3 * a.n; i++) a.v[i] += 0.5 * TIME_STEP * a.f[i];
  }
  double seconds = seconds_now() - start;
  *last = total_energy(&a);
  return seconds;
}

int main(int argc, char **argv) {
  size_t cells = (size_t)size_argument(argc, argv, 1, 5, 3, 30);
  long steps = size_argument(argc, argv, 2, 60, 1, 1000000);
  int threads = omp_get_max_threads();
  atoms one = lattice(cells), all = lattice(cells);
  double first, last, unused;
  double parallel = run(all, steps, threads, &first, &last), serial = run(one, steps, 1, &unused, &unused);
  bool same = memcmp(one.x, all.x, 3 * all.n * sizeof(double)) == 0;
  double drift = fabs(last / first - 1.0), pairs = 1e-6 * (double)all.n * (double)all.n * (double)steps;
  printf("%zu atoms, drift of the energy %.1e; 1 thread %.3f s, %d threads %.3f s, speed-up %.2f\n", all.n, drift, serial,
         threads, parallel, serial / parallel);
  return report("md-omp", (long)all.n, last / (double)all.n, same && drift < 1e-3, pairs / parallel, "Mop/s", parallel);
}
