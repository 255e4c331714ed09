// Pi by the midpoint rule, the intervals shared out among the ranks: one broadcast, one reduction. Shows a program that computes alone and
// adds up at the end. Known answer: pi.
// Usage: mpi-pi [INTERVALS]
#include "report.h"
#include "ranks.h"
#include <math.h>

KERNEL double sum_of(long first, long step, long intervals) {
  double sum = 0.0, width = 1.0 / (double)intervals;
  for (long i = first; i < intervals; i += step) {
    double x = width * ((double)i + 0.5);
    sum += 4.0 / (1.0 + x * x);
  }
  return sum * width;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  long intervals = size_argument(argc, argv, 1, 20000000, 1, 2000000000);
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  MPI_Bcast(&intervals, 1, MPI_LONG, 0, MPI_COMM_WORLD);
  double own = sum_of(rank, size, intervals), pi = 0.0;
  MPI_Reduce(&own, &pi, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start;
  int status = 0;
  if (rank == 0) {
    const double known = 3.14159265358979323846;
    double error = 1.0 / ((double)intervals * (double)intervals) + 1e-9;
    printf("%d ranks, pi %.12f, error %.1e\n", size, pi, fabs(pi - known));
    status = report("mpi-pi", intervals, pi, fabs(pi - known) < error, 1e-6 * (double)intervals / seconds, "Mop/s", seconds);
  }
  return finish(status);
}
