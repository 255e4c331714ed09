// Deferred cancellation: at which calls, what runs on the way, and what is not disturbed.
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t at_it, closed;
static int cleaned;
static char order[16];

static void clean(void *letter) {
  order[cleaned++] = *(char *)letter;
  order[cleaned] = 0;
}
static void begin(void) {
  cleaned = 0;
  order[0] = 0;
  sem_init(&at_it, 0, 0);
  sem_init(&closed, 0, 0);
}
static void cancel_and_join(pthread_t thread) {
  CHECK_IS(pthread_cancel(thread), 0);
  CHECK(finish(thread) == PTHREAD_CANCELED);
}
static void cancelled_in(void *(*function)(void *)) {
  for (int round = 0; round < 5; round++) {
    begin();
    pthread_t thread = start(function, NULL);
    sem_wait(&at_it);
    if (round % 2) nap();
    cancel_and_join(thread);
  }
}

static void unlock_seen(void *held) {
  CHECK_IS(pthread_mutex_trylock(held), EBUSY);  // it has the mutex again
  CHECK_IS(pthread_mutex_unlock(held), 0);
  cleaned++;
}
static void *in_cond_wait(void *unused) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock_seen, &mutex);
  sem_post(&at_it);
  for (;;) pthread_cond_wait(&never, &mutex);
  pthread_cleanup_pop(0);
  return unused;
}
CASE(in_cond_wait_with_the_mutex_held_again) {
  cancelled_in(in_cond_wait);
  CHECK_IS(cleaned, 1);
  CHECK_IS(pthread_mutex_trylock(&mutex), 0);
  CHECK_IS(pthread_mutex_unlock(&mutex), 0);
}

static void *in_cond_timedwait(void *unused) {
  struct timespec late = time_from_now(CLOCK_REALTIME, LONG_MS);
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock_seen, &mutex);
  sem_post(&at_it);
  for (;;) pthread_cond_timedwait(&never, &mutex, &late);
  pthread_cleanup_pop(0);
  return unused;
}
CASE(in_cond_timedwait) {
  cancelled_in(in_cond_timedwait);
  CHECK_IS(cleaned, 1);
}

static void *in_sem_wait(void *unused) {
  sem_post(&at_it);
  sem_wait(&closed);
  return unused;
}
CASE(in_sem_wait) {
  cancelled_in(in_sem_wait);
  int value = -1;
  sem_getvalue(&closed, &value);
  CHECK_IS(value, 0);
  CHECK_IS(sem_post(&closed), 0);
  CHECK_IS(sem_trywait(&closed), 0);
}

static void *in_sleep(void *unused) {
  sem_post(&at_it);
  sleep(600);
  return unused;
}
CASE(in_sleep) { cancelled_in(in_sleep); }

static void *in_clock_nanosleep(void *unused) {
  struct timespec time = {600, 0};
  sem_post(&at_it);
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
  return unused;
}
CASE(in_clock_nanosleep) { cancelled_in(in_clock_nanosleep); }

static void *in_pause(void *unused) {
  sem_post(&at_it);
  pause();
  return unused;
}
CASE(in_pause) { cancelled_in(in_pause); }

static void *in_testcancel(void *unused) {
  sem_post(&at_it);
  for (;;) {
    pthread_testcancel();
    sched_yield();
  }
  return unused;
}
CASE(in_testcancel) { cancelled_in(in_testcancel); }

static void *sleeper(void *unused) {
  sem_wait(&closed);
  return unused;
}
static void *in_join(void *thread) {
  sem_post(&at_it);
  pthread_join(*(pthread_t *)thread, NULL);
  return NULL;
}
CASE(in_join_the_joined_stays_joinable) {
  begin();
  pthread_t joined = start(sleeper, &cleaned), joiner = start(in_join, &joined);
  sem_wait(&at_it);
  nap();
  cancel_and_join(joiner);
  sem_post(&closed);
  CHECK(finish(joined) == &cleaned);
}

static void *in_open(void *unused) {
  sem_post(&at_it);
  for (;;) {
    int file = open("/tmp/cancelled", O_CREAT | O_RDWR, 0600);
    if (file >= 0) close(file);
  }
  return unused;
}
CASE(between_calls_of_files) {
  cancelled_in(in_open);
  unlink("/tmp/cancelled");
}

static void *cancel_itself(void *unused) {
  static char a = 'a', b = 'b', c = 'c';
  pthread_cleanup_push(clean, &a);
  pthread_cleanup_push(clean, &b);
  pthread_cleanup_push(clean, &c);
  pthread_cleanup_pop(1);
  pthread_cancel(pthread_self());
  CHECK_IS(cleaned, 1);
  pthread_testcancel();
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return unused;
}
CASE(handlers_run_last_first) {
  begin();
  CHECK(finish(start(cancel_itself, NULL)) == PTHREAD_CANCELED);
  CHECK_IS(strcmp(order, "cba"), 0);
}

static void *exit_with_handlers(void *unused) {
  static char a = 'a', b = 'b';
  pthread_cleanup_push(clean, &a);
  pthread_cleanup_push(clean, &b);
  pthread_exit(&cleaned);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return unused;
}
CASE(handlers_run_at_pthread_exit_too) {
  begin();
  CHECK(finish(start(exit_with_handlers, NULL)) == &cleaned);
  CHECK_IS(strcmp(order, "ba"), 0);
}

static pthread_key_t key;
static void destroy_key(void *letter) { clean(letter); }
static void *with_key(void *unused) {
  static char k = 'k', h = 'h';
  pthread_setspecific(key, &k);
  pthread_cleanup_push(clean, &h);
  sem_post(&at_it);
  for (;;) sleep(600);
  pthread_cleanup_pop(0);
  return unused;
}
CASE(handlers_run_before_the_destructors_of_keys) {
  pthread_key_create(&key, destroy_key);
  cancelled_in(with_key);
  CHECK_IS(strcmp(order, "hk"), 0);
  pthread_key_delete(key);
}

static int asked;
static void *disabled(void *unused) {
  int before = -1, state = -1;
  CHECK_IS(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before), 0);
  CHECK_IS(before, PTHREAD_CANCEL_ENABLE);
  sem_post(&at_it);
  await_flag(&asked, 1);  // naps, which are cancellation points
  pthread_testcancel();
  nap();
  __atomic_fetch_add(&cleaned, 1, __ATOMIC_SEQ_CST);
  CHECK_IS(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state), 0);
  CHECK_IS(state, PTHREAD_CANCEL_DISABLE);
  pthread_testcancel();
  CHECK(0);
  return unused;
}
CASE(while_disabled_it_is_kept_for_later) {
  begin();
  set_flag(&asked, 0);
  pthread_t thread = start(disabled, NULL);
  sem_wait(&at_it);
  CHECK_IS(pthread_cancel(thread), 0);
  set_flag(&asked, 1);
  CHECK(finish(thread) == PTHREAD_CANCELED);
  CHECK_IS(cleaned, 1);
}

CASE(states_and_types_are_checked) {
  int old = -1;
  CHECK_IS(pthread_setcancelstate(77, &old), EINVAL);
  CHECK_IS(pthread_setcanceltype(77, &old), EINVAL);
  CHECK_IS(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old), 0);
  CHECK_IS(old, PTHREAD_CANCEL_DEFERRED);
  CHECK_IS(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL), 0);
}

static void *in_mutex(void *unused) {
  sem_post(&at_it);
  pthread_mutex_lock(&mutex);  // no cancellation point
  cleaned++;
  pthread_mutex_unlock(&mutex);
  pthread_testcancel();
  return unused;
}
CASE(a_mutex_is_no_cancellation_point) {
  begin();
  pthread_mutex_lock(&mutex);
  pthread_t thread = start(in_mutex, NULL);
  sem_wait(&at_it);
  nap();
  CHECK_IS(pthread_cancel(thread), 0);
  nap();
  CHECK_IS(cleaned, 0);
  pthread_mutex_unlock(&mutex);
  CHECK(finish(thread) == PTHREAD_CANCELED);
  CHECK_IS(cleaned, 1);
}

static void *end_at_once(void *argument) {
  sem_post(&at_it);
  return argument;
}
CASE(one_that_ended_keeps_its_result) {
  begin();
  pthread_t thread = start(end_at_once, &cleaned);
  sem_wait(&at_it);
  for (int i = 0; i < 5; i++) nap();
  int error = pthread_cancel(thread);
  CHECK(error == 0 || error == ESRCH);
  void *result = finish(thread);
  CHECK(result == &cleaned);
}

static void *wait_in_line(void *turn) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock_seen, &mutex);
  sem_post(&at_it);
  while (!*(int *)turn) pthread_cond_wait(&never, &mutex);
  pthread_cleanup_pop(0);
  pthread_mutex_unlock(&mutex);
  return turn;
}
CASE(a_cancelled_waiter_takes_no_signal_of_anothers) {
  for (int round = 0; round < 30; round++) {
    begin();
    int turn = 0;
    pthread_t one = start(wait_in_line, &turn), two = start(wait_in_line, &turn);
    sem_wait(&at_it);
    sem_wait(&at_it);
    CHECK_IS(pthread_cancel(one), 0);
    pthread_mutex_lock(&mutex);
    turn = 1;
    pthread_cond_broadcast(&never);
    pthread_mutex_unlock(&mutex);
    finish(one);
    CHECK(finish(two) == &turn);
  }
}

static void *read_stdin(void *unused) {
  char byte;
  sem_post(&at_it);
  for (;;)
    if (read(0, &byte, 1) <= 0) break;
  return unused;
}
// Its input never ends.
ENDING(in_a_read_that_blocks, "0", "cancelled") {
  begin();
  pthread_t thread = start(read_stdin, NULL);
  sem_wait(&at_it);
  for (int i = 0; i < 5; i++) nap();
  cancel_and_join(thread);
  puts("cancelled");
  return 0;
}
