// Integer sort: ranks uniformly random keys by buckets and counting, as the IS kernel of the NAS Parallel Benchmarks
// does (NAS report RNR-94-007). Known answer: NAS publishes the ranks of five keys for each class and how they move in
// each of the ten iterations (two keys are changed before each); at the end the keys must come out in order, each as
// often as it went in.
// Usage: is [SIZE_CLASS], class 0 is NAS "S" (2^16 keys), 1 is "W" (2^20), 2 is "A" (2^23)
#include "report.h"
#include <math.h>

enum { ITERATIONS = 10, SAMPLES = 5, LOG2_BUCKETS = 10, BUCKETS = 1 << LOG2_BUCKETS };

// In iteration i the first `rising` sampled ranks are rank + (i + shift_up), the others rank - (i + shift_down).
typedef struct {
  int log2_keys, log2_range, rising, shift_up, shift_down;
  uint32_t sample[SAMPLES], rank[SAMPLES];
} size_class;

static const size_class classes[] = {
    {16, 11, 3, 0, 0, {48427, 17148, 23627, 62548, 4431}, {0, 18, 346, 64917, 65463}},
    {20, 16, 2, -2, 0, {357773, 934767, 875723, 898999, 404505}, {1249, 11698, 1039987, 1043896, 1048018}},
    {23, 19, 3, -1, -1, {2112377, 662041, 5336171, 3642833, 4250760}, {104, 17523, 123928, 8288932, 8388264}},
};

// The NAS generator: x' = 5^13 x mod 2^46, seen as a fraction of 2^46.
static double next_random(uint64_t *x) {
  *x = *x * 1220703125 & (((uint64_t)1 << 46) - 1);
  return ldexp((double)*x, -46);
}

static void generate(uint32_t *keys, size_t n, uint32_t range) {
  uint64_t seed = 314159265;
  for (size_t i = 0; i < n; i++) {
    double sum = next_random(&seed);
    for (int k = 1; k < 4; k++) sum += next_random(&seed);
    keys[i] = (uint32_t)(range / 4 * sum);
  }
}

// Copies the keys to `bucketed`, bucket by bucket in ascending order; leaves in place[b] where bucket b ends.
KERNEL void distribute(const uint32_t *restrict keys, size_t n, int shift, uint32_t *restrict bucketed,
                       uint32_t *restrict place) {
  memset(place, 0, BUCKETS * sizeof *place);
  for (size_t i = 0; i < n; i++) place[keys[i] >> shift]++;
  for (uint32_t b = 0, sum = 0; b < BUCKETS; b++) {
    uint32_t count = place[b];
    place[b] = sum;
    sum += count;
  }
  for (size_t i = 0; i < n; i++) bucketed[place[keys[i] >> shift]++] = keys[i];
}

// rank[k] becomes the number of keys that are at most k.
KERNEL void count_keys(const uint32_t *restrict bucketed, const uint32_t *restrict place, int shift,
                       uint32_t *restrict rank, uint32_t range) {
  memset(rank, 0, range * sizeof *rank);
  for (uint32_t b = 0, i = 0, sum = 0; b < BUCKETS; b++) {
    for (; i < place[b]; i++) rank[bucketed[i]]++;
    for (uint32_t k = b << shift; k < (b + 1) << shift; k++) rank[k] = sum += rank[k];
  }
}

static bool published(const size_class *class, const uint32_t *keys, const uint32_t *rank, int iteration) {
  bool pass = true;
  for (int s = 0; s < SAMPLES; s++) {
    uint32_t key = keys[class->sample[s]];
    int moved = s < class->rising ? iteration + class->shift_up : -(iteration + class->shift_down);
    pass = pass && key > 0 && rank[key - 1] == class->rank[s] + (uint32_t)moved;
  }
  return pass;
}

// Sorts by the ranks and tests the order; each key occurs as often as before, since every place is filled once.
static bool sorts(const uint32_t *keys, size_t n, uint32_t *rank, uint32_t *sorted) {
  memset(sorted, 0xff, n * sizeof *sorted);
  for (size_t i = 0; i < n; i++) {
    uint32_t place = rank[keys[i]] - 1;
    if (place >= n || sorted[place] != UINT32_MAX) return false;
    sorted[place] = keys[i];
    rank[keys[i]]--;
  }
  for (size_t i = 1; i < n; i++)
    if (sorted[i - 1] > sorted[i]) return false;
  return true;
}

int main(int argc, char **argv) {
  const size_class *class = &classes[size_argument(argc, argv, 1, 2, 0, 2)];
  size_t n = (size_t)1 << class->log2_keys;
  uint32_t range = (uint32_t)1 << class->log2_range;
  int shift = class->log2_range - LOG2_BUCKETS;
  uint32_t *keys = allocate(n, sizeof *keys), *bucketed = allocate(n, sizeof *bucketed);
  uint32_t *rank = allocate(range, sizeof *rank), *place = allocate(BUCKETS, sizeof *place);
  generate(keys, n, range);

  bool pass = true;
  double best = 1e30;
  for (int iteration = 1; iteration <= ITERATIONS; iteration++) {
    keys[iteration] = (uint32_t)iteration;
    keys[iteration + ITERATIONS] = range - (uint32_t)iteration;
    double start = seconds_now();
    distribute(keys, n, shift, bucketed, place);
    count_keys(bucketed, place, shift, rank, range);
    best = fmin(best, seconds_now() - start);
    pass = published(class, keys, rank, iteration) && pass;
  }
  double result = rank[keys[class->sample[2]]];
  bool in_order = sorts(keys, n, rank, bucketed);
  printf("published ranks %s, keys %s order\n", pass ? "found" : "missed", in_order ? "in" : "out of");
  return report("is", (long)n, result, pass && in_order, 1e-6 * (double)n / best, "Mop/s", best);
}
