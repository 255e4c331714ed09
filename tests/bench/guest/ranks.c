// What the benchmark of many ranks measures, natively and as a guest: each line is a name and a number, in microseconds. Of several rounds the
// best. Without operations it only meets, gathers and ends: what a job takes at the least.
// Usage: ranks [PART]; with 0.1 a tenth of the operations, with 0 none

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 3, HALO = 512, BLOCK = 64 };

static int rank, size;
static double *sent, *received;

static void barrier(void) { MPI_Barrier(MPI_COMM_WORLD); }

static void allreduce(void) { MPI_Allreduce(sent, received, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); }

static void alltoall(void) { MPI_Alltoall(sent, BLOCK, MPI_DOUBLE, received, BLOCK, MPI_DOUBLE, MPI_COMM_WORLD); }

static void halo(void) {
  int next = (rank + 1) % size, last = (rank + size - 1) % size;
  MPI_Request all[4];
  MPI_Irecv(received, HALO, MPI_DOUBLE, last, 0, MPI_COMM_WORLD, &all[0]);
  MPI_Irecv(received + HALO, HALO, MPI_DOUBLE, next, 1, MPI_COMM_WORLD, &all[1]);
  MPI_Isend(sent, HALO, MPI_DOUBLE, next, 0, MPI_COMM_WORLD, &all[2]);
  MPI_Isend(sent, HALO, MPI_DOUBLE, last, 1, MPI_COMM_WORLD, &all[3]);
  MPI_Waitall(4, all, MPI_STATUSES_IGNORE);
}

// The first round is cold.
static void measure(const char *name, void (*operation)(void), int count) {
  double best = 0;
  for (int round = 0; round <= ROUNDS; round++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    for (int i = 0; i < count; i++) operation();
    double each = (MPI_Wtime() - start) / count * 1e6;
    if (round > 0 && (best == 0 || each < best)) best = each;
  }
  if (rank == 0) printf("%s %.4f\n", name, best);
}

static void start_and_end(void) {
  int *all = malloc(sizeof *all * (size_t)size);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Allgather(&rank, 1, MPI_INT, all, 1, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++)
    if (all[i] != i) MPI_Abort(MPI_COMM_WORLD, 3);
  free(all);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  double part = argc > 1 ? strtod(argv[1], NULL) : 1;
  start_and_end();
  if (part > 0) {
    int count = part * 100 < 5 ? 5 : (int)(part * 100);
    size_t most = (size_t)(size * BLOCK > 2 * HALO ? size * BLOCK : 2 * HALO);
    sent = calloc(most, sizeof *sent), received = calloc(most, sizeof *received);
    measure("barrier", barrier, count);
    measure("allreduce", allreduce, count);
    measure("alltoall", alltoall, count);
    measure("halo", halo, count);
  }
  MPI_Finalize();
  return 0;
}
