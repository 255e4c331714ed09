// Regions and how work is shared out in them: parallel, for with all schedules, sections, single, masked, ordered, doacross, simd, teams.
#include "../pthread/case.h"
#include <omp.h>
#include <stdint.h>

enum { N = 1000 };
static int times[N];
static void forget(void) { memset(times, 0, sizeof times); }
static void each_once(int first, int last, int step) {
  for (int i = 0; i < N; i++) {
    int expected = i >= first && i < last && (i - first) % step == 0;
    if (times[i] != expected) {
      CHECK_IS(times[i], expected);
      return;
    }
  }
}

CASE(all_threads_of_a_region_run_it_once) {
  int seen[64] = {0}, size = 0;
#pragma omp parallel
  {
#pragma omp atomic
    seen[omp_get_thread_num()]++;
#pragma omp single
    size = omp_get_num_threads();
  }
  CHECK(size >= 1 && size <= omp_get_max_threads());
  for (int i = 0; i < 64; i++) CHECK_IS(seen[i], i < size);
}

CASE(num_threads_and_if) {
  int count = 0, alone = 0;
#pragma omp parallel num_threads(3)
#pragma omp atomic
  count++;
  CHECK(count >= 1 && count <= 3);
#pragma omp parallel if (count > 100)
  {
#pragma omp atomic
    alone++;
    CHECK_IS(omp_get_num_threads(), 1);
  }
  CHECK_IS(alone, 1);
}

CASE(regions_a_thousand_times) {
  int count = 0, sizes = 0;
  for (int round = 0; round < 1000; round++) {
#pragma omp parallel
    {
#pragma omp atomic
      count++;
#pragma omp masked
      sizes += omp_get_num_threads();
    }
  }
  CHECK_IS(count, sizes);
}

CASE(regions_of_changing_size) {
  for (int round = 0; round < 60; round++) {
    int asked = 1 + round % 4, count = 0;
#pragma omp parallel num_threads(asked)
#pragma omp atomic
    count++;
    CHECK(count >= 1 && count <= asked);
  }
}

#define LOOP_CASE(name, schedule_clause)                    \
  CASE(name) {                                              \
    forget();                                               \
    _Pragma("omp parallel") {                               \
      LOOP_PRAGMA(omp for schedule_clause)                  \
      for (int i = 0; i < N; i++) times[i]++;               \
    }                                                       \
    each_once(0, N, 1);                                     \
    forget();                                               \
    LOOP_PRAGMA(omp parallel for schedule_clause)           \
    for (int i = 13; i < 800; i += 7) times[i]++;           \
    each_once(13, 800, 7);                                  \
    forget();                                               \
    LOOP_PRAGMA(omp parallel for schedule_clause)           \
    for (int64_t i = 799; i >= 0; i--) times[i]++;          \
    each_once(0, 800, 1);                                   \
    forget();                                               \
    LOOP_PRAGMA(omp parallel for schedule_clause)           \
    for (unsigned i = 0; i < 3; i++) times[i]++;            \
    each_once(0, 3, 1);                                     \
    forget();                                               \
    LOOP_PRAGMA(omp parallel for schedule_clause)           \
    for (uint64_t i = 5; i < 5; i++) times[i]++;            \
    each_once(0, 0, 1);                                     \
  }
#define LOOP_PRAGMA(...) LOOP_PRAGMA_TEXT(__VA_ARGS__)
#define LOOP_PRAGMA_TEXT(...) _Pragma(#__VA_ARGS__)

LOOP_CASE(a_loop_without_a_schedule, )
LOOP_CASE(a_static_loop, schedule(static))
LOOP_CASE(a_static_loop_in_chunks, schedule(static, 7))
LOOP_CASE(a_dynamic_loop, schedule(dynamic))
LOOP_CASE(a_dynamic_loop_in_chunks, schedule(dynamic, 13))
LOOP_CASE(a_guided_loop, schedule(guided))
LOOP_CASE(a_guided_loop_in_chunks, schedule(guided, 5))
LOOP_CASE(an_automatic_loop, schedule(auto))
LOOP_CASE(a_loop_as_the_environment_says, schedule(runtime))
LOOP_CASE(a_monotonic_dynamic_loop, schedule(monotonic : dynamic, 3))
LOOP_CASE(a_nonmonotonic_dynamic_loop, schedule(nonmonotonic : dynamic, 3))

CASE(a_schedule_set_by_a_call) {
  static const omp_sched_t kinds[] = {omp_sched_static, omp_sched_dynamic, omp_sched_guided, omp_sched_auto};
  for (int kind = 0; kind < 4; kind++) {
    omp_set_schedule(kinds[kind], 9);
    forget();
#pragma omp parallel for schedule(runtime)
    for (int i = 0; i < N; i++) times[i]++;
    each_once(0, N, 1);
  }
}

CASE(collapsed_loops) {
  forget();
#pragma omp parallel for collapse(3) schedule(dynamic, 11)
  for (int a = 0; a < 10; a++)
    for (int b = 0; b < 10; b++)
      for (int c = 0; c < 10; c++) {
#pragma omp atomic
        times[100 * a + 10 * b + c]++;
      }
  each_once(0, N, 1);
}

CASE(a_triangle_collapsed) {
  int count = 0;
#pragma omp parallel for collapse(2) reduction(+ : count)
  for (int i = 0; i < 40; i++)
    for (int k = i; k < 40; k++) count++;
  CHECK_IS(count, 40 * 41 / 2);
}

CASE(nowait_lets_go_and_the_next_barrier_collects) {
  int wrong = 0;
  forget();
#pragma omp parallel
  {
#pragma omp for nowait schedule(static)
    for (int i = 0; i < N; i++) times[i] = 1;
#pragma omp for nowait schedule(static)
    for (int i = 0; i < N; i++) times[i]++;  // the same thread, by the rule of static schedules
#pragma omp barrier
#pragma omp for reduction(+ : wrong)
    for (int i = 0; i < N; i++) wrong += times[N - 1 - i] != 2;
  }
  CHECK_IS(wrong, 0);
}

CASE(many_loops_without_a_wait_between) {
  static int sum[50];
#pragma omp parallel
  for (int loop = 0; loop < 50; loop++) {
#pragma omp for nowait schedule(dynamic)
    for (int i = 0; i < 20; i++) {
#pragma omp atomic
      sum[loop] += i;
    }
  }
  for (int loop = 0; loop < 50; loop++) CHECK_IS(sum[loop], 190);
}

CASE(lastprivate_firstprivate_and_linear) {
  int last = -1, first = 10, line = 100;
  // Monotonic: otherwise LLVM's libomp forgets which thread had the last chunk when that one then takes another's.
#pragma omp parallel for lastprivate(last) firstprivate(first) schedule(monotonic : dynamic, 3)
  for (int i = 0; i < N; i++) {
    CHECK(first >= 10);
    first++;
    last = i;
  }
  CHECK_IS(last, N - 1);
  CHECK_IS(first, 10);
#pragma omp parallel for linear(line : 3)
  for (int i = 0; i < N; i++) {
    if (line != 100 + 3 * i) CHECK_IS(line, 100 + 3 * i);
    line += 3;
  }
  CHECK_IS(line, 100 + 3 * N);
  int conditional = -1;
#pragma omp parallel for lastprivate(conditional : conditional)
  for (int i = 0; i < N; i++)
    if (i % 10 == 3) conditional = i;
  CHECK_IS(conditional, N - 7);
}

CASE(ordered_parts_come_in_order) {
  int next = 0;
#pragma omp parallel for ordered schedule(dynamic)
  for (int i = 0; i < 300; i++) {
#pragma omp ordered
    {
      CHECK_IS(i, next);
      next++;
    }
  }
  CHECK_IS(next, 300);
  next = 0;
#pragma omp parallel for ordered schedule(static, 3)
  for (int i = 0; i < 300; i++) {
#pragma omp ordered
    next = next == i ? i + 1 : -1000;
  }
  CHECK_IS(next, 300);
}

CASE(a_doacross_wave) {
  enum { SIDE = 40 };
  static long table[SIDE][SIDE], expected[SIDE][SIDE];
  for (int i = 0; i < SIDE; i++) table[i][0] = table[0][i] = expected[i][0] = expected[0][i] = i + 1;
  for (int i = 1; i < SIDE; i++)
    for (int k = 1; k < SIDE; k++) expected[i][k] = (expected[i - 1][k] + 2 * expected[i][k - 1]) % 1000003;
#pragma omp parallel for ordered(2) schedule(static, 1)
  for (int i = 1; i < SIDE; i++)
    for (int k = 1; k < SIDE; k++) {
#pragma omp ordered depend(sink : i - 1, k) depend(sink : i, k - 1)
      table[i][k] = (table[i - 1][k] + 2 * table[i][k - 1]) % 1000003;
#pragma omp ordered depend(source)
    }
  CHECK_IS(memcmp(table, expected, sizeof table), 0);
}

CASE(each_section_runs_once) {
  int ran[5] = {0}, last = 0;
#pragma omp parallel sections lastprivate(last)
  {
#pragma omp section
    {
#pragma omp atomic
      ran[0]++;
      last = 1;
    }
#pragma omp section
    {
#pragma omp atomic
      ran[1]++;
      last = 2;
    }
#pragma omp section
#pragma omp atomic
    ran[2]++;
#pragma omp section
#pragma omp atomic
    ran[3]++;
#pragma omp section
    {
#pragma omp atomic
      ran[4]++;
      last = 5;
    }
  }
  for (int i = 0; i < 5; i++) CHECK_IS(ran[i], 1);
  CHECK_IS(last, 5);
}

CASE(single_is_one_and_copyprivate_tells_all) {
  int singles = 0, wrong = 0;
#pragma omp parallel reduction(+ : wrong)
  for (int round = 0; round < 100; round++) {
    int value = -1;
    double other = 0;
#pragma omp single copyprivate(value, other)
    {
#pragma omp atomic
      singles++;
      value = round;
      other = round / 2.0;
    }
    wrong += value != round || other != round / 2.0;
#pragma omp single nowait
#pragma omp atomic
    singles++;
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(singles, 200);
}

CASE(master_and_masked_are_those_threads) {
  int masters = 0, masked = 0, filtered = 0, size = 1;
#pragma omp parallel
  {
#pragma omp master
    masters += 1 + omp_get_thread_num();
#pragma omp masked
    masked += 1 + omp_get_thread_num();
#pragma omp masked filter(1)
    filtered += omp_get_thread_num();
#pragma omp single
    size = omp_get_num_threads();
  }
  CHECK_IS(masters, 1);
  CHECK_IS(masked, 1);
  CHECK_IS(filtered, size > 1);
}

CASE(private_variables_are_private) {
  int shared = 5, own = 7, wrong = 0;
#pragma omp parallel private(own) reduction(+ : wrong)
  {
    own = omp_get_thread_num();
#pragma omp barrier
    wrong += own != omp_get_thread_num() || shared != 5;
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(own, 7);
  int table[100];
  for (int i = 0; i < 100; i++) table[i] = i;
#pragma omp parallel firstprivate(table) reduction(+ : wrong)
  {
    for (int i = 0; i < 100; i++) wrong += table[i] != i;
    memset(table, omp_get_thread_num(), sizeof table);
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(table[99], 99);
}

static int global = 3;
#pragma omp threadprivate(global)
static int of_thread[16];
#pragma omp threadprivate(of_thread)
CASE(threadprivate_lasts_from_region_to_region) {
  int wrong = 0, other = 0;
  omp_set_dynamic(0);
  global = 3;
#pragma omp parallel num_threads(2)
  {
    global = 10 + omp_get_thread_num();
    of_thread[5] = omp_get_thread_num();
  }
#pragma omp parallel num_threads(2) reduction(+ : wrong)
  wrong += global != 10 + omp_get_thread_num() || of_thread[5] != omp_get_thread_num();
  CHECK_IS(wrong, 0);
  global = 77;
#pragma omp parallel copyin(global) reduction(+ : other)
  {
    other += global != 77;
    global++;
  }
  CHECK_IS(other, 0);
  CHECK_IS(global, 78);
}

CASE(simd_loops) {
  static float a[N], b[N], sum;
  for (int i = 0; i < N; i++) a[i] = (float)(i % 17), b[i] = 2;
#pragma omp simd aligned(a, b : 16)
  for (int i = 0; i < N; i++) b[i] += a[i];
  sum = 0;
#pragma omp simd reduction(+ : sum) simdlen(4)
  for (int i = 0; i < N; i++) sum += b[i];
  double expected = 0;
  for (int i = 0; i < N; i++) expected += 2 + i % 17;
  CHECK(sum == (float)expected);
  int last = 0;
#pragma omp parallel for simd lastprivate(last) schedule(simd : static, 5)
  for (int i = 0; i < N; i++) last = i;
  CHECK_IS(last, N - 1);
#pragma omp simd safelen(4)
  for (int i = 4; i < N; i++) a[i] = a[i - 4] + 1;
  CHECK(a[999] == a[3] + 249);
}

#pragma omp declare simd uniform(c) linear(i : 1)
__attribute__((noinline)) static double line(int i, double c) { return c * i; }
CASE(a_function_for_simd) {
  static double values[N];
#pragma omp parallel for simd
  for (int i = 0; i < N; i++) values[i] = line(i, 0.5);
  for (int i = 0; i < N; i++) CHECK(values[i] == 0.5 * i);
}

CASE(nested_regions) {
  int before = omp_get_max_active_levels(), count = 0, wrong = 0;
  omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2) reduction(+ : count, wrong)
  {
    int outer = omp_get_thread_num();
#pragma omp parallel num_threads(2) reduction(+ : count, wrong)
    {
      count++;
      wrong += omp_get_level() != 2 || omp_get_ancestor_thread_num(1) != outer || omp_get_ancestor_thread_num(2) != omp_get_thread_num();
    }
  }
  CHECK(count >= 1 && count <= 4);
  CHECK_IS(wrong, 0);
  omp_set_max_active_levels(1);
  count = 0;
#pragma omp parallel num_threads(2)
#pragma omp parallel num_threads(2)
  {
#pragma omp atomic
    count++;
    CHECK_IS(omp_get_num_threads(), 1);
  }
  CHECK(count >= 1 && count <= 2);
  omp_set_max_active_levels(before);
}

CASE(teams_on_the_host) {
  int teams = 0, sum = 0, wrong = 0;
#pragma omp teams num_teams(2) thread_limit(2) reduction(+ : teams, wrong)
  {
    teams++;
    wrong += omp_get_team_num() < 0 || omp_get_team_num() >= omp_get_num_teams();
  }
  CHECK(teams >= 1 && teams <= 2);
  CHECK_IS(wrong, 0);
#pragma omp teams distribute parallel for num_teams(2) reduction(+ : sum)
  for (int i = 0; i < N; i++) sum += i;
  CHECK_IS(sum, N * (N - 1) / 2);
}

CASE(a_target_region_runs_on_the_host) {
  int sum = 0, table[10];
  for (int i = 0; i < 10; i++) table[i] = i;
#pragma omp target map(tofrom : sum) map(to : table)
  for (int i = 0; i < 10; i++) sum += table[i];
  CHECK_IS(sum, 45);
  CHECK(omp_is_initial_device());
}

#pragma omp declare target
int of_a_device[3] = {1, 2, 3};
static void add_on_a_device(void) {
  for (int i = 0; i < 3; i++) of_a_device[i] += 10;
}
#pragma omp end declare target

CASE(a_variable_of_a_device_is_the_hosts) {
#pragma omp target update to(of_a_device)
#pragma omp target
  add_on_a_device();
#pragma omp target update from(of_a_device)
  for (int i = 0; i < 3; i++) CHECK_IS(of_a_device[i], 11 + i);
}

CASE(the_loop_construct) {
  forget();
#pragma omp parallel
#pragma omp loop bind(parallel)
  for (int i = 0; i < N; i++) times[i]++;
  each_once(0, N, 1);
}

CASE(tiled_and_unrolled_loops) {
  forget();
#pragma omp parallel for
#pragma omp tile sizes(4, 4)
  for (int i = 0; i < 25; i++)
    for (int k = 0; k < 40; k++) times[40 * i + k]++;
  each_once(0, N, 1);
  forget();
#pragma omp unroll partial(4)
  for (int i = 0; i < N; i++) times[i]++;
  each_once(0, N, 1);
}
