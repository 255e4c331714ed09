// Messages back and forth between two ranks: how long a short one takes, and how many bytes a second long ones carry. Known answer: the
// bytes that were sent, which each rank changes before it sends them back.
// Usage: mpi-pingpong [LONGEST]
#include "report.h"
#include "ranks.h"

enum { SHORTEST = 4, COLD = 20, ROUNDS = 4, MOST = 2000 };
static const double ROUND_SECONDS = 0.02;

static unsigned char *buffer;
static int rank;

static void trip(int bytes, int change) {
  if (rank == 0) MPI_Send(buffer, bytes, MPI_BYTE, 1, 0, MPI_COMM_WORLD);
  MPI_Recv(buffer, bytes, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  buffer[change % bytes]++;
  if (rank == 1) MPI_Send(buffer, bytes, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
}

// Seconds of half a round trip: the best of some rounds.
static double half_trip(int bytes, int count) {
  double best = 0.0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = MPI_Wtime();
    for (int i = 0; i < count; i++) trip(bytes, i);
    double each = (MPI_Wtime() - start) / (2.0 * count);
    if (round == 0 || each < best) best = each;
  }
  return best;
}

// How often a round goes back and forth, after a cold one: on a busy host, where ranks wait asleep, less often.
static int count_for(int bytes) {
  double start = MPI_Wtime();
  for (int i = 0; i < COLD; i++) trip(bytes, i);
  double count = COLD * ROUND_SECONDS / (MPI_Wtime() - start);
  int own = count < COLD ? COLD : count > MOST ? MOST : (int)count, lesser;
  MPI_Sendrecv(&own, 1, MPI_INT, 1 - rank, 1, &lesser, 1, MPI_INT, 1 - rank, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return own < lesser ? own : lesser;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int size, status = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int longest = (int)size_argument(argc, argv, 1, 1 << 20, SHORTEST, 1 << 28);
  require_ranks(2, "mpi-pingpong");
  buffer = allocate((size_t)longest, 1);
  long changes = 0;
  double start = seconds_now(), latency = 0.0, bandwidth = 0.0;
  for (int bytes = SHORTEST; bytes <= longest && rank < 2; bytes *= 4) {
    int count = count_for(bytes);
    double each = half_trip(bytes, count), rate = 1e-9 * (double)bytes / each;
    changes += 2L * (COLD + ROUNDS * count);
    if (bytes == SHORTEST) latency = 1e6 * each;
    if (rate > bandwidth) bandwidth = rate;
    if (rank == 0) print_transfer(bytes, each);
  }
  if (rank == 0) {
    // It has received last, and has all changes: a byte counts modulo 256, and so does their sum.
    long sum = 0;
    for (int i = 0; i < longest; i++) sum += buffer[i];
    printf("latency %.2f us, bandwidth %.2f GB/s\n", latency, bandwidth);
    bool pass = (unsigned char)sum == (unsigned char)changes;
    status = report("mpi-pingpong", longest, latency, pass, bandwidth, "GB/s", seconds_now() - start);
  }
  return finish(status);
}
