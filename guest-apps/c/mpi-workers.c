// A master who hands out tasks of unknown length, and workers who ask for the next when they are done: whoever answers first is served first.
// The tasks count the steps of Collatz sequences. Known answer: the same counts by one rank.
// Usage: mpi-workers [NUMBERS]
#include "report.h"
#include "ranks.h"

enum { BLOCK = 1000, TASK = 1, END = 2 };

KERNEL long steps_of_block(long first, long end) {
  long steps = 0;
  for (long i = first; i < end; i++)
    for (unsigned long n = (unsigned long)i; n != 1; steps++) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  return steps;
}

static long work_block(long first, long numbers) {
  return steps_of_block(first, first + BLOCK < numbers ? first + BLOCK : numbers);
}

// Returns the steps of all; shares[rank] counts the blocks of each.
static long hand_out(long numbers, int size, int *shares) {
  long next = 1, sum = 0, result;
  int working = 0;
  MPI_Status status;
  for (int rank = 1; rank < size; rank++, working++, next += BLOCK)
    MPI_Send(&next, 1, MPI_LONG, rank, next < numbers ? TASK : END, MPI_COMM_WORLD);
  while (working > 0) {
    MPI_Recv(&result, 1, MPI_LONG, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    if (status.MPI_TAG == END) {
      working--;
      continue;
    }
    sum += result;
    shares[status.MPI_SOURCE]++;
    MPI_Send(&next, 1, MPI_LONG, status.MPI_SOURCE, next < numbers ? TASK : END, MPI_COMM_WORLD);
    next += BLOCK;
  }
  return sum;
}

static void work(long numbers) {
  for (;;) {
    long first, result = 0;
    MPI_Status status;
    MPI_Recv(&first, 1, MPI_LONG, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    if (status.MPI_TAG == TASK) result = work_block(first, numbers);
    MPI_Send(&result, 1, MPI_LONG, 0, status.MPI_TAG, MPI_COMM_WORLD);
    if (status.MPI_TAG == END) return;
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, status = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  long numbers = size_argument(argc, argv, 1, 300000, 2, 100000000);
  require_ranks(2, "mpi-workers");
  if (rank > 0) {
    work(numbers);
  } else {
    int *shares = allocate((size_t)size, sizeof *shares);
    double start = MPI_Wtime();
    long sum = hand_out(numbers, size, shares);
    double seconds = MPI_Wtime() - start;
    long known = steps_of_block(1, numbers);
    printf("blocks by worker:");
    for (int i = 1; i < size; i++) printf(" %d", shares[i]);
    printf("\n");
    status = report("mpi-workers", numbers, (double)sum, sum == known, 1e-6 * (double)sum / seconds, "Msteps/s", seconds);
  }
  return finish(status);
}
