// What kernels of several ranks share. Include it after report.h.
#ifndef RANKS_H
#define RANKS_H

#include <mpi.h>

// Of `n` things in a row those before the one with which a part of `parts` begins, which are as equal as can be.
static inline size_t part_of(size_t n, int index, int parts) { return n * (size_t)index / (size_t)parts; }

// Ends the job (status 2) when it has fewer ranks.
static inline void require_ranks(int least, const char *program) {
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size >= least) return;
  fprintf(stderr, "%s: %d ranks are wanted, there %s %d\n", program, least, size == 1 ? "is" : "are", size);
  MPI_Abort(MPI_COMM_WORLD, 2);
}

// Prints how long something took that moves so many bytes to a rank. `npm start` reads the lines.
static inline void print_transfer(long bytes, double seconds) {
  printf("%9ld B %10.2f us %8.2f GB/s\n", bytes, 1e6 * seconds, 1e-9 * (double)bytes / seconds);
}

// Ends MPI. Returns the exit status of all ranks, which the first one knows.
static inline int finish(int status) {
  MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Finalize();
  return status;
}

#endif
