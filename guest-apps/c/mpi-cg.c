// Conjugate gradients on the 5-point Laplacian of a square, its rows shared out among the ranks: each step two rows are exchanged with
// neighbours, and two sums are taken over all. Known answer: the vector from which the right side was made.
// Usage: mpi-cg [EDGE]
#include "report.h"
#include "ranks.h"
#include <math.h>

typedef struct {
  size_t n, rows;  // columns of the square; rows of this rank
  int above, below;
} band;

// Vectors have a row more on both sides, of which those of neighbours are filled before each product.
static double *new_vector(const band *b) { return allocate((b->rows + 2) * b->n, sizeof(double)); }

static void exchange_rows(const band *b, double *v) {
  int n = (int)b->n;
  MPI_Sendrecv(v + b->n, n, MPI_DOUBLE, b->above, 0, v + (b->rows + 1) * b->n, n, MPI_DOUBLE, b->below, 0, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
  MPI_Sendrecv(v + b->rows * b->n, n, MPI_DOUBLE, b->below, 1, v, n, MPI_DOUBLE, b->above, 1, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
}

static inline void product_of_row(size_t n, const double *restrict v, double *restrict result) {
  const double *above = v - n, *below = v + n;
  result[0] = 4.0 * v[0] - v[1] - above[0] - below[0];
  for (size_t i = 1; i < n - 1; i++) result[i] = 4.0 * v[i] - v[i - 1] - v[i + 1] - above[i] - below[i];
  result[n - 1] = 4.0 * v[n - 1] - v[n - 2] - above[n - 1] - below[n - 1];
}

KERNEL void product(const band *b, const double *restrict v, double *restrict result) {
  size_t n = b->n;
  for (size_t j = 1; j <= b->rows; j++) product_of_row(n, v + j * n, result + j * n);
}

KERNEL void add(size_t n, double factor, const double *restrict v, double *restrict to) {
  for (size_t i = 0; i < n; i++) to[i] += factor * v[i];
}

KERNEL void direct(size_t n, double beta, const double *restrict r, double *restrict p) {
  for (size_t i = 0; i < n; i++) p[i] = r[i] + beta * p[i];
}

static double dot(const band *b, const double *u, const double *v) {
  double own = 0.0, all;
  for (size_t i = b->n; i < (b->rows + 1) * b->n; i++) own += u[i] * v[i];
  MPI_Allreduce(&own, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 256, 2, 8192);
  size_t first = part_of(n, rank, size), end = part_of(n, rank + 1, size);
  band b = {n, end - first, rank > 0 ? rank - 1 : MPI_PROC_NULL, rank + 1 < size ? rank + 1 : MPI_PROC_NULL};
  double *known = new_vector(&b), *x = new_vector(&b), *r = new_vector(&b), *p = new_vector(&b), *q = new_vector(&b);
  for (size_t j = 0; j < b.rows; j++)
    for (size_t i = 0; i < n; i++) known[(j + 1) * n + i] = sin(0.1 * (double)(first + j)) + cos(0.07 * (double)i);
  exchange_rows(&b, known);
  product(&b, known, r);
  size_t count = (b.rows + 2) * n;
  memcpy(p, r, count * sizeof(double));
  double start = MPI_Wtime(), square = dot(&b, r, r), goal = 1e-24 * square;
  long steps = 0;
  while (square > goal && steps < 20 * (long)n) {
    exchange_rows(&b, p);
    product(&b, p, q);
    double alpha = square / dot(&b, p, q);
    add(count - 2 * n, alpha, p + n, x + n);
    add(count - 2 * n, -alpha, q + n, r + n);
    double next = dot(&b, r, r), beta = next / square;
    direct(count - 2 * n, beta, r + n, p + n);
    square = next, steps++;
  }
  double seconds = MPI_Wtime() - start, worst = 0.0, error;
  for (size_t i = n; i < count - n; i++)
    if (fabs(x[i] - known[i]) > worst) worst = fabs(x[i] - known[i]);
  MPI_Reduce(&worst, &error, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  int status = 0;
  if (rank == 0) {
    double work = 20.0 * (double)n * (double)n * (double)steps;
    printf("%d ranks, %ld steps, error %.1e\n", size, steps, error);
    status = report("mpi-cg", (long)n, error, error < 1e-8, 1e-9 * work / seconds, "GFLOP/s", seconds);
  }
  return finish(status);
}
