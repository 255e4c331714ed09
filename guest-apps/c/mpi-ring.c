// A token round a ring of ranks: each adds its rank and passes it on. Shows what one message from rank to rank takes.
// Known answer: the sum of all ranks, once a round.
// Usage: mpi-ring [ROUNDS]
#include "report.h"
#include "ranks.h"

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  long rounds = size_argument(argc, argv, 1, 1000, 1, 100000000);
  int next = (rank + 1) % size, last = (rank + size - 1) % size;
  long long token = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (long round = 0; round < rounds; round++) {
    if (rank != 0) MPI_Recv(&token, 1, MPI_LONG_LONG, last, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    token += rank;
    // The first one's message to itself has to be received while it is sent.
    MPI_Request request;
    MPI_Isend(&token, 1, MPI_LONG_LONG, next, 0, MPI_COMM_WORLD, &request);
    long long back = 0;
    if (rank == 0) MPI_Recv(&back, 1, MPI_LONG_LONG, last, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    if (rank == 0) token = back;
  }
  double seconds = MPI_Wtime() - start;
  int status = 0;
  if (rank == 0) {
    bool pass = token == (long long)rounds * size * (size - 1) / 2;
    double messages = (double)rounds * size;
    printf("%d ranks, %.3f us a message\n", size, 1e6 * seconds / messages);
    status = report("mpi-ring", rounds, (double)token, pass, messages / seconds, "messages/s", seconds);
  }
  return finish(status);
}
