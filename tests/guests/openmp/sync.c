// What threads of a region agree by: critical, atomic of all kinds, barriers, flush, locks, and reductions of all kinds.
#include "../pthread/case.h"
#include <complex.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>

enum { N = 1000 };

CASE(critical_excludes) {
  long plain = 0, named = 0;
#pragma omp parallel
  for (int i = 0; i < 2000; i++) {
#pragma omp critical
    plain++;
#pragma omp critical(by_name)
    named++;
  }
  int size = 0;
#pragma omp parallel
#pragma omp atomic
  size++;
  CHECK_IS(plain, 2000L * size);
  CHECK_IS(named, 2000L * size);
}

CASE(critical_with_a_hint) {
  long count = 0;
#pragma omp parallel for
  for (int i = 0; i < N; i++) {
#pragma omp critical(hinted) hint(omp_sync_hint_contended)
    count++;
  }
  CHECK_IS(count, N);
}

#define ATOMIC_CASE(type, name)                              \
  CASE(atomic_update_of_##name) {                            \
    type sum = 0, product = 1, difference = 100;             \
    _Pragma("omp parallel for") for (int i = 0; i < 40; i++) { \
      _Pragma("omp atomic") sum += (type)1;                  \
      _Pragma("omp atomic update") sum = sum + (type)1;      \
      _Pragma("omp atomic") difference -= (type)1;           \
      if (i < 5) {                                           \
        _Pragma("omp atomic") product *= (type)2;            \
      }                                                      \
    }                                                        \
    CHECK(sum == (type)80);                                  \
    CHECK(difference == (type)60);                           \
    CHECK(product == (type)32);                              \
  }
ATOMIC_CASE(int8_t, 8_bits)
ATOMIC_CASE(uint16_t, 16_bits)
ATOMIC_CASE(int, 32_bits)
ATOMIC_CASE(uint64_t, 64_bits)
ATOMIC_CASE(float, float)
ATOMIC_CASE(double, double)
ATOMIC_CASE(long double, long_double)
ATOMIC_CASE(double complex, double_complex)

CASE(atomic_bits_and_comparisons) {
  unsigned all = 0, none = ~0u, flip = 0;
  int least = INT_MAX, most = INT_MIN, shifted = 1;
#pragma omp parallel for
  for (int i = 0; i < 32; i++) {
#pragma omp atomic
    all |= 1u << i;
#pragma omp atomic
    none &= ~(1u << i);
#pragma omp atomic
    flip ^= 1u << i;
    int value = (i * 7) % 32;
#pragma omp atomic compare
    if (value < least) { least = value; }
#pragma omp atomic compare
    if (value > most) { most = value; }
    if (i < 4) {
#pragma omp atomic
      shifted <<= 1;
    }
  }
  CHECK(all == ~0u && none == 0 && flip == ~0u);
  CHECK_IS(least, 0);
  CHECK_IS(most, 31);
  CHECK_IS(shifted, 16);
}

CASE(atomic_capture_gives_each_value_once) {
  static int seen[N];
  int next = 0;
  memset(seen, 0, sizeof seen);
#pragma omp parallel for schedule(dynamic)
  for (int i = 0; i < N; i++) {
    int mine;
#pragma omp atomic capture
    mine = next++;
    seen[mine]++;
  }
  for (int i = 0; i < N; i++) CHECK_IS(seen[i], 1);
  int swapped = 0, old = -1;
#pragma omp atomic capture
  {
    old = swapped;
    swapped = 9;
  }
  CHECK(old == 0 && swapped == 9);
}

CASE(atomic_compare_and_swap_counts) {
  int value = 0;
#pragma omp parallel for
  for (int i = 0; i < 400; i++) {
    int seen, next, before;
    do {
#pragma omp atomic read
      seen = value;
      next = seen + 1;
      before = seen;
#pragma omp atomic compare capture
      {
        before = value;
        if (value == seen) { value = next; }
      }
    } while (before != seen);
  }
  CHECK_IS(value, 400);
}

CASE(atomic_read_and_write_publish) {
  int ready = 0, payload = 0, wrong = 0;
#pragma omp parallel num_threads(2)
  {
    if (omp_get_thread_num() == 0) {
      payload = 42;
#pragma omp atomic write release
      ready = 1;
    }
    if (omp_get_thread_num() == omp_get_num_threads() - 1) {
      int seen = 0;
      while (!seen) {
#pragma omp atomic read acquire
        seen = ready;
      }
      wrong += payload != 42;
    }
  }
  CHECK_IS(wrong, 0);
}

CASE(flush_publishes_too) {
  volatile int flag = 0;
  int data = 0, found = -1;
#pragma omp parallel num_threads(2) shared(flag, data, found)
  {
    if (omp_get_thread_num() == 0) {
      data = 7;
#pragma omp flush
      flag = 1;
#pragma omp flush
    }
    if (omp_get_thread_num() == omp_get_num_threads() - 1) {
      while (!flag) {
#pragma omp flush
        sched_yield();
      }
#pragma omp flush
      found = data;
    }
  }
  CHECK_IS(found, 7);
}

CASE(a_barrier_holds_all_back) {
  static int arrived[500];
  int wrong = 0;
  memset(arrived, 0, sizeof arrived);
#pragma omp parallel reduction(+ : wrong)
  for (int round = 0; round < 500; round++) {
#pragma omp atomic
    arrived[round]++;
#pragma omp barrier
    int now;
#pragma omp atomic read
    now = arrived[round];
    wrong += now != omp_get_num_threads();
  }
  CHECK_IS(wrong, 0);
}

CASE(locks_exclude) {
  omp_lock_t lock;
  long count = 0;
  omp_init_lock(&lock);
#pragma omp parallel for
  for (int i = 0; i < 4000; i++) {
    if (i % 2) {
      omp_set_lock(&lock);
    } else {
      while (!omp_test_lock(&lock)) sched_yield();
    }
    count++;
    omp_unset_lock(&lock);
  }
  CHECK_IS(count, 4000);
  omp_set_lock(&lock);
  CHECK(!omp_test_lock(&lock));
  omp_unset_lock(&lock);
  omp_destroy_lock(&lock);
}

CASE(nested_locks_count) {
  omp_nest_lock_t lock;
  long count = 0;
  omp_init_nest_lock(&lock);
#pragma omp parallel for
  for (int i = 0; i < 1000; i++) {
    omp_set_nest_lock(&lock);
    omp_set_nest_lock(&lock);
    if (omp_test_nest_lock(&lock) != 3) count = -100000;
    count++;
    omp_unset_nest_lock(&lock);
    omp_unset_nest_lock(&lock);
    omp_unset_nest_lock(&lock);
  }
  CHECK_IS(count, 1000);
  omp_destroy_nest_lock(&lock);
}

CASE(locks_with_hints) {
  static const omp_sync_hint_t hints[] = {omp_sync_hint_none, omp_sync_hint_uncontended, omp_sync_hint_contended,
                                          omp_sync_hint_nonspeculative, omp_sync_hint_speculative};
  for (int kind = 0; kind < 5; kind++) {
    omp_lock_t lock;
    omp_nest_lock_t nested;
    int count = 0;
    omp_init_lock_with_hint(&lock, hints[kind]);
    omp_init_nest_lock_with_hint(&nested, hints[kind]);
#pragma omp parallel for
    for (int i = 0; i < 200; i++) {
      omp_set_lock(&lock);
      omp_set_nest_lock(&nested);
      count++;
      omp_unset_nest_lock(&nested);
      omp_unset_lock(&lock);
    }
    CHECK_IS(count, 200);
    omp_destroy_lock(&lock);
    omp_destroy_nest_lock(&nested);
  }
}

CASE(many_locks_are_each_its_own) {
  enum { LOCKS = 100 };
  static omp_lock_t locks[LOCKS];
  static int counts[LOCKS];
  for (int i = 0; i < LOCKS; i++) omp_init_lock(&locks[i]), counts[i] = 0;
#pragma omp parallel for
  for (int i = 0; i < 50 * LOCKS; i++) {
    omp_set_lock(&locks[i % LOCKS]);
    counts[i % LOCKS]++;
    omp_unset_lock(&locks[i % LOCKS]);
  }
  for (int i = 0; i < LOCKS; i++) {
    CHECK_IS(counts[i], 50);
    omp_destroy_lock(&locks[i]);
  }
}

CASE(reductions_by_every_operator) {
  int sum = 10, least = INT_MAX, most = INT_MIN, both = ~0, either = 0, parity = 0, all = 1, any = 0;
  unsigned product = 1;
#pragma omp parallel for reduction(+ : sum) reduction(* : product) reduction(min : least) reduction(max : most) \
    reduction(& : both) reduction(| : either) reduction(^ : parity) reduction(&& : all) reduction(|| : any)
  for (int i = 1; i <= 100; i++) {
    sum += i;
    product *= (unsigned)(2 * i + 1);
    least = i * 37 % 101 < least ? i * 37 % 101 : least;
    most = i * 37 % 101 > most ? i * 37 % 101 : most;
    both &= ~(i % 3 == 0 ? 4 : 0);
    either |= 1 << i % 31;
    parity ^= i;
    all = all && i != 50;
    any = any || i == 77;
  }
  unsigned expected = 1;
  int expectedParity = 0;
  for (int i = 1; i <= 100; i++) expected *= (unsigned)(2 * i + 1), expectedParity ^= i;
  CHECK_IS(sum, 10 + 5050);
  CHECK(product == expected);
  CHECK(least == 1 && most == 100 && both == ~4 && either == 0x7fffffff && parity == expectedParity && !all && any);
}

CASE(reductions_of_every_type) {
  char letters = 0;
  short halves = 0;
  long long wide = 0;
  float single = 0;
  double real = 0;
  long double longest = 0;
  double complex turned = 0;
#pragma omp parallel for reduction(+ : letters, halves, wide, single, real, longest, turned)
  for (int i = 0; i < 100; i++) {
    letters += (char)(i % 2);
    halves = (short)(halves + i);
    wide += (long long)i << 30;
    single += 0.5f;
    real += 0.25;
    longest += 0.125L;
    turned += 1.0 + 2.0 * I;
  }
  CHECK(letters == 50 && halves == 4950 && wide == 4950LL << 30);
  CHECK(single == 50 && real == 25 && longest == 12.5L && creal(turned) == 100 && cimag(turned) == 200);
}

CASE(reductions_of_arrays_and_sections) {
  int table[20] = {0};
  double *heap = calloc(30, sizeof *heap);
#pragma omp parallel for reduction(+ : table) reduction(+ : heap[5 : 20])
  for (int i = 0; i < N; i++) {
    table[i % 20] += i;
    heap[5 + i % 20] += 1;
  }
  int expected[20] = {0};
  for (int i = 0; i < N; i++) expected[i % 20] += i;
  CHECK_IS(memcmp(table, expected, sizeof table), 0);
  for (int i = 0; i < 30; i++) CHECK(heap[i] == (i >= 5 && i < 25 ? N / 20 : 0));
  free(heap);
}

CASE(a_reduction_of_a_large_array) {
  enum { SIZE = 20000 };
  static int large[SIZE];
#pragma omp parallel for reduction(+ : large)
  for (int i = 0; i < SIZE; i++) {
    large[i]++;
    large[SIZE - 1 - i]++;
  }
  for (int i = 0; i < SIZE; i++)
    if (large[i] != 2) {
      CHECK_IS(large[i], 2);
      break;
    }
}

struct point {
  double x, y;
};
#pragma omp declare reduction(add : struct point : omp_out.x += omp_in.x, omp_out.y += omp_in.y) \
    initializer(omp_priv = (struct point){0, 0})
#pragma omp declare reduction(farthest : struct point : omp_out = omp_in.x * omp_in.x + omp_in.y * omp_in.y > \
    omp_out.x * omp_out.x + omp_out.y * omp_out.y ? omp_in : omp_out) initializer(omp_priv = (struct point){0, 0})
CASE(reductions_of_ones_own) {
  struct point sum = {1, 2}, far = {0, 0};
#pragma omp parallel for reduction(add : sum) reduction(farthest : far)
  for (int i = 0; i < N; i++) {
    struct point here = {i % 10, i % 7};
    sum.x += here.x;
    sum.y += here.y;
    if (here.x * here.x + here.y * here.y > far.x * far.x + far.y * far.y) far = here;
  }
  double y = 2;
  for (int i = 0; i < N; i++) y += i % 7;
  CHECK(sum.x == 1 + 4500 && sum.y == y);
  CHECK(far.x == 9 && far.y == 6);
}

CASE(a_reduction_over_a_region_and_over_sections) {
  int threads = 0, size = 0, sections = 0;
#pragma omp parallel reduction(+ : threads)
  {
    threads++;
#pragma omp single
    size = omp_get_num_threads();
#pragma omp sections reduction(+ : sections)
    {
#pragma omp section
      sections += 1;
#pragma omp section
      sections += 10;
#pragma omp section
      sections += 100;
    }
  }
  CHECK_IS(threads, size);
  CHECK_IS(sections, 111);
}

CASE(prefix_sums_by_inscan) {
  static int in[N], inclusive[N], exclusive[N];
  for (int i = 0; i < N; i++) in[i] = i % 13;
  int sum = 0;
#pragma omp parallel for reduction(inscan, + : sum)
  for (int i = 0; i < N; i++) {
    sum += in[i];
#pragma omp scan inclusive(sum)
    inclusive[i] = sum;
  }
  int total = 0;
#pragma omp parallel for reduction(inscan, + : total)
  for (int i = 0; i < N; i++) {
    exclusive[i] = total;
#pragma omp scan exclusive(total)
    total += in[i];
  }
  int expected = 0, wrong = 0;
  for (int i = 0; i < N; i++) {
    wrong += exclusive[i] != expected;
    expected += in[i];
    wrong += inclusive[i] != expected;
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(sum, expected);
  CHECK_IS(total, expected);
}

CASE(a_reduction_that_others_follow_without_a_wait) {
  int first = 0, second = 0;
#pragma omp parallel
  {
#pragma omp for reduction(+ : first) nowait
    for (int i = 0; i < N; i++) first += i;
#pragma omp for reduction(+ : second)
    for (int i = 0; i < N; i++) second += 2 * i;
#pragma omp barrier
#pragma omp single
    CHECK_IS(2 * first, second);
  }
  CHECK_IS(first, N * (N - 1) / 2);
}
