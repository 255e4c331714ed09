// The heat equation on a square, 5-point stencil, by POSIX threads: each has a band of rows, and all meet at a barrier after
// each step. Known answer: one thread's temperatures, the same to the bit, and no new extremes, which the equation forbids.
// Usage: heat-threads [EDGE [STEPS]]
#include "report.h"
#include "parallel.h"
#include <math.h>

typedef struct {
  size_t n;
  long steps;
  double *now, *next;
  pthread_barrier_t barrier;
  bool has_barrier;
  pthread_mutex_t mutex;
} plate;

KERNEL void step_rows(size_t n, size_t first, size_t end, const double *restrict u, double *restrict next) {
  size_t w = n + 2;
  for (size_t j = first; j < end; j++)
    for (size_t i = j * w + 1; i <= j * w + n; i++)
      next[i] = u[i] + 0.2 * (u[i - 1] + u[i + 1] + u[i - w] + u[i + w] - 4.0 * u[i]);
}

static void meet(plate *p, int count) {
  // Whoever comes first makes the barrier for as many as there are.
  pthread_mutex_lock(&p->mutex);
  if (!p->has_barrier) p->has_barrier = pthread_barrier_init(&p->barrier, NULL, (unsigned)count) == 0;
  pthread_mutex_unlock(&p->mutex);
  pthread_barrier_wait(&p->barrier);
}

static void run_band(int index, int count, void *shared) {
  plate *p = shared;
  size_t first = 1 + p->n * (size_t)index / (size_t)count, end = 1 + p->n * (size_t)(index + 1) / (size_t)count;
  double *now = p->now, *next = p->next;
  for (long step = 0; step < p->steps; step++) {
    step_rows(p->n, first, end, now, next);
    meet(p, count);
    double *swap = now;
    now = next, next = swap;
  }
}

static plate new_plate(size_t n, long steps) {
  plate p = {.n = n, .steps = steps, .mutex = PTHREAD_MUTEX_INITIALIZER};
  p.now = allocate((n + 2) * (n + 2), sizeof(double)), p.next = allocate((n + 2) * (n + 2), sizeof(double));
  for (size_t j = 1; j <= n; j++)
    for (size_t i = 1; i <= n; i++) p.now[j * (n + 2) + i] = (double)((i * 131 + j * 517) % 1000) / 1000.0;
  return p;
}

int main(int argc, char **argv) {
  size_t n = (size_t)size_argument(argc, argv, 1, 512, 2, 8192);
  long steps = size_argument(argc, argv, 2, 300, 1, 1000000);
  plate one = new_plate(n, steps), all = new_plate(n, steps);
  double start = seconds_now();
  int threads = run_team(processors(), run_band, &all);
  double middle = seconds_now();
  run_band(0, 1, &one);
  double parallel = middle - start, serial = seconds_now() - middle, heat = 0.0;
  const double *end = steps % 2 ? all.next : all.now, *expected = steps % 2 ? one.next : one.now;
  bool same = memcmp(end, expected, (n + 2) * (n + 2) * sizeof *end) == 0;
  for (size_t i = 0; i < (n + 2) * (n + 2); i++) {
    if (!(end[i] >= 0.0 && end[i] < 1.0)) same = false;
    heat += end[i];
  }
  printf("1 thread %.3f s, %d threads %.3f s, speed-up %.2f\n", serial, threads, parallel, serial / parallel);
  double gigaflop = 7e-9 * (double)n * (double)n * (double)steps;
  return report("heat-threads", (long)n, heat / (double)(n * n), same, gigaflop / parallel, "GFLOP/s", parallel);
}
