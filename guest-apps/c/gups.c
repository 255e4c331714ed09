// Random updates of a table in memory, the RandomAccess benchmark of the HPC Challenge: T[v mod size] ^= v for the
// 64-bit values v of a shift register, 4 updates for each entry, in 128 interleaved streams that jump to their places.
// Known answer: XOR undoes itself, so one plain stream, from the start and by division instead of masks, must bring
// the table back to T[i] = i (all of it, while HPCC forgives 1 %); the last value must be x^updates mod x^64 + x^2 + x
// + 1, which is computed by repeated squaring; x^1317624576693539401 must be 1.
// Usage: gups [LOG2_ENTRIES]
#include "report.h"
#include <math.h>

enum { STREAMS = 128, POLYNOMIAL = 7, REPETITIONS = 3 };

static const uint64_t PERIOD = 1317624576693539401;  // of the register, as HPCC publishes it

// The shift register: multiplies by x over GF(2).
static inline uint64_t next(uint64_t value) { return value << 1 ^ (POLYNOMIAL & -(value >> 63)); }

static uint64_t product(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  for (int bit = 63; bit >= 0; bit--) sum = next(sum) ^ (a & -(b >> bit & 1));
  return sum;
}

// The register's value after `steps` steps from 1: x^steps.
static uint64_t jump(uint64_t steps) {
  uint64_t value = 1;
  for (int bit = 63; bit >= 0; bit--) {
    value = product(value, value);
    if (steps >> bit & 1) value = next(value);
  }
  return value;
}

static volatile uint64_t touched;

// `count` updates from each stream in turn. All entries of a turn are read before the first is written: the reads do
// not depend on each other, so that the misses overlap (HPCC allows to look 1024 updates ahead).
KERNEL void update(uint64_t *restrict table, size_t mask, uint64_t *restrict streams, size_t count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t s = 0; s < STREAMS; s++) streams[s] = next(streams[s]);
    uint64_t sum = 0;
#pragma clang loop unroll_count(8)
    for (size_t s = 0; s < STREAMS; s++) sum ^= table[streams[s] & mask];
    touched = sum;
#pragma clang loop unroll_count(8)
    for (size_t s = 0; s < STREAMS; s++) table[streams[s] & mask] ^= streams[s];
  }
}

// The same updates as one stream; returns its last value.
static uint64_t undo(uint64_t *table, uint64_t size, uint64_t updates) {
  uint64_t value = 1;
  for (uint64_t i = 0; i < updates; i++) {
    value = next(value);
    table[value % size] ^= value;
  }
  return value;
}

int main(int argc, char **argv) {
  long log2_size = size_argument(argc, argv, 1, 22, 7, 27);
  size_t size = (size_t)1 << log2_size;
  uint64_t updates = 4 * (uint64_t)size, streams[STREAMS], checksum = 0, last = 0;
  uint64_t *table = allocate(size, sizeof *table);
  for (size_t i = 0; i < size; i++) table[i] = i;

  size_t wrong = 0;
  double best = 1e30;
  for (int repetition = 0; repetition < REPETITIONS; repetition++) {
    for (uint64_t s = 0; s < STREAMS; s++) streams[s] = jump(s * (updates / STREAMS));
    double start = seconds_now();
    for (int part = 0; part < 4; part++) update(table, size - 1, streams, (size_t)(updates / STREAMS / 4));
    best = fmin(best, seconds_now() - start);
    checksum = 0;
    for (size_t i = 0; i < size; i++) checksum ^= table[i] * (i | 1);
    last = undo(table, size, updates);
    for (size_t i = 0; i < size; i++) wrong += table[i] != i;
  }
  bool jumped = last == jump(updates) && jump(PERIOD) == 1;
  printf("%zu entries wrong, the last value is %s\n", wrong, jumped ? "right" : "wrong");
  return report("gups", (long)size, (double)(checksum >> 32), wrong == 0 && jumped, 1e-6 * (double)updates / best,
                "Mop/s", best);
}
