// What the benchmark of messages measures, natively and as a guest: each line is a name and a number, in microseconds. Two ranks; of
// several rounds the best, since what comes between them is the host's.
// Usage: mpi [PART]; with 0.1 a tenth of the operations

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 4, LONGEST = 1 << 22 };

static double part = 1;
static char *buffer;
static int rank;

static void ping_pong(int bytes) {
  int other = 1 - rank;
  if (rank == 0) MPI_Send(buffer, bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD);
  MPI_Recv(buffer, bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (rank == 1) MPI_Send(buffer, bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD);
}

static void allreduce(int unused) {
  double one = 1, sum;
  MPI_Allreduce(&one, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  if (sum != 2) MPI_Abort(MPI_COMM_WORLD, 3);
  (void)unused;
}

static void barrier(int unused) {
  MPI_Barrier(MPI_COMM_WORLD);
  (void)unused;
}

// The first round is not counted: cold.
static double best_of(void (*operation)(int), int argument, double most) {
  int count = most * part < 10 ? 10 : (int)(most * part);
  double best = 0;
  for (int round = 0; round <= ROUNDS; round++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    for (int i = 0; i < count; i++) operation(argument);
    double each = (MPI_Wtime() - start) / count * 1e6;
    if (round > 0 && (best == 0 || each < best)) best = each;
  }
  return best;
}

int main(int argc, char **argv) {
  int size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size != 2) MPI_Abort(MPI_COMM_WORLD, 2);
  if (argc > 1) part = strtod(argv[1], NULL);
  buffer = malloc(LONGEST);
  memset(buffer, 1, LONGEST);
  for (int bytes = 1; bytes <= LONGEST; bytes *= 2) {
    double most = bytes < 16384 ? 5000 : bytes < 262144 ? 1000 : 100;
    double round_trip = best_of(ping_pong, bytes, most);
    if (rank == 0) printf("ping_pong_%d %.4f\n", bytes, round_trip / 2);
  }
  double sum = best_of(allreduce, 0, 5000), met = best_of(barrier, 0, 5000);
  if (rank == 0) printf("allreduce %.4f\nbarrier %.4f\n", sum, met);
  MPI_Finalize();
  return 0;
}
