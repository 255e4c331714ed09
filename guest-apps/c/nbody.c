// Motion of the Sun and the four outer planets under gravity, integrated with the symplectic Euler method in steps of
// 0.01 days: the n-body problem of the Computer Language Benchmarks Game, limited by the latency of sqrt and division.
// Known answer: the game publishes the energy after 1,000, 500,000, 5,000,000 and 50,000,000 steps to nine digits; for
// other counts the energy must keep its start value within 2e-4.
// Usage: nbody [STEPS]
#include "report.h"
#include <math.h>

enum { BODIES = 5, STEPS_A_CALL = 1000 };

typedef struct {
  double x, y, z, vx, vy, vz, mass;
} body;

#define SOLAR_MASS (4 * 3.141592653589793 * 3.141592653589793)
#define DAYS 365.24

// Units: astronomical unit, year, and a mass in which the constant of gravity is 1. Heliocentric state of 2009-06-17.
static body bodies[BODIES] = {
    {0, 0, 0, 0, 0, 0, SOLAR_MASS},
    {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01, 1.66007664274403694e-03 * DAYS,
     7.69901118419740425e-03 * DAYS, -6.90460016972063023e-05 * DAYS, 9.54791938424326609e-04 * SOLAR_MASS},  // Jupiter
    {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01, -2.76742510726411899e-03 * DAYS,
     4.99852801234917238e-03 * DAYS, 2.30417297573763929e-05 * DAYS, 2.85885980666130812e-04 * SOLAR_MASS},  // Saturn
    {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01, 2.96460137564761618e-03 * DAYS,
     2.37847173959480950e-03 * DAYS, -2.96589568540237556e-05 * DAYS, 4.36624404335156298e-05 * SOLAR_MASS},  // Uranus
    {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01, 2.68067772490389322e-03 * DAYS,
     1.62824170038242295e-03 * DAYS, -9.51592254519715870e-05 * DAYS, 5.15138902046611451e-05 * SOLAR_MASS},  // Neptune
};

KERNEL void advance(body *restrict all, long steps, double dt) {
  for (long step = 0; step < steps; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        body *a = &all[i], *b = &all[j];
        double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
        double square = dx * dx + dy * dy + dz * dz;
        double pull = dt / (square * sqrt(square));
        a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
        b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
      }
    for (int i = 0; i < BODIES; i++) {
      body *a = &all[i];
      a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
    }
  }
}

static double energy(const body *all) {
  double sum = 0.0;
  for (int i = 0; i < BODIES; i++) {
    const body *a = &all[i];
    sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    for (int j = i + 1; j < BODIES; j++) {
      const body *b = &all[j];
      sum -= a->mass * b->mass / sqrt(pow(a->x - b->x, 2) + pow(a->y - b->y, 2) + pow(a->z - b->z, 2));
    }
  }
  return sum;
}

// The Sun takes the velocity that makes the total momentum zero.
static void offset_momentum(body *all) {
  for (int i = 1; i < BODIES; i++) {
    all[0].vx -= all[i].vx * all[i].mass / SOLAR_MASS;
    all[0].vy -= all[i].vy * all[i].mass / SOLAR_MASS;
    all[0].vz -= all[i].vz * all[i].mass / SOLAR_MASS;
  }
}

static bool known(long steps, double start, double end) {
  static const struct {
    long steps;
    double energy;
  } published[] = {{1000, -0.169087605}, {500000, -0.169096567}, {5000000, -0.169083134}, {50000000, -0.169059907}};
  if (!(fabs(start - -0.169075164) < 6e-10)) return false;
  for (size_t i = 0; i < sizeof published / sizeof *published; i++)
    if (published[i].steps == steps) return fabs(end - published[i].energy) < 6e-10;
  return fabs(end / start - 1.0) < 2e-4;
}

int main(int argc, char **argv) {
  long steps = size_argument(argc, argv, 1, 5000000, 1, 1000000000);
  offset_momentum(bodies);
  double start_energy = energy(bodies);
  double start = seconds_now();
  for (long done = 0; done < steps; done += STEPS_A_CALL)
    advance(bodies, steps - done < STEPS_A_CALL ? steps - done : STEPS_A_CALL, 0.01);
  double seconds = seconds_now() - start;
  double end_energy = energy(bodies);
  printf("energy %.9f -> %.9f\n", start_energy, end_energy);
  double pairs = (double)steps * BODIES * (BODIES - 1) / 2;
  return report("nbody", steps, end_energy, known(steps, start_energy, end_energy), 1e-6 * pairs / seconds, "Mop/s",
                seconds);
}
