// Mutexes of all kinds, and spin locks.
#include "case.h"
#include <semaphore.h>

enum { THREADS = 4, ROUNDS = 20000 };

static pthread_mutex_t mutex;
static long counter;

static void make(int type, int robust) {
  pthread_mutexattr_t attributes;
  CHECK_IS(pthread_mutexattr_init(&attributes), 0);
  CHECK_IS(pthread_mutexattr_settype(&attributes, type), 0);
  if (robust) CHECK_IS(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
  CHECK_IS(pthread_mutex_init(&mutex, &attributes), 0);
  CHECK_IS(pthread_mutexattr_destroy(&attributes), 0);
}

static void *add_under_mutex(void *unused) {
  for (int round = 0; round < ROUNDS; round++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}
static void in_threads(void *(*function)(void *)) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) threads[i] = start(function, NULL);
  for (int i = 0; i < THREADS; i++) finish(threads[i]);
}
static void excludes(int type, int robust) {
  make(type, robust);
  counter = 0;
  in_threads(add_under_mutex);
  CHECK_IS(counter, (long)THREADS * ROUNDS);
  CHECK_IS(pthread_mutex_destroy(&mutex), 0);
}
CASE(a_normal_mutex_excludes) { excludes(PTHREAD_MUTEX_NORMAL, 0); }
CASE(a_recursive_mutex_excludes) { excludes(PTHREAD_MUTEX_RECURSIVE, 0); }
CASE(an_error_checking_mutex_excludes) { excludes(PTHREAD_MUTEX_ERRORCHECK, 0); }
CASE(a_robust_mutex_excludes) { excludes(PTHREAD_MUTEX_NORMAL, 1); }

CASE(a_mutex_that_inherits_priorities_excludes) {
  static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK};
  for (int i = 0; i < 3; i++) {
    pthread_mutexattr_t attributes;
    int protocol = -1;
    CHECK_IS(pthread_mutexattr_init(&attributes), 0);
    CHECK_IS(pthread_mutexattr_settype(&attributes, types[i]), 0);
    CHECK_IS(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    CHECK_IS(pthread_mutexattr_getprotocol(&attributes, &protocol), 0);
    CHECK_IS(protocol, PTHREAD_PRIO_INHERIT);
    CHECK_IS(pthread_mutex_init(&mutex, &attributes), 0);
    counter = 0;
    in_threads(add_under_mutex);
    CHECK_IS(counter, (long)THREADS * ROUNDS);
    CHECK_IS(pthread_mutex_destroy(&mutex), 0);
  }
}

static pthread_mutex_t initialised = PTHREAD_MUTEX_INITIALIZER;
static void *add_under_initialised(void *unused) {
  for (int round = 0; round < ROUNDS; round++) {
    while (pthread_mutex_trylock(&initialised) != 0) sched_yield();
    counter++;
    pthread_mutex_unlock(&initialised);
  }
  return unused;
}
CASE(trylock_excludes_too) {
  counter = 0;
  in_threads(add_under_initialised);
  CHECK_IS(counter, (long)THREADS * ROUNDS);
}

static void *find_it_locked(void *unused) {
  CHECK_IS(pthread_mutex_trylock(&mutex), EBUSY);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  CHECK_IS(pthread_mutex_timedlock(&mutex, &soon), ETIMEDOUT);
  struct timespec past = {1, 0};
  CHECK_IS(pthread_mutex_timedlock(&mutex, &past), ETIMEDOUT);
  struct timespec wrong = {1, 1000000000};
  CHECK_IS(pthread_mutex_timedlock(&mutex, &wrong), EINVAL);
  return unused;
}
CASE(a_locked_mutex_is_EBUSY_and_ETIMEDOUT_for_others) {
  static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK};
  for (int i = 0; i < 3; i++) {
    make(types[i], 0);
    CHECK_IS(pthread_mutex_lock(&mutex), 0);
    finish(start(find_it_locked, NULL));
    CHECK_IS(pthread_mutex_unlock(&mutex), 0);
    CHECK_IS(pthread_mutex_destroy(&mutex), 0);
  }
}

static int held;
static void *hold_for_a_while(void *unused) {
  pthread_mutex_lock(&mutex);
  set_flag(&held, 1);
  nap();
  pthread_mutex_unlock(&mutex);
  return unused;
}
CASE(a_timed_lock_gets_it_when_it_is_left) {
  make(PTHREAD_MUTEX_NORMAL, 0);
  for (int round = 0; round < 20; round++) {
    set_flag(&held, 0);
    pthread_t thread = start(hold_for_a_while, NULL);
    await_flag(&held, 1);
    struct timespec late = time_from_now(CLOCK_REALTIME, LONG_MS);
    CHECK_IS(pthread_mutex_timedlock(&mutex, &late), 0);
    CHECK_IS(pthread_mutex_unlock(&mutex), 0);
    finish(thread);
  }
}

CASE(a_normal_mutex_held_by_oneself_is_EBUSY_and_ETIMEDOUT) {
  make(PTHREAD_MUTEX_NORMAL, 0);
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  CHECK_IS(pthread_mutex_trylock(&mutex), EBUSY);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  CHECK_IS(pthread_mutex_timedlock(&mutex, &soon), ETIMEDOUT);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
}

static void *try_and_unlock(void *expected) {
  int error = pthread_mutex_trylock(&mutex);
  if (error == 0) pthread_mutex_unlock(&mutex);
  CHECK_IS(error, *(int *)expected);
  return NULL;
}
CASE(a_recursive_mutex_counts) {
  make(PTHREAD_MUTEX_RECURSIVE, 0);
  for (int i = 0; i < 5; i++) CHECK_IS(pthread_mutex_lock(&mutex), 0);
  CHECK_IS(pthread_mutex_trylock(&mutex), 0);
  int busy = EBUSY, none = 0;
  for (int i = 0; i < 6; i++) {
    finish(start(try_and_unlock, &busy));
    CHECK_IS(pthread_mutex_unlock(&mutex), 0);
  }
  finish(start(try_and_unlock, &none));
  CHECK_IS(pthread_mutex_unlock(&mutex), EPERM);
}

static void *unlock_anothers(void *unused) {
  CHECK_IS(pthread_mutex_unlock(&mutex), EPERM);
  return unused;
}
CASE(an_error_checking_mutex_checks) {
  make(PTHREAD_MUTEX_ERRORCHECK, 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), EPERM);
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  CHECK_IS(pthread_mutex_lock(&mutex), EDEADLK);
  CHECK_IS(pthread_mutex_trylock(&mutex), EBUSY);
  finish(start(unlock_anothers, NULL));
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), EPERM);
  CHECK_IS(pthread_mutex_destroy(&mutex), 0);
}

CASE(a_recursive_mutex_of_another_is_EPERM) {
  make(PTHREAD_MUTEX_RECURSIVE, 0);
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  finish(start(unlock_anothers, NULL));
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
}

CASE(a_normal_mutex_that_nobody_holds_can_be_unlocked) {
  make(PTHREAD_MUTEX_NORMAL, 0);
  int error = pthread_mutex_unlock(&mutex);
  CHECK(error == 0 || error == EPERM);
  make(PTHREAD_MUTEX_NORMAL, 0);
  CHECK_IS(pthread_mutex_trylock(&mutex), 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
}

static void *lock_and_end(void *how) {
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  counter = 5;
  if (how) pthread_exit(NULL);
  return NULL;
}
CASE(the_owner_of_a_robust_mutex_died) {
  for (int how = 0; how < 2; how++) {
    make(PTHREAD_MUTEX_NORMAL, 1);
    finish(start(lock_and_end, how ? &mutex : NULL));
    CHECK_IS(pthread_mutex_lock(&mutex), EOWNERDEAD);
    CHECK_IS(counter, 5);
    CHECK_IS(pthread_mutex_consistent(&mutex), 0);
    CHECK_IS(pthread_mutex_unlock(&mutex), 0);
    CHECK_IS(pthread_mutex_lock(&mutex), 0);
    CHECK_IS(pthread_mutex_unlock(&mutex), 0);
    CHECK_IS(pthread_mutex_destroy(&mutex), 0);
  }
}

CASE(trylock_finds_the_owner_dead_too) {
  make(PTHREAD_MUTEX_ERRORCHECK, 1);
  finish(start(lock_and_end, NULL));
  CHECK_IS(pthread_mutex_trylock(&mutex), EOWNERDEAD);
  CHECK_IS(pthread_mutex_consistent(&mutex), 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
  CHECK_IS(pthread_mutex_trylock(&mutex), 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
}

CASE(a_robust_mutex_left_inconsistent_is_ENOTRECOVERABLE) {
  make(PTHREAD_MUTEX_NORMAL, 1);
  finish(start(lock_and_end, NULL));
  CHECK_IS(pthread_mutex_lock(&mutex), EOWNERDEAD);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
  CHECK_IS(pthread_mutex_lock(&mutex), ENOTRECOVERABLE);
  CHECK_IS(pthread_mutex_trylock(&mutex), ENOTRECOVERABLE);
  CHECK_IS(pthread_mutex_destroy(&mutex), 0);
}

CASE(what_is_consistent_cannot_be_made_so) {
  make(PTHREAD_MUTEX_NORMAL, 1);
  CHECK_IS(pthread_mutex_consistent(&mutex), EINVAL);
  make(PTHREAD_MUTEX_NORMAL, 0);
  CHECK_IS(pthread_mutex_consistent(&mutex), EINVAL);
}

static sem_t locked;
static int waiters_done;
static void *lock_then_die(void *unused) {
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  sem_post(&locked);
  for (int i = 0; i < 5; i++) nap();
  return unused;
}
static void *wait_for_the_dead(void *dead) {
  int error = pthread_mutex_lock(&mutex);
  if (error == EOWNERDEAD) {
    __atomic_fetch_add((int *)dead, 1, __ATOMIC_SEQ_CST);
    CHECK_IS(pthread_mutex_consistent(&mutex), 0);
  } else CHECK_IS(error, 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
  __atomic_fetch_add(&waiters_done, 1, __ATOMIC_SEQ_CST);
  return NULL;
}
CASE(those_who_wait_for_a_robust_mutex_learn_of_a_death_once) {
  sem_init(&locked, 0, 0);
  for (int round = 0; round < 5; round++) {
    int dead = 0;
    waiters_done = 0;
    make(PTHREAD_MUTEX_NORMAL, 1);
    pthread_t owner = start(lock_then_die, NULL), waiters[3];
    sem_wait(&locked);
    for (int i = 0; i < 3; i++) waiters[i] = start(wait_for_the_dead, &dead);
    for (int i = 0; i < 3; i++) finish(waiters[i]);
    finish(owner);
    CHECK_IS(dead, 1);
    CHECK_IS(waiters_done, 3);
  }
}

static pthread_mutex_t several[8];
static void *lock_several(void *unused) {
  for (int i = 0; i < 8; i++) CHECK_IS(pthread_mutex_lock(&several[i]), 0);
  CHECK_IS(pthread_mutex_unlock(&several[3]), 0);
  CHECK_IS(pthread_mutex_unlock(&several[7]), 0);
  return unused;
}
CASE(a_thread_dies_with_several_robust_mutexes) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  for (int i = 0; i < 8; i++) pthread_mutex_init(&several[i], &attributes);
  finish(start(lock_several, NULL));
  for (int i = 0; i < 8; i++) CHECK_IS(pthread_mutex_lock(&several[i]), i == 3 || i == 7 ? 0 : EOWNERDEAD);
  for (int i = 0; i < 8; i++) {
    if (i != 3 && i != 7) CHECK_IS(pthread_mutex_consistent(&several[i]), 0);
    CHECK_IS(pthread_mutex_unlock(&several[i]), 0);
  }
}

CASE(attributes_of_mutexes) {
  pthread_mutexattr_t attributes;
  int value = -1;
  pthread_mutexattr_init(&attributes);
  CHECK_IS(pthread_mutexattr_gettype(&attributes, &value), 0);
  CHECK_IS(value, PTHREAD_MUTEX_DEFAULT);
  CHECK_IS(pthread_mutexattr_settype(&attributes, 99), EINVAL);
  CHECK_IS(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE), 0);
  CHECK_IS(pthread_mutexattr_gettype(&attributes, &value), 0);
  CHECK_IS(value, PTHREAD_MUTEX_RECURSIVE);
  CHECK_IS(pthread_mutexattr_getrobust(&attributes, &value), 0);
  CHECK_IS(value, PTHREAD_MUTEX_STALLED);
  CHECK_IS(pthread_mutexattr_setrobust(&attributes, 99), EINVAL);
  CHECK_IS(pthread_mutexattr_getpshared(&attributes, &value), 0);
  CHECK_IS(value, PTHREAD_PROCESS_PRIVATE);
  CHECK_IS(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), 0);
  CHECK_IS(pthread_mutexattr_destroy(&attributes), 0);
}

static pthread_spinlock_t spin;
static void *add_under_spin(void *unused) {
  for (int round = 0; round < ROUNDS / 10; round++) {
    pthread_spin_lock(&spin);
    counter++;
    pthread_spin_unlock(&spin);
    if (round % 16 == 0) sched_yield();
  }
  return unused;
}
CASE(a_spin_lock_excludes) {
  counter = 0;
  CHECK_IS(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
  pthread_t one = start(add_under_spin, NULL);
  add_under_spin(NULL);
  finish(one);
  CHECK_IS(counter, 2 * (ROUNDS / 10));
  CHECK_IS(pthread_spin_trylock(&spin), 0);
  CHECK_IS(pthread_spin_trylock(&spin), EBUSY);
  CHECK_IS(pthread_spin_unlock(&spin), 0);
  CHECK_IS(pthread_spin_destroy(&spin), 0);
}

static int turns[2], stop;
static void *take_turns(void *index) {
  int *own = index;
  while (!read_flag(&stop)) {
    pthread_mutex_lock(&mutex);
    __atomic_fetch_add(own, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}
CASE(neither_of_a_contending_pair_starves) {
  make(PTHREAD_MUTEX_NORMAL, 0);
  pthread_t one = start(take_turns, &turns[0]), two = start(take_turns, &turns[1]);
  while (read_flag(&turns[0]) < 1000 || read_flag(&turns[1]) < 1000) nap();
  set_flag(&stop, 1);
  finish(one);
  finish(two);
}

// Freed by whom gets it last: the one who unlocked before must not touch it any more.
struct shared {
  pthread_mutex_t mutex;
  int users;
};
static void *use_and_free(void *argument) {
  struct shared *shared = argument;
  pthread_mutex_lock(&shared->mutex);
  int left = --shared->users;
  pthread_mutex_unlock(&shared->mutex);
  if (left > 0) return NULL;
  pthread_mutex_destroy(&shared->mutex);
  memset(shared, 0xff, sizeof *shared);
  free(shared);
  return NULL;
}
CASE(a_mutex_is_freed_by_its_last_user) {
  for (int round = 0; round < 300; round++) {
    struct shared *shared = malloc(sizeof *shared);
    pthread_mutex_init(&shared->mutex, NULL);
    shared->users = 3;
    pthread_t one = start(use_and_free, shared), two = start(use_and_free, shared);
    use_and_free(shared);
    finish(one);
    finish(two);
  }
}
