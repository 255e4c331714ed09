// What omp.h tells and sets, what the OMP_* variables set, and regions started by several threads of the program.
#include "../pthread/case.h"
#include <omp.h>

static int set(const char *name, const char *value) {
  const char *found = getenv(name);
  return found && strcmp(found, value) == 0;
}
static int team_size(void) {
  int size = 0;
#pragma omp parallel
#pragma omp atomic
  size++;
  return size;
}

CASE(outside_of_regions) {
  CHECK_IS(omp_get_num_threads(), 1);
  CHECK_IS(omp_get_thread_num(), 0);
  CHECK_IS(omp_in_parallel(), 0);
  CHECK_IS(omp_get_level(), 0);
  CHECK_IS(omp_get_active_level(), 0);
  CHECK_IS(omp_get_ancestor_thread_num(0), 0);
  CHECK_IS(omp_get_ancestor_thread_num(1), -1);
  CHECK_IS(omp_get_team_size(0), 1);
  CHECK_IS(omp_in_final(), 0);
  CHECK(omp_get_num_procs() >= 1);
  CHECK(omp_get_max_threads() >= 1);
  CHECK(omp_get_thread_limit() >= 1);
}

CASE(inside_of_regions) {
  int wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
  {
    wrong += omp_get_level() != 1 || omp_get_team_size(1) != omp_get_num_threads();
    wrong += omp_get_ancestor_thread_num(1) != omp_get_thread_num();
    wrong += (omp_in_parallel() != 0) != (omp_get_num_threads() > 1);
    wrong += omp_get_active_level() != (omp_get_num_threads() > 1);
  }
  CHECK_IS(wrong, 0);
}

CASE(the_version_is_that_of_the_header) { CHECK(_OPENMP >= 201811); }

CASE(the_number_of_threads_is_as_the_environment_says) {
  const char *wanted = getenv("OMP_NUM_THREADS");
  if (!wanted) return;
  CHECK_IS(omp_get_max_threads(), atoi(wanted));
  if (!getenv("OMP_THREAD_LIMIT")) CHECK_IS(team_size(), atoi(wanted));
}

CASE(a_limit_of_threads_is_kept) {
  const char *limit = getenv("OMP_THREAD_LIMIT");
  if (!limit) return;
  CHECK_IS(omp_get_thread_limit(), atoi(limit));
  int size = 0;
#pragma omp parallel num_threads(5)
#pragma omp atomic
  size++;
  CHECK(size <= atoi(limit));
}

CASE(the_schedule_is_as_the_environment_says) {
  omp_sched_t kind;
  int chunk = -1;
  omp_get_schedule(&kind, &chunk);
  kind = (omp_sched_t)((unsigned)kind & ~(unsigned)omp_sched_monotonic);
  if (set("OMP_SCHEDULE", "dynamic,3")) CHECK(kind == omp_sched_dynamic && chunk == 3);
  if (set("OMP_SCHEDULE", "guided,5")) CHECK(kind == omp_sched_guided && chunk == 5);
  if (set("OMP_SCHEDULE", "static,7")) CHECK(kind == omp_sched_static && chunk == 7);
  int sum = 0;
#pragma omp parallel for schedule(runtime) reduction(+ : sum)
  for (int i = 0; i < 1000; i++) sum += i;
  CHECK_IS(sum, 499500);
}

CASE(other_variables_are_read) {
  if (set("OMP_DYNAMIC", "true")) CHECK(omp_get_dynamic());
  if (set("OMP_DYNAMIC", "false")) CHECK(!omp_get_dynamic());
  if (set("OMP_MAX_ACTIVE_LEVELS", "3")) CHECK_IS(omp_get_max_active_levels(), 3);
  if (set("OMP_CANCELLATION", "true")) CHECK(omp_get_cancellation());
  if (!getenv("OMP_CANCELLATION")) CHECK(!omp_get_cancellation());
  if (set("OMP_MAX_TASK_PRIORITY", "7")) CHECK_IS(omp_get_max_task_priority(), 7);
  if (set("OMP_PROC_BIND", "false")) CHECK(omp_get_proc_bind() == omp_proc_bind_false);
}

CASE(what_is_set_is_got) {
  int dynamic = omp_get_dynamic(), levels = omp_get_max_active_levels(), most = omp_get_max_threads(), chunk;
  omp_sched_t kind;
  omp_get_schedule(&kind, &chunk);
  omp_set_dynamic(1);
  CHECK(omp_get_dynamic());
  omp_set_dynamic(0);
  CHECK(!omp_get_dynamic());
  omp_set_max_active_levels(4);
  CHECK_IS(omp_get_max_active_levels(), 4);
  omp_set_num_threads(3);
  CHECK_IS(omp_get_max_threads(), 3);
  omp_set_schedule(omp_sched_guided, 4);
  omp_sched_t found;
  int size;
  omp_get_schedule(&found, &size);
  CHECK(((unsigned)found & ~(unsigned)omp_sched_monotonic) == omp_sched_guided && size == 4);
  omp_set_schedule(kind, chunk);
  omp_set_dynamic(dynamic);
  omp_set_max_active_levels(levels);
  omp_set_num_threads(most);
}

CASE(what_is_set_in_a_region_is_its_threads_own) {
  int most = omp_get_max_threads(), wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
  {
    omp_set_num_threads(2 + omp_get_thread_num());
#pragma omp barrier
    wrong += omp_get_max_threads() != 2 + omp_get_thread_num();
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(omp_get_max_threads(), most);
}

CASE(time_goes_on) {
  double before = omp_get_wtime(), tick = omp_get_wtick();
  CHECK(before > 0 && tick > 0 && tick < 1);
  nap();
  CHECK(omp_get_wtime() > before);
}

CASE(places_and_devices) {
  CHECK(omp_get_num_places() >= 0);
  CHECK(omp_get_place_num() >= -1);
  CHECK_IS(omp_get_num_devices(), 0);
  CHECK_IS(omp_get_default_device(), 0);
  CHECK(omp_is_initial_device());
  CHECK_IS(omp_get_initial_device(), omp_get_num_devices());
}

CASE(binding_is_accepted) {
  int size = 0;
#pragma omp parallel proc_bind(close) num_threads(2)
#pragma omp atomic
  size++;
  CHECK(size >= 1 && size <= 2);
  size = 0;
#pragma omp parallel proc_bind(spread) num_threads(2)
#pragma omp atomic
  size++;
  CHECK(size >= 1 && size <= 2);
}

CASE(memory_by_omp_alloc) {
  int *memory = omp_alloc(400, omp_default_mem_alloc);
  NEED(memory != NULL);
#pragma omp parallel for
  for (int i = 0; i < 100; i++) memory[i] = i;
  CHECK_IS(memory[99], 99);
  omp_free(memory, omp_default_mem_alloc);
}

CASE(the_affinity_can_be_told) {
  char text[256] = "";
  size_t length = omp_capture_affinity(text, sizeof text, "thread %n of %N");
  CHECK(length > 0);
  CHECK(strncmp(text, "thread 0 of 1", 13) == 0);
}

static void *regions(void *unused) {
  for (int round = 0; round < 50; round++) {
    int sum = 0;
#pragma omp parallel for num_threads(2) reduction(+ : sum)
    for (int i = 0; i < 100; i++) sum += i;
    CHECK_IS(sum, 4950);
  }
  return unused;
}
CASE(threads_of_the_program_have_regions_of_their_own) {
  pthread_t thread = start(regions, NULL);
  regions(NULL);
  finish(thread);
}

CASE(a_pause_gives_all_back) {
  int size = team_size();
  CHECK_IS(omp_pause_resource_all(omp_pause_hard), 0);
  CHECK_IS(team_size(), size);
}

static void at_the_end(void) {
  int size = 0;
#pragma omp parallel num_threads(2)
#pragma omp atomic
  size++;
  printf("a region while leaving: %s\n", size >= 1 ? "yes" : "no");
  fflush(stdout);
}
ENDING(a_region_while_main_exits, "0", "while leaving: yes") {
  atexit(at_the_end);
  return team_size() < 1;
}
ENDING(exit_within_a_region, "5", "") {
#pragma omp parallel num_threads(2)
  {
#pragma omp barrier
    if (omp_get_thread_num() == omp_get_num_threads() - 1) exit(5);
#pragma omp barrier
  }
  return 1;
}
ENDING(a_trap_within_a_region, "132", "") {
#pragma omp parallel num_threads(2)
  {
#pragma omp critical
    if (omp_get_thread_num() == omp_get_num_threads() - 1) __builtin_trap();
#pragma omp barrier
  }
  return 1;
}
ENDING(an_error_directive_ends_the_program, "134", "enough") {
#pragma omp error at(execution) severity(fatal) message("enough")
  return 0;
}
