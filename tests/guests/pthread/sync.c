// Barriers, read-write locks, semaphores.
#include "case.h"
#include <limits.h>
#include <semaphore.h>

enum { THREADS = 4 };
static void in_threads(void *(*function)(void *), void *argument) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) threads[i] = start(function, argument);
  for (int i = 0; i < THREADS; i++) finish(threads[i]);
}

enum { ROUNDS = 500 };
static pthread_barrier_t barrier;
static int arrived[ROUNDS], serial[ROUNDS];
static void *go_through_rounds(void *unused) {
  for (int round = 0; round < ROUNDS; round++) {
    __atomic_fetch_add(&arrived[round], 1, __ATOMIC_SEQ_CST);
    int result = pthread_barrier_wait(&barrier);
    CHECK_IS(read_flag(&arrived[round]), THREADS);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_fetch_add(&serial[round], 1, __ATOMIC_SEQ_CST);
    else CHECK_IS(result, 0);
  }
  return unused;
}
CASE(a_barrier_lets_all_go_when_the_last_is_there) {
  CHECK_IS(pthread_barrier_init(&barrier, NULL, THREADS), 0);
  in_threads(go_through_rounds, NULL);
  for (int round = 0; round < ROUNDS; round++) CHECK_IS(serial[round], 1);
  CHECK_IS(pthread_barrier_destroy(&barrier), 0);
}

CASE(a_barrier_of_one_and_of_none) {
  CHECK_IS(pthread_barrier_init(&barrier, NULL, 1), 0);
  for (int i = 0; i < 3; i++) CHECK_IS(pthread_barrier_wait(&barrier), PTHREAD_BARRIER_SERIAL_THREAD);
  CHECK_IS(pthread_barrier_destroy(&barrier), 0);
  CHECK_IS(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
}

static void *wait_once(void *argument) {
  pthread_barrier_wait(argument);
  return NULL;
}
CASE(a_barrier_is_destroyed_by_whom_it_let_go) {
  for (int round = 0; round < 200; round++) {
    pthread_barrier_t *once = malloc(sizeof *once);
    pthread_barrier_init(once, NULL, 3);
    pthread_t one = start(wait_once, once), two = start(wait_once, once);
    pthread_barrier_wait(once);
    CHECK_IS(pthread_barrier_destroy(once), 0);
    memset(once, 0xff, sizeof *once);
    finish(one);
    finish(two);
    free(once);
  }
}

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static void *read_together(void *unused) {
  CHECK_IS(pthread_rwlock_rdlock(&lock), 0);
  pthread_barrier_wait(&barrier);  // all hold it at once
  CHECK_IS(pthread_rwlock_unlock(&lock), 0);
  return unused;
}
CASE(readers_hold_it_together) {
  pthread_barrier_init(&barrier, NULL, THREADS);
  in_threads(read_together, NULL);
  pthread_barrier_destroy(&barrier);
}

static void *find_it_read(void *unused) {
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  CHECK_IS(pthread_rwlock_trywrlock(&lock), EBUSY);
  CHECK_IS(pthread_rwlock_timedwrlock(&lock, &soon), ETIMEDOUT);
  CHECK_IS(pthread_rwlock_tryrdlock(&lock), 0);
  CHECK_IS(pthread_rwlock_unlock(&lock), 0);
  return unused;
}
static void *find_it_written(void *unused) {
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  CHECK_IS(pthread_rwlock_trywrlock(&lock), EBUSY);
  CHECK_IS(pthread_rwlock_tryrdlock(&lock), EBUSY);
  CHECK_IS(pthread_rwlock_timedrdlock(&lock, &soon), ETIMEDOUT);
  soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  CHECK_IS(pthread_rwlock_timedwrlock(&lock, &soon), ETIMEDOUT);
  return unused;
}
CASE(who_holds_it_keeps_others_out) {
  CHECK_IS(pthread_rwlock_rdlock(&lock), 0);
  finish(start(find_it_read, NULL));
  CHECK_IS(pthread_rwlock_unlock(&lock), 0);
  CHECK_IS(pthread_rwlock_wrlock(&lock), 0);
  finish(start(find_it_written, NULL));
  CHECK_IS(pthread_rwlock_unlock(&lock), 0);
  CHECK_IS(pthread_rwlock_trywrlock(&lock), 0);
  CHECK_IS(pthread_rwlock_unlock(&lock), 0);
}

static long pair[2];
static int writes;
static void *write_pairs(void *unused) {
  for (int round = 0; round < 3000; round++) {
    pthread_rwlock_wrlock(&lock);
    pair[0]++;
    pair[1]--;
    writes++;
    pthread_rwlock_unlock(&lock);
  }
  return unused;
}
static void *read_pairs(void *unused) {
  for (int round = 0; round < 3000; round++) {
    pthread_rwlock_rdlock(&lock);
    CHECK(pair[0] == -pair[1]);
    pthread_rwlock_unlock(&lock);
  }
  return unused;
}
CASE(readers_never_see_half_a_write) {
  pthread_t threads[] = {start(write_pairs, NULL), start(read_pairs, NULL), start(write_pairs, NULL), start(read_pairs, NULL)};
  for (int i = 0; i < 4; i++) finish(threads[i]);
  CHECK_IS(writes, 6000);
}

static sem_t semaphore;
static int inside, most_inside;
static void *enter(void *unused) {
  for (int round = 0; round < 2000; round++) {
    CHECK_IS(sem_wait(&semaphore), 0);
    int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    int most = read_flag(&most_inside);
    while (now > most && !__atomic_compare_exchange_n(&most_inside, &most, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    if (round % 100 == 0) sched_yield();
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    CHECK_IS(sem_post(&semaphore), 0);
  }
  return unused;
}
CASE(a_semaphore_lets_as_many_in_as_it_counts) {
  CHECK_IS(sem_init(&semaphore, 0, 2), 0);
  in_threads(enter, NULL);
  CHECK(most_inside <= 2 && most_inside >= 1);
  int value = -1;
  CHECK_IS(sem_getvalue(&semaphore, &value), 0);
  CHECK_IS(value, 2);
  CHECK_IS(sem_destroy(&semaphore), 0);
}

CASE(a_semaphore_at_zero_is_EAGAIN_and_ETIMEDOUT) {
  sem_init(&semaphore, 0, 0);
  CHECK_IS(sem_trywait(&semaphore), -1);
  CHECK_IS(errno, EAGAIN);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS), past = {1, 0}, wrong = {1, -1};
  CHECK_IS(sem_timedwait(&semaphore, &soon), -1);
  CHECK_IS(errno, ETIMEDOUT);
  CHECK_IS(sem_timedwait(&semaphore, &past), -1);
  CHECK_IS(errno, ETIMEDOUT);
  CHECK_IS(sem_timedwait(&semaphore, &wrong), -1);
  CHECK_IS(errno, EINVAL);
  CHECK_IS(sem_init(&semaphore, 0, (unsigned)SEM_VALUE_MAX + 1u), -1);
  CHECK_IS(errno, EINVAL);
  sem_init(&semaphore, 0, SEM_VALUE_MAX);
  CHECK_IS(sem_post(&semaphore), -1);
  CHECK_IS(errno, EOVERFLOW);
}

static sem_t ping, pong;
static void *answer(void *unused) {
  for (int round = 0; round < 3000; round++) {
    sem_wait(&ping);
    sem_post(&pong);
  }
  return unused;
}
CASE(two_semaphores_take_turns) {
  sem_init(&ping, 0, 0);
  sem_init(&pong, 0, 0);
  pthread_t thread = start(answer, NULL);
  for (int round = 0; round < 3000; round++) {
    sem_post(&ping);
    sem_wait(&pong);
  }
  finish(thread);
  int value = -1;
  sem_getvalue(&pong, &value);
  CHECK_IS(value, 0);
}

static void *post_then_leave(void *argument) {
  sem_post(argument);
  return NULL;
}
CASE(a_semaphore_is_destroyed_by_whom_it_let_go) {
  for (int round = 0; round < 300; round++) {
    sem_t *once = malloc(sizeof *once);
    sem_init(once, 0, 0);
    pthread_t thread = start(post_then_leave, once);
    sem_wait(once);
    sem_destroy(once);
    memset(once, 0xff, sizeof *once);
    free(once);
    finish(thread);
  }
}
