// Bodies that attract one another: each rank moves some, and a copy of every rank's goes round a ring while the forces of the copy before are
// summed. The messages are always the same, so their requests are made once and started again and again. Known answer: where one rank's sums
// bring the bodies, but for rounding, and the momentum, which stays.
// Usage: mpi-nbody [BODIES [STEPS]]
#include "report.h"
#include "ranks.h"
#include <math.h>

static const double TIME_STEP = 1e-2, SOFTENING = 1e-3;

typedef struct {
  double x, y, z, mass;
} place;

typedef struct {
  double x, y, z;
} vector;

// Some bodies of all, with as many slots on each rank; what no body has is without mass.
typedef struct {
  size_t count;
  place *places;
  vector *velocities, *forces;
} bodies;

static bodies new_bodies(size_t first, size_t count, size_t all) {
  bodies b = {count, allocate(count, sizeof(place)), allocate(count, sizeof(vector)), allocate(count, sizeof(vector))};
  for (size_t i = 0; i < count && first + i < all; i++) {
    double t = (double)(first + i), around = 2.399963 * t, height = 2.0 * (t + 0.5) / (double)all - 1.0;
    double radius = sqrt(1.0 - height * height);
    b.places[i] = (place){radius * cos(around), radius * sin(around), height, 1.0 / (double)all};
    b.velocities[i] = (vector){-0.5 * radius * sin(around), 0.5 * radius * cos(around), 0.0};
  }
  return b;
}

KERNEL void add_forces(const bodies *b, const place *restrict others, size_t count) {
  for (size_t i = 0; i < b->count; i++) {
    place own = b->places[i];
    vector sum = b->forces[i];
    for (size_t j = 0; j < count; j++) {
      double x = others[j].x - own.x, y = others[j].y - own.y, z = others[j].z - own.z;
      double square = x * x + y * y + z * z + SOFTENING, pull = others[j].mass / (square * sqrt(square));
      sum.x += pull * x, sum.y += pull * y, sum.z += pull * z;
    }
    b->forces[i] = sum;
  }
}

static void move(bodies *b) {
  for (size_t i = 0; i < b->count; i++) {
    vector *v = &b->velocities[i], *f = &b->forces[i];
    v->x += TIME_STEP * f->x, v->y += TIME_STEP * f->y, v->z += TIME_STEP * f->z;
    place *p = &b->places[i];
    p->x += TIME_STEP * v->x, p->y += TIME_STEP * v->y, p->z += TIME_STEP * v->z;
    *f = (vector){0};
  }
}

// Passes copies round the ring. Each of two buffers is filled by the last rank while the other one goes to the next.
static void run(bodies *own, long steps) {
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int next = (rank + 1) % size, last = (rank + size - 1) % size, count = 4 * (int)own->count;
  place *copies[2] = {allocate(own->count, sizeof(place)), allocate(own->count, sizeof(place))};
  MPI_Request requests[2][2];
  for (int i = 0; i < 2; i++) {
    MPI_Send_init(copies[i], count, MPI_DOUBLE, next, 0, MPI_COMM_WORLD, &requests[i][0]);
    MPI_Recv_init(copies[1 - i], count, MPI_DOUBLE, last, 0, MPI_COMM_WORLD, &requests[i][1]);
  }
  for (long step = 0; step < steps; step++) {
    memcpy(copies[0], own->places, own->count * sizeof(place));
    for (int i = 0; i < size; i++) {
      bool goes_on = i + 1 < size;
      if (goes_on) MPI_Startall(2, requests[i % 2]);
      add_forces(own, copies[i % 2], own->count);
      if (goes_on) MPI_Waitall(2, requests[i % 2], MPI_STATUSES_IGNORE);
    }
    move(own);
  }
  for (int i = 0; i < 4; i++) MPI_Request_free(&requests[i / 2][i % 2]);
}

static double momentum_along_z(const bodies *b) {
  double sum = 0.0;
  for (size_t i = 0; i < b->count; i++) sum += b->places[i].mass * b->velocities[i].z;
  return sum;
}

// How far the farthest body is from where one rank alone brings it.
static double farthest(const place *places, size_t n, long steps, double *seconds) {
  bodies whole = new_bodies(0, n, n);
  double start = MPI_Wtime(), most = 0.0;
  for (long step = 0; step < steps; step++) {
    add_forces(&whole, whole.places, n);
    move(&whole);
  }
  *seconds = MPI_Wtime() - start;
  for (size_t i = 0; i < n; i++) {
    place a = places[i], b = whole.places[i];
    most = fmax(most, fabs(a.x - b.x) + fabs(a.y - b.y) + fabs(a.z - b.z));
  }
  return most;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, status = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 1500, 1, 200000);
  long steps = size_argument(argc, argv, 2, 10, 1, 1000000);
  size_t each = (n + (size_t)size - 1) / (size_t)size;
  bodies own = new_bodies(each * (size_t)rank, each, n);
  double before = momentum_along_z(&own), change, all_change;
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  run(&own, steps);
  MPI_Barrier(MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start, alone;
  change = momentum_along_z(&own) - before;
  MPI_Reduce(&change, &all_change, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  place *all = rank == 0 ? allocate(each * (size_t)size, sizeof(place)) : NULL;
  MPI_Gather(own.places, 4 * (int)each, MPI_DOUBLE, all, 4 * (int)each, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    double error = farthest(all, n, steps, &alone), pairs = (double)n * (double)n * (double)steps;
    printf("%d ranks %.3f s, one alone %.3f s, error %.1e, momentum %.1e\n", size, seconds, alone, error, all_change);
    bool pass = error < 1e-12 && fabs(all_change) < 1e-12;
    status = report("mpi-nbody", (long)n, all[0].x, pass, 1e-6 * pairs / seconds, "Mpairs/s", seconds);
  }
  return finish(status);
}
