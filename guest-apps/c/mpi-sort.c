// Sample sort: each rank sorts its numbers, samples of all choose where to cut, each rank gets what lies between two cuts and merges it.
// Shows an exchange whose sizes nobody knows before. Known answer: all numbers, in order over all ranks, none lost.
// Usage: mpi-sort [NUMBERS_A_RANK]
#include "report.h"
#include "ranks.h"

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

// How many of some sorted numbers are below a limit.
static size_t count_below(const uint32_t *sorted, size_t n, uint32_t limit) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

// A sum that does not depend on the order.
static uint64_t checksum(const uint32_t *numbers, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += (uint64_t)numbers[i] * 2654435761u + 1;
  return sum;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 500000, 1, 50000000);
  uint32_t *own = allocate(n, sizeof *own), *samples = allocate((size_t)size * (size_t)size, sizeof *samples);
  uint64_t seed = 88172645463325252u + (uint64_t)rank * 7919;
  for (size_t i = 0; i < n; i++) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    own[i] = (uint32_t)(seed >> 20);
  }
  uint64_t sums[2] = {checksum(own, n), 0}, totals[2];
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  qsort(own, n, sizeof *own, compare);
  // As many samples of each rank as there are ranks, evenly.
  for (int i = 0; i < size; i++) samples[rank * size + i] = own[n * (size_t)i / (size_t)size];
  MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, samples, size, MPI_UINT32_T, MPI_COMM_WORLD);
  qsort(samples, (size_t)size * (size_t)size, sizeof *samples, compare);
  int *counts = allocate(4 * (size_t)size, sizeof *counts);
  int *places = counts + size, *coming = places + size, *coming_places = coming + size;
  size_t before = 0;
  for (int i = 0; i < size; i++) {
    size_t end = i + 1 < size ? count_below(own, n, samples[(i + 1) * size]) : n;
    counts[i] = (int)(end - before), places[i] = (int)before;
    before = end;
  }
  MPI_Alltoall(counts, 1, MPI_INT, coming, 1, MPI_INT, MPI_COMM_WORLD);
  size_t all = 0;
  for (int i = 0; i < size; i++) coming_places[i] = (int)all, all += (size_t)coming[i];
  uint32_t *mine = allocate(all + 1, sizeof *mine);
  MPI_Alltoallv(own, counts, places, MPI_UINT32_T, mine, coming, coming_places, MPI_UINT32_T, MPI_COMM_WORLD);
  qsort(mine, all, sizeof *mine, compare);
  double seconds = MPI_Wtime() - start;

  // The highest of the ranks before: what each has must not be below it.
  uint32_t highest = all > 0 ? mine[all - 1] : 0, of_others = 0;
  MPI_Exscan(&highest, &of_others, 1, MPI_UINT32_T, MPI_MAX, MPI_COMM_WORLD);
  int ordered = rank == 0 || all == 0 || mine[0] >= of_others, all_ordered;
  for (size_t i = 1; i < all; i++) ordered = ordered && mine[i - 1] <= mine[i];
  sums[1] = checksum(mine, all);
  MPI_Allreduce(sums, totals, 2, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(&ordered, &all_ordered, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
  int status = 0;
  if (rank == 0) {
    double numbers = (double)n * (double)size;
    printf("%d ranks, %.0f numbers\n", size, numbers);
    bool pass = all_ordered && totals[0] == totals[1];
    status = report("mpi-sort", (long)n, (double)(totals[1] % 1000000007), pass, 1e-6 * numbers / seconds, "M/s", seconds);
  }
  return finish(status);
}
