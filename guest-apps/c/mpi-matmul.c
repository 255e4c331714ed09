// A product of square matrices by Cannon's algorithm: blocks of both factors go round a torus of ranks, those of one along its rows, those of
// the other along its columns, so that each rank has in turn what its block of the product wants. Works on the largest square of ranks that
// there is; the others look on. Known answer: elements that are sums with a closed form, exact to the bit.
// Usage: mpi-matmul [EDGE]
#include "report.h"
#include "ranks.h"

enum { DOWN, RIGHT, AXES };

// A[i][k] = i + k and B[k][j] = k - j; beyond the edge, where blocks of equal size have more, both are zero.
static double of_first(size_t n, size_t i, size_t k) { return i < n && k < n ? (double)(i + k) : 0.0; }
static double of_second(size_t n, size_t k, size_t j) { return k < n && j < n ? (double)k - (double)j : 0.0; }

// The sum over k of (i + k) (k - j).
static double of_product(size_t n, size_t i, size_t j) {
  double count = (double)n, sum = count * (count - 1) / 2, squares = sum * (2 * count - 1) / 3;
  return squares + ((double)i - (double)j) * sum - (double)i * (double)j * count;
}

// Adds a product of blocks, four rows of the second at a time.
KERNEL void multiply(size_t edge, const double *restrict a, const double *restrict b, double *restrict c) {
  for (size_t i = 0; i < edge; i++)
    for (size_t k = 0; k < edge; k += 4) {
      const double *restrict row = b + k * edge, *x = a + i * edge + k;
      double *restrict to = c + i * edge;
      for (size_t j = 0; j < edge; j++)
        to[j] += x[0] * row[j] + x[1] * row[edge + j] + x[2] * row[2 * edge + j] + x[3] * row[3 * edge + j];
    }
}

// Gives a block to the rank so many steps back along an axis, and gets another for it.
static void shift(double *block, size_t edge, MPI_Comm torus, int axis, int steps) {
  int from, to;
  MPI_Cart_shift(torus, axis, -steps, &from, &to);
  MPI_Sendrecv_replace(block, (int)(edge * edge), MPI_DOUBLE, to, axis, from, axis, torus, MPI_STATUS_IGNORE);
}

// Returns whether all elements of the rank's block are right.
static int run(MPI_Comm torus, size_t n, int across, double *seconds, double *corner) {
  int rank, at[AXES];
  MPI_Comm_rank(torus, &rank);
  MPI_Cart_coords(torus, rank, AXES, at);
  size_t edge = ((n + (size_t)across - 1) / (size_t)across + 3) / 4 * 4;
  size_t top = edge * (size_t)at[DOWN], left = edge * (size_t)at[RIGHT];
  double *a = allocate(edge * edge, sizeof *a), *b = allocate(edge * edge, sizeof *b), *c = allocate(edge * edge, sizeof *c);
  for (size_t i = 0; i < edge; i++)
    for (size_t j = 0; j < edge; j++) {
      a[i * edge + j] = of_first(n, top + i, left + j);
      b[i * edge + j] = of_second(n, top + i, left + j);
    }
  MPI_Barrier(torus);
  double start = MPI_Wtime();
  shift(a, edge, torus, RIGHT, at[DOWN]);
  shift(b, edge, torus, DOWN, at[RIGHT]);
  for (int step = 0; step < across; step++) {
    multiply(edge, a, b, c);
    shift(a, edge, torus, RIGHT, 1);
    shift(b, edge, torus, DOWN, 1);
  }
  MPI_Barrier(torus);
  *seconds = MPI_Wtime() - start;
  int right = 1, all_right;
  for (size_t i = 0; i < edge && top + i < n; i++)
    for (size_t j = 0; j < edge && left + j < n; j++) right = right && c[i * edge + j] == of_product(n, top + i, left + j);
  MPI_Allreduce(&right, &all_right, 1, MPI_INT, MPI_LAND, torus);
  *corner = c[0];
  return all_right;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, across = 1, status = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 512, 1, 8192);
  while ((across + 1) * (across + 1) <= size) across++;
  int dims[AXES] = {across, across}, periods[AXES] = {1, 1};
  MPI_Comm torus;  // MPI_COMM_NULL in those who look on
  MPI_Cart_create(MPI_COMM_WORLD, AXES, dims, periods, 0, &torus);
  if (torus != MPI_COMM_NULL) {
    double seconds, corner;
    bool pass = run(torus, n, across, &seconds, &corner);
    if (rank == 0) {
      double work = 2e-9 * (double)n * (double)n * (double)n;
      printf("%d x %d of %d ranks, %.3f s\n", across, across, size, seconds);
      status = report("mpi-matmul", (long)n, corner, pass, work / seconds, "GFLOP/s", seconds);
    }
    MPI_Comm_free(&torus);
  }
  return finish(status);
}
