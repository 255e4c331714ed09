// Waves on a square membrane, by ranks of several threads: each rank has a band of rows, its threads share them out. In each step the main
// thread, which alone may call MPI, exchanges the band's edges while the others begin with what needs none. Known answer: a standing wave,
// of which even the discrete equation's solution has a closed form.
// Usage: mpi-omp [EDGE [STEPS]]; wants mpicc -fopenmp
#include "report.h"
#include "ranks.h"
#include <math.h>
#include <omp.h>

static const double COURANT = 0.25;  // the square of speed times time step / grid step
static const double PI = 3.14159265358979323846;
enum { ROWS_AT_ONCE = 8 };

typedef struct {
  size_t n, first, rows;  // without the frame, which does not move
  int above, below;
  double *last, *now, *next;
} band;

static double shape(size_t n, size_t row, size_t column) {
  double step = PI / (double)(n + 1);
  return sin(step * (double)row) * sin(step * (double)column);
}

// By how much the scheme itself moves on the phase of that shape in a step.
static double phase_of_step(size_t n) { return 2.0 * asin(sqrt(2.0 * COURANT) * sin(0.5 * PI / (double)(n + 1))); }

static band new_band(size_t n, int rank, int size) {
  size_t first = part_of(n, rank, size), rows = part_of(n, rank + 1, size) - first, count = (rows + 2) * (n + 2);
  band b = {n, first, rows, rank > 0 ? rank - 1 : MPI_PROC_NULL, rank + 1 < size ? rank + 1 : MPI_PROC_NULL,
            allocate(count, sizeof(double)), allocate(count, sizeof(double)), allocate(count, sizeof(double))};
  double before = cos(phase_of_step(n));
  for (size_t j = 1; j <= rows; j++)
    for (size_t i = 1; i <= n; i++) {
      double u = shape(n, first + j, i);
      b.now[j * (n + 2) + i] = u, b.last[j * (n + 2) + i] = before * u;
    }
  return b;
}

KERNEL void step_row(const band *b, size_t row) {
  size_t w = b->n + 2;
  const double *restrict u = b->now + row * w, *restrict last = b->last + row * w, *above = u - w, *below = u + w;
  double *restrict next = b->next + row * w;
  for (size_t i = 1; i <= b->n; i++)
    next[i] = 2.0 * u[i] - last[i] + COURANT * (u[i - 1] + u[i + 1] + above[i] + below[i] - 4.0 * u[i]);
}

static void exchange_edges(const band *b) {
  size_t w = b->n + 2;
  int count = (int)w;
  MPI_Sendrecv(b->now + w, count, MPI_DOUBLE, b->above, 0, b->now + (b->rows + 1) * w, count, MPI_DOUBLE, b->below, 0,
               MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Sendrecv(b->now + b->rows * w, count, MPI_DOUBLE, b->below, 1, b->now, count, MPI_DOUBLE, b->above, 1,
               MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

// Returns how many threads there were.
static int run(band *b, long steps) {
  int threads = 1;
#pragma omp parallel
  for (long i = 0; i < steps; i++) {
#pragma omp master
    {
      threads = omp_get_num_threads();
      exchange_edges(b);
    }
    // Whoever is free takes rows; main comes when it has what its neighbours sent.
#pragma omp for schedule(dynamic, ROWS_AT_ONCE)
    for (size_t row = 2; row < b->rows; row++) step_row(b, row);
#pragma omp single
    {
      step_row(b, 1);
      if (b->rows > 1) step_row(b, b->rows);
      double *oldest = b->last;
      b->last = b->now, b->now = b->next, b->next = oldest;
    }
  }
  return threads;
}

static double largest_error(const band *b, long steps) {
  double height = cos((double)steps * phase_of_step(b->n)), most = 0.0;
  for (size_t j = 1; j <= b->rows; j++)
    for (size_t i = 1; i <= b->n; i++) {
      double error = fabs(b->now[j * (b->n + 2) + i] - height * shape(b->n, b->first + j, i));
      if (!(error <= most)) most = error;
    }
  return most;
}

int main(int argc, char **argv) {
  int provided, rank, size, status = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 512, 1, 8192);
  long steps = size_argument(argc, argv, 2, 300, 1, 1000000);
  if (provided < MPI_THREAD_FUNNELED || (size_t)size > n) {
    fprintf(stderr, "mpi-omp: %s\n", (size_t)size > n ? "more ranks than rows" : "MPI does without threads here");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  band own = new_band(n, rank, size);
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  int threads = run(&own, steps), all_threads;
  MPI_Barrier(MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start, error = largest_error(&own, steps), all_error;
  MPI_Reduce(&threads, &all_threads, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
  MPI_Reduce(&error, &all_error, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    double points = (double)n * (double)n * (double)steps;
    printf("%d ranks, %d threads in all, error %.1e\n", size, all_threads, all_error);
    status = report("mpi-omp", (long)n, all_error, all_error < 1e-9, 9e-9 * points / seconds, "GFLOP/s", seconds);
  }
  return finish(status);
}
