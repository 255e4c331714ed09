// Molecular dynamics of liquid argon: Lennard-Jones pairs smoothly cut off (Stoddard and Ford, Phys. Rev. A 8, 1973),
// velocity Verlet, neighbour lists made through cells; reads and writes extended XYZ files. The default is Rahman's
// system (Phys. Rev. 136, A405, 1964): 864 atoms, 94.4 K, 1.374 g/cm3. Known answer: total energy (within 3e-4) and
// momentum are conserved, and the last energy and every force agree with a sum over all pairs by the textbook formula.
// Usage: md [FCC_CELLS | ATOMS.xyz [STEPS [TRAJECTORY.xyz]]]
#include "report.h"
#include <math.h>

typedef double pair __attribute__((vector_size(16)));
typedef int64_t mask __attribute__((vector_size(16)));

// Reduced units: length sigma, energy epsilon, the mass of an atom. The time unit is then 2.15 ps, a step 8.6 fs.
static const double SIGMA = 3.4 /* angstrom */, EPSILON = 120.0 /* kelvin */, TEMPERATURE = 94.4 /* kelvin */;
static const double CUTOFF = 2.25, REACH = 2.25 + 0.3 /* of the lists */, TIME_STEP = 0.004;
enum { FRAME_EVERY = 50, MOST_NEIGHBOURS = 256 };

typedef struct {
  size_t n;
  double box;
  double *x[3], *v[3], *f[3], *listed[3];  // by axis; listed: the positions of which the lists were made
  uint32_t *first, *neighbour;             // the neighbours of i: first[i] .. first[i + 1] - 1, an even number
} atoms;

static atoms new_atoms(size_t n, double box) {
  if (box < 3.0 * REACH) {
    fprintf(stderr, "the box must be at least %.1f angstroms wide\n", 3.0 * REACH * SIGMA);
    exit(2);
  }
  atoms a = {.n = n, .box = box};
  for (int k = 0; k < 3; k++) {
    a.x[k] = allocate(n + 1, sizeof(double)), a.v[k] = allocate(n, sizeof(double));
    a.f[k] = allocate(n, sizeof(double)), a.listed[k] = allocate(n, sizeof(double));
    a.x[k][n] = 1e9;  // an atom out of everyone's reach fills up odd lists
  }
  a.first = allocate(n + 1, sizeof(uint32_t)), a.neighbour = allocate(n * MOST_NEIGHBOURS, sizeof(uint32_t));
  return a;
}

static atoms lattice(size_t cells) {
  static const double basis[4][3] = {{0.25, 0.25, 0.25}, {0.75, 0.75, 0.25}, {0.75, 0.25, 0.75}, {0.25, 0.75, 0.75}};
  double edge = 10.229 / 6.0;
  atoms a = new_atoms(4 * cells * cells * cells, edge * (double)cells);
  for (size_t i = 0; i < a.n; i++) {
    size_t cell = i / 4, at[3] = {cell % cells, cell / cells % cells, cell / cells / cells};
    for (int k = 0; k < 3; k++) a.x[k][i] = edge * ((double)at[k] + basis[i % 4][k]);
  }
  return a;
}

static atoms read_xyz(const char *path) {
  FILE *file = open_or_exit(path, "r");
  unsigned long n;
  double box, y, z;
  if (fscanf(file, "%lu Lattice=\"%lf 0 0 0 %lf 0 0 0 %lf\"%*[^\n]", &n, &box, &y, &z) != 4 || n < 2 || n > 1000000 ||
      y != box || z != box) {
    fprintf(stderr, "%s: not an extended XYZ file with a cubic Lattice\n", path);
    exit(2);
  }
  atoms a = new_atoms(n, box / SIGMA);
  for (size_t i = 0; i < n; i++) {
    if (fscanf(file, "%*s %lf %lf %lf%*[^\n]", &a.x[0][i], &a.x[1][i], &a.x[2][i]) != 3) {
      fprintf(stderr, "%s: fewer atoms than its first line says\n", path);
      exit(2);
    }
    for (int k = 0; k < 3; k++) a.x[k][i] /= SIGMA;
  }
  fclose(file);
  return a;
}

static void write_frame(FILE *file, const atoms *a, long step) {
  double box = a->box * SIGMA;
  fprintf(file, "%zu\nLattice=\"%.6f 0 0 0 %.6f 0 0 0 %.6f\" Properties=species:S:1:pos:R:3 step=%ld\n", a->n, box, box,
          box, step);
  for (size_t i = 0; i < a->n; i++)
    fprintf(file, "Ar %.5f %.5f %.5f\n", a->x[0][i] * SIGMA, a->x[1][i] * SIGMA, a->x[2][i] * SIGMA);
}

// Normally distributed velocities, total momentum 0, at twice the temperature: half of it goes into the lattice.
static void heat_up(atoms *a) {
  uint64_t seed = 20;
  for (int k = 0; k < 3; k++) {
    double sum = 0.0;
    for (size_t i = 0; i < a->n; i++) {
      double v = -6.0;  // plus twelve uniform numbers: variance 1
      for (int m = 0; m < 12; m++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        v += ldexp((double)(seed >> 11), -53);
      }
      sum += a->v[k][i] = v * sqrt(2.0 * TEMPERATURE / EPSILON);
    }
    for (size_t i = 0; i < a->n; i++) a->v[k][i] -= sum / (double)a->n;
  }
}

static double nearest_image(double d, double box) {
  return d > 0.5 * box ? d - box : d < -0.5 * box ? d + box : d;
}

// Lists for each atom the atoms within REACH, which are in its own cell or in one of the 26 around it.
KERNEL void make_lists(atoms *a) {
  size_t cells = (size_t)(a->box / REACH);
  uint32_t *head = allocate(cells * cells * cells, sizeof *head);  // an atom + 1, or 0
  uint32_t *next = allocate(a->n, sizeof *next);
  uint32_t(*home)[3] = allocate(a->n, sizeof *home);
  for (size_t i = 0; i < a->n; i++) {
    for (int k = 0; k < 3; k++) {
      a->listed[k][i] = a->x[k][i] -= a->box * floor(a->x[k][i] / a->box);
      home[i][k] = (uint32_t)(a->x[k][i] / a->box * (double)cells) % cells;
    }
    uint32_t *list = &head[(home[i][2] * cells + home[i][1]) * cells + home[i][0]];
    next[i] = *list;
    *list = (uint32_t)i + 1;
  }
  uint32_t count = 0;
  for (size_t i = 0; i < a->n; i++) {
    a->first[i] = count;
    for (size_t c = 0; c < 27; c++) {
      size_t at[3] = {home[i][0] + c % 3, home[i][1] + c / 3 % 3, home[i][2] + c / 9};
      for (int k = 0; k < 3; k++) at[k] = (at[k] + cells - 1) % cells;
      for (uint32_t j = head[(at[2] * cells + at[1]) * cells + at[0]]; j-- != 0; j = next[j]) {
        double square = 0.0;
        for (int k = 0; k < 3; k++) square += pow(nearest_image(a->x[k][i] - a->x[k][j], a->box), 2);
        if (square < REACH * REACH && j != i && count - a->first[i] < MOST_NEIGHBOURS) a->neighbour[count++] = j;
      }
    }
    if ((count - a->first[i]) % 2 != 0) a->neighbour[count++] = (uint32_t)a->n;
  }
  a->first[a->n] = count;
  free(head), free(next), free(home);
}

static inline pair nearest_images(pair d, pair box) {
  mask above = d > 0.5 * box, below = d < -0.5 * box;
  return d - (pair)(above & (mask)box) + (pair)(below & (mask)box);
}

// Forces on all atoms, two neighbours at a time; returns the potential energy. Each pair is met from both sides.
KERNEL double forces(atoms *a) {
  const double *restrict x = a->x[0], *restrict y = a->x[1], *restrict z = a->x[2];
  const uint32_t *restrict first = a->first, *restrict neighbour = a->neighbour;
  const double cut6 = pow(CUTOFF, -6.0), square_term = (6.0 * cut6 - 3.0) * cut6 / (CUTOFF * CUTOFF);
  const double constant_term = (4.0 - 7.0 * cut6) * cut6;
  const pair box = {a->box, a->box};
  pair energy = {0, 0};
  for (size_t i = 0; i < a->n; i++) {
    pair fx = {0, 0}, fy = {0, 0}, fz = {0, 0};
    for (uint32_t k = first[i], end = first[i + 1]; k < end; k += 2) {
      uint32_t j0 = neighbour[k], j1 = neighbour[k + 1];
      pair dx = nearest_images(x[i] - (pair){x[j0], x[j1]}, box), dy = nearest_images(y[i] - (pair){y[j0], y[j1]}, box);
      pair dz = nearest_images(z[i] - (pair){z[j0], z[j1]}, box);
      pair square = dx * dx + dy * dy + dz * dz, inverse = 1.0 / square, inverse6 = inverse * inverse * inverse;
      mask inside = square < CUTOFF * CUTOFF;
      pair u = inverse6 * (inverse6 - 1.0) + square_term * square + constant_term;
      pair pull = inverse6 * (12.0 * inverse6 - 6.0) * inverse - 2.0 * square_term;  // -u'(r) / r
      energy += (pair)((mask)u & inside);
      pull = (pair)((mask)pull & inside);
      fx += pull * dx, fy += pull * dy, fz += pull * dz;
    }
    a->f[0][i] = 4.0 * (fx[0] + fx[1]), a->f[1][i] = 4.0 * (fy[0] + fy[1]), a->f[2][i] = 4.0 * (fz[0] + fz[1]);
  }
  return 2.0 * (energy[0] + energy[1]);
}

// One velocity Verlet step; returns the potential energy after it.
static double step(atoms *a) {
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < a->n; i++) {
      a->v[k][i] += 0.5 * TIME_STEP * a->f[k][i];
      a->x[k][i] += TIME_STEP * a->v[k][i];
    }
  double farthest = 0.0;
  for (size_t i = 0; i < a->n; i++) {
    double dx = a->x[0][i] - a->listed[0][i], dy = a->x[1][i] - a->listed[1][i], dz = a->x[2][i] - a->listed[2][i];
    double square = dx * dx + dy * dy + dz * dz;
    if (square > farthest) farthest = square;
  }
  if (4.0 * farthest > (REACH - CUTOFF) * (REACH - CUTOFF)) make_lists(a);
  double potential = forces(a);
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < a->n; i++) a->v[k][i] += 0.5 * TIME_STEP * a->f[k][i];
  return potential;
}

static double kinetic(const atoms *a) {
  double sum = 0.0;
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < a->n; i++) sum += 0.5 * a->v[k][i] * a->v[k][i];
  return sum;
}

// The largest difference of a force, and of the energy per atom, from the sum over all pairs.
static double difference_from_all_pairs(const atoms *a, double potential) {
  double energy = 0.0, worst = 0.0, rc = CUTOFF;
  for (size_t i = 0; i < a->n; i++) {
    double force[3] = {0};
    for (size_t j = 0; j < a->n; j++) {
      double d[3];
      for (int k = 0; k < 3; k++) d[k] = nearest_image(a->x[k][i] - a->x[k][j], a->box);
      double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      if (j == i || r >= rc) continue;
      energy += 2.0 * (pow(r, -12) - pow(r, -6) + (6 * pow(rc, -12) - 3 * pow(rc, -6)) * pow(r / rc, 2) -
                       7 * pow(rc, -12) + 4 * pow(rc, -6));
      double slope = 48 * pow(r, -13) - 24 * pow(r, -7) - 8 * r * (6 * pow(rc, -14) - 3 * pow(rc, -8));
      for (int k = 0; k < 3; k++) force[k] += slope * d[k] / r;
    }
    for (int k = 0; k < 3; k++)
      if (!(fabs(force[k] - a->f[k][i]) <= worst)) worst = fabs(force[k] - a->f[k][i]);
  }
  return fmax(worst, fabs(energy - potential) / (double)a->n);
}

int main(int argc, char **argv) {
  bool from_file = argc > 1 && !is_number(argv[1]);
  atoms a = from_file ? read_xyz(argv[1]) : lattice((size_t)size_argument(argc, argv, 1, 6, 5, 60));
  long steps = size_argument(argc, argv, 2, 1000, 1, 10000000);
  FILE *trajectory = argc > 3 ? open_or_exit(argv[3], "w") : NULL;
  heat_up(&a);
  make_lists(&a);
  double potential = forces(&a), start_energy = potential + kinetic(&a), seconds = 0.0, pairs = 0.0;
  for (long done = 0; done < steps; done++) {
    if (trajectory != NULL && done % FRAME_EVERY == 0) write_frame(trajectory, &a, done);
    double start = seconds_now();
    potential = step(&a);
    seconds += seconds_now() - start;
    pairs += a.first[a.n] / 2;
  }
  if (trajectory != NULL) write_frame(trajectory, &a, steps), close_written(trajectory, argv[3]);

  double n = (double)a.n, energy = potential + kinetic(&a), drift = fabs(energy / start_energy - 1.0), momentum = 0.0;
  for (int k = 0; k < 3; k++) {
    double sum = 0.0;
    for (size_t i = 0; i < a.n; i++) sum += a.v[k][i];
    momentum += fabs(sum);
  }
  double difference = difference_from_all_pairs(&a, potential);
  printf("%zu atoms, %.1f K, energy %.6f per atom, drift %.1e, momentum %.1e, from all pairs %.1e\n", a.n,
         kinetic(&a) / n / 1.5 * EPSILON, energy / n, drift, momentum, difference);
  bool pass = drift < 3e-4 && momentum < 1e-9 && difference < 1e-9;
  return report("md", (long)a.n, energy / n, pass, 1e-6 * pairs / seconds, "Mop/s", seconds);
}
