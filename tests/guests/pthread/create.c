// Threads begin, end, and are waited for: pthread_create, join, detach, exit, self, equal, and the attributes of a thread.
#include "case.h"
#include <limits.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/syscall.h>

static void *give_back(void *argument) { return argument; }
static void *end_by_exit(void *argument) { pthread_exit(argument); }

CASE(join_gives_what_the_function_returned) {
  int here;
  CHECK(finish(start(give_back, &here)) == &here);
  CHECK(finish(start(give_back, NULL)) == NULL);
}

__attribute__((noinline)) static void exit_below(int depth, void *value) {
  volatile char frame[64];
  frame[0] = (char)depth;
  if (depth == 0) pthread_exit(value);
  exit_below(depth - 1, value);
  frame[1] = frame[0];
}
static void *exit_deep(void *value) {
  exit_below(20, value);
  return NULL;
}
CASE(join_gives_what_pthread_exit_was_given) {
  int here;
  CHECK(finish(start(exit_deep, &here)) == &here);
  CHECK(finish(start(end_by_exit, (void *)77)) == (void *)77);
}

static pthread_t seen_self;
static void *tell_self(void *unused) {
  seen_self = pthread_self();
  return unused;
}
CASE(self_is_what_create_gave) {
  pthread_t thread = start(tell_self, NULL);
  finish(thread);
  CHECK(pthread_equal(seen_self, thread));
  CHECK(!pthread_equal(pthread_self(), thread));
  CHECK(pthread_equal(pthread_self(), pthread_self()));
}

static void *tell_tid(void *into) {
  *(long *)into = syscall(SYS_gettid);
  return NULL;
}
static pthread_barrier_t all_told;
static void *tell_tid_and_wait(void *into) {
  tell_tid(into);
  pthread_barrier_wait(&all_told);
  return NULL;
}
CASE(tids_differ_and_the_main_threads_is_the_pid) {
  long tids[4];
  tell_tid(&tids[0]);
  CHECK_IS(tids[0], getpid());
  pthread_t threads[4];
  pthread_barrier_init(&all_told, NULL, 4);
  for (int i = 1; i < 4; i++) threads[i] = start(tell_tid_and_wait, &tids[i]);
  pthread_barrier_wait(&all_told);
  for (int i = 1; i < 4; i++) finish(threads[i]);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < i; k++) CHECK(tids[i] != tids[k] && tids[i] > 0);
  pthread_barrier_destroy(&all_told);
}

CASE(join_of_self_is_EDEADLK) { CHECK_IS(pthread_join(pthread_self(), NULL), EDEADLK); }

static void *join_self(void *unused) {
  CHECK_IS(pthread_join(pthread_self(), NULL), EDEADLK);
  return unused;
}
CASE(join_of_self_in_a_thread_is_EDEADLK) { finish(start(join_self, NULL)); }

// POSIX leaves open what follows: an errno or the end by a signal, but no hang.
static int errno_or_signal(int result) { return result == ESRCH || result == EINVAL ? 0 : 1; }

ENDING(join_twice, "0|132|139", "once") {
  pthread_t thread = start(give_back, NULL);
  finish(thread);
  puts("once");
  return errno_or_signal(pthread_join(thread, NULL));
}

ENDING(detach_after_join, "0|132|139", "joined") {
  pthread_t thread = start(give_back, NULL);
  finish(thread);
  puts("joined");
  return errno_or_signal(pthread_detach(thread));
}

static sem_t may_go, has_run;
static void *await_leave(void *unused) {
  sem_wait(&may_go);
  sem_post(&has_run);
  return unused;
}
ENDING(join_of_a_detached_thread, "0|132|139", "detached") {
  sem_init(&may_go, 0, 0);
  sem_init(&has_run, 0, 0);
  pthread_t thread = start(await_leave, NULL);
  CHECK_IS(pthread_detach(thread), 0);
  puts("detached");
  return errno_or_signal(pthread_join(thread, NULL));
}

ENDING(detach_twice, "0|132|139", "detached") {
  sem_init(&may_go, 0, 0);
  sem_init(&has_run, 0, 0);
  pthread_t thread = start(await_leave, NULL);
  CHECK_IS(pthread_detach(thread), 0);
  puts("detached");
  return errno_or_signal(pthread_detach(thread));
}

static void *detach_itself(void *unused) {
  CHECK_IS(pthread_detach(pthread_self()), 0);
  sem_post(&has_run);
  return unused;
}
CASE(a_detached_thread_runs) {
  sem_init(&may_go, 0, 0);
  sem_init(&has_run, 0, 0);
  CHECK_IS(pthread_detach(start(await_leave, NULL)), 0);
  sem_post(&may_go);
  sem_wait(&has_run);

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_IS(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED), 0);
  pthread_t thread;
  NEED(pthread_create(&thread, &attributes, await_leave, NULL) == 0);
  sem_post(&may_go);
  sem_wait(&has_run);
  pthread_attr_destroy(&attributes);

  start(detach_itself, NULL);
  sem_wait(&has_run);
}

static void *count_once(void *counter) {
  __atomic_fetch_add((int *)counter, 1, __ATOMIC_SEQ_CST);
  return NULL;
}
CASE(detached_threads_leave_nothing_taken) {
  static int counter;
  for (int round = 1; round <= 300; round++) {
    pthread_t thread;
    int error;
    // The one before may still be on its way out.
    while ((error = pthread_create(&thread, NULL, count_once, &counter)) == EAGAIN) nap();
    NEED(error == 0);
    CHECK_IS(pthread_detach(thread), 0);
  }
  await_flag(&counter, 300);
}

CASE(attributes_say_what_was_set) {
  pthread_attr_t attributes;
  CHECK_IS(pthread_attr_init(&attributes), 0);
  int state = -1;
  size_t size = 0;
  CHECK_IS(pthread_attr_getdetachstate(&attributes, &state), 0);
  CHECK_IS(state, PTHREAD_CREATE_JOINABLE);
  CHECK_IS(pthread_attr_setdetachstate(&attributes, 12345), EINVAL);
  CHECK_IS(pthread_attr_setstacksize(&attributes, 1), EINVAL);
  CHECK_IS(pthread_attr_setstacksize(&attributes, 1 << 20), 0);
  CHECK_IS(pthread_attr_getstacksize(&attributes, &size), 0);
  CHECK_IS(size, 1 << 20);
  CHECK_IS(pthread_attr_setguardsize(&attributes, 8192), 0);
  CHECK_IS(pthread_attr_getguardsize(&attributes, &size), 0);
  CHECK_IS(size, 8192);
  CHECK_IS(pthread_attr_setscope(&attributes, PTHREAD_SCOPE_SYSTEM), 0);
  CHECK_IS(pthread_attr_destroy(&attributes), 0);
}

__attribute__((noinline)) static size_t use_stack(size_t bytes) {
  volatile char frame[4096];
  for (size_t i = 0; i < sizeof frame; i += 64) frame[i] = (char)bytes;
  size_t below = bytes > 2 * sizeof frame ? use_stack(bytes - sizeof frame - 256) : 0;
  return below + (frame[64] == (char)bytes);
}
static void *use_much(void *bytes) { return (void *)use_stack((size_t)bytes); }
static void with_stack(size_t size, size_t used) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_IS(pthread_attr_setstacksize(&attributes, size), 0);
  pthread_t thread;
  NEED(pthread_create(&thread, &attributes, use_much, (void *)used) == 0);
  CHECK(finish(thread) != NULL);
  pthread_attr_destroy(&attributes);
}
CASE(a_stack_is_as_large_as_asked) {
  with_stack(1 << 20, 900 << 10);
  with_stack(4 << 20, 3900 << 10);
  with_stack(256 << 10, 200 << 10);
}

CASE(the_least_stack_does) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_IS(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN), 0);
  pthread_t thread;
  NEED(pthread_create(&thread, &attributes, give_back, &thread) == 0);
  CHECK(finish(thread) == &thread);
}

CASE(a_stack_too_large_is_refused_and_nothing_is_lost) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  for (int round = 0; round < 20; round++) {
    int error = pthread_attr_setstacksize(&attributes, (size_t)1 << (sizeof(size_t) > 4 ? 46 : 31));
    if (error == 0) {
      pthread_t thread;
      error = pthread_create(&thread, &attributes, give_back, NULL);
      if (error == 0) finish(thread);  // there was so much
      else CHECK(error == EAGAIN || error == ENOMEM);
    } else CHECK_IS(error, EINVAL);
  }
  CHECK(finish(start(give_back, &attributes)) == &attributes);
}

static char *stack_low, *stack_high;
static void *where_is_a_local(void *unused) {
  volatile char local = 1;
  char *at = (char *)&local;
  CHECK(at >= stack_low && at < stack_high);
  return unused;
}
CASE(a_thread_runs_on_the_stack_that_it_is_given) {
  size_t size = 256 << 10;
  void *stack = aligned_alloc(65536, size);
  NEED(stack != NULL);
  stack_low = stack, stack_high = stack_low + size;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_IS(pthread_attr_setstack(&attributes, stack, size), 0);
  for (int round = 0; round < 3; round++) {
    pthread_t thread;
    NEED(pthread_create(&thread, &attributes, where_is_a_local, NULL) == 0);
    finish(thread);
  }
  free(stack);
}

static void *look_at_own_attributes(void *unused) {
  pthread_attr_t attributes;
  NEED(pthread_getattr_np(pthread_self(), &attributes) == 0);
  void *low = NULL;
  size_t size = 0;
  CHECK_IS(pthread_attr_getstack(&attributes, &low, &size), 0);
  volatile char local = 1;
  CHECK((char *)&local >= (char *)low && (char *)&local < (char *)low + size);
  int state = -1;
  pthread_attr_getdetachstate(&attributes, &state);
  CHECK_IS(state, PTHREAD_CREATE_JOINABLE);
  pthread_attr_destroy(&attributes);
  return unused;
}
CASE(a_thread_can_ask_where_its_stack_is) { finish(start(look_at_own_attributes, NULL)); }

static pthread_t child_of_child;
static void *start_another(void *argument) {
  child_of_child = start(give_back, argument);
  return argument;
}
CASE(a_thread_starts_one_that_another_joins) {
  int here;
  finish(start(start_another, &here));
  CHECK(finish(child_of_child) == &here);
}

enum { MANY = 64 };
static void *hold(void *gate) {
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return gate;
}
static int start_many(void) {
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_t threads[MANY];
  pthread_mutex_lock(&gate);
  int count = 0, error = 0;
  while (count < MANY && (error = pthread_create(&threads[count], NULL, hold, &gate)) == 0) count++;
  if (count < MANY) CHECK_IS(error, EAGAIN);
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < count; i++) CHECK(finish(threads[i]) == &gate);
  return count;
}
CASE(more_threads_than_there_is_room_for_are_EAGAIN_and_all_come_back) {
  int count = start_many();
  CHECK(count >= 1);
  for (int round = 0; round < 20; round++) CHECK_IS(start_many(), count);
}

CASE(ten_thousand_are_created_and_joined) {
  static int counter;
  for (int round = 0; round < 10000; round++) finish(start(count_once, &counter));
  CHECK_IS(counter, 10000);
}

static void *create_and_join(void *counter) {
  for (int round = 0; round < 500; round++) finish(start(count_once, counter));
  return NULL;
}
CASE(two_threads_create_and_join_at_once) {
  int counter = 0;
  pthread_t one = start(create_and_join, &counter), two = start(create_and_join, &counter);
  finish(one);
  finish(two);
  CHECK_IS(counter, 1000);
}

CASE(tryjoin_and_timedjoin) {
  sem_init(&may_go, 0, 0);
  sem_init(&has_run, 0, 0);
  pthread_t thread = start(await_leave, NULL);
  void *result;
  CHECK_IS(pthread_tryjoin_np(thread, &result), EBUSY);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS), late = time_from_now(CLOCK_REALTIME, LONG_MS);
  CHECK_IS(pthread_timedjoin_np(thread, &result, &soon), ETIMEDOUT);
  sem_post(&may_go);
  CHECK_IS(pthread_timedjoin_np(thread, &result, &late), 0);
}

CASE(affinity_is_reported) {
  cpu_set_t set;
  CHECK_IS(pthread_getaffinity_np(pthread_self(), sizeof set, &set), 0);
  CHECK(CPU_COUNT(&set) >= 1);
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  CHECK_IS(pthread_setaffinity_np(pthread_self(), sizeof set, &set), 0);
}
