// Messages back and forth between two ranks: how long a short one takes, and how many bytes a second long ones carry. Known answer: the
// bytes that were sent, which each rank changes before it sends them back.
// Usage: mpi-pingpong [LONGEST]
#include "report.h"
#include <mpi.h>

static unsigned char *buffer;
static int rank;

// Microseconds of half a round trip: the best of some rounds.
static double half_trip(int bytes, int count) {
  double best = 0.0;
  for (int round = 0; round < 5; round++) {
    double start = MPI_Wtime();
    for (int i = 0; i < count; i++) {
      if (rank == 0) MPI_Send(buffer, bytes, MPI_BYTE, 1, 0, MPI_COMM_WORLD);
      MPI_Recv(buffer, bytes, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      if (bytes > 0) buffer[i % bytes]++;
      if (rank == 1) MPI_Send(buffer, bytes, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
    }
    double each = (MPI_Wtime() - start) / (2.0 * count);
    if (round == 1 || (round > 1 && each < best)) best = each;  // the first is cold
  }
  return 1e6 * best;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int size, status = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int longest = (int)size_argument(argc, argv, 1, 1 << 20, 8, 1 << 28);
  if (size < 2) {
    fprintf(stderr, "mpi-pingpong: two ranks are wanted\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  buffer = allocate((size_t)longest, 1);
  long changes = 0;
  double start = seconds_now(), latency = 0.0, bandwidth = 0.0;
  for (int bytes = 8; bytes <= longest && rank < 2; bytes *= 8) {
    int count = bytes < 65536 ? 2000 : 200;
    double us = half_trip(bytes, count), rate = (double)bytes / us * 1e-3;
    changes += 2L * 5 * count;
    if (bytes == 8) latency = us;
    if (rate > bandwidth) bandwidth = rate;
    if (rank == 0) printf("%9d B %10.2f us %8.2f GB/s\n", bytes, us, rate);
  }
  if (rank == 0) {
    // It has received last, and has all changes: a byte counts modulo 256, and so does their sum.
    long sum = 0;
    for (int i = 0; i < longest; i++) sum += buffer[i];
    printf("latency %.2f us, bandwidth %.2f GB/s\n", latency, bandwidth);
    bool pass = (unsigned char)sum == (unsigned char)changes;
    status = report("mpi-pingpong", longest, latency, pass, bandwidth, "GB/s", seconds_now() - start);
  }
  MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Finalize();
  return status;
}
