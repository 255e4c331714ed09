// Condition variables.
#include "case.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int tickets, waiting, served;

static void *take_ticket(void *unused) {
  pthread_mutex_lock(&mutex);
  waiting++;
  while (tickets == 0) CHECK_IS(pthread_cond_wait(&changed, &mutex), 0);
  tickets--;
  served++;
  pthread_mutex_unlock(&mutex);
  return unused;
}
static void until_waiting(int count) {
  for (;;) {
    pthread_mutex_lock(&mutex);
    int now = waiting;
    pthread_mutex_unlock(&mutex);
    if (now == count) return;
    nap();
  }
}

CASE(signals_serve_one_each) {
  pthread_t threads[4];
  tickets = waiting = served = 0;
  for (int i = 0; i < 4; i++) threads[i] = start(take_ticket, NULL);
  until_waiting(4);
  for (int i = 0; i < 4; i++) {
    pthread_mutex_lock(&mutex);
    tickets++;
    CHECK_IS(pthread_cond_signal(&changed), 0);
    pthread_mutex_unlock(&mutex);
  }
  for (int i = 0; i < 4; i++) finish(threads[i]);
  CHECK_IS(served, 4);
  CHECK_IS(tickets, 0);
}

CASE(a_broadcast_serves_all) {
  for (int round = 0; round < 50; round++) {
    pthread_t threads[4];
    tickets = waiting = served = 0;
    for (int i = 0; i < 4; i++) threads[i] = start(take_ticket, NULL);
    until_waiting(4);
    pthread_mutex_lock(&mutex);
    tickets = 4;
    pthread_mutex_unlock(&mutex);
    CHECK_IS(pthread_cond_broadcast(&changed), 0);
    for (int i = 0; i < 4; i++) finish(threads[i]);
    CHECK_IS(served, 4);
  }
}

CASE(a_signal_to_nobody_is_forgotten) {
  pthread_cond_t nobody = PTHREAD_COND_INITIALIZER;
  CHECK_IS(pthread_cond_signal(&nobody), 0);
  CHECK_IS(pthread_cond_broadcast(&nobody), 0);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  pthread_mutex_lock(&mutex);
  CHECK_IS(pthread_cond_timedwait(&nobody, &mutex, &soon), ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
  CHECK_IS(pthread_cond_destroy(&nobody), 0);
}

static void times_out(clockid_t clock) {
  pthread_condattr_t attributes;
  pthread_cond_t never;
  clockid_t found = -1;
  CHECK_IS(pthread_condattr_init(&attributes), 0);
  CHECK_IS(pthread_condattr_setclock(&attributes, clock), 0);
  CHECK_IS(pthread_condattr_getclock(&attributes, &found), 0);
  CHECK_IS(found, clock);
  CHECK_IS(pthread_cond_init(&never, &attributes), 0);
  pthread_mutex_lock(&mutex);
  struct timespec due = time_from_now(clock, SHORT_MS), now;
  int error;
  while ((error = pthread_cond_timedwait(&never, &mutex, &due)) == 0) {}
  CHECK_IS(error, ETIMEDOUT);
  clock_gettime(clock, &now);
  CHECK(now.tv_sec > due.tv_sec || (now.tv_sec == due.tv_sec && now.tv_nsec >= due.tv_nsec));
  struct timespec past = {0, 0}, wrong = {now.tv_sec, -1};
  CHECK_IS(pthread_cond_timedwait(&never, &mutex, &past), ETIMEDOUT);
  CHECK_IS(pthread_cond_timedwait(&never, &mutex, &wrong), EINVAL);
  CHECK_IS(pthread_mutex_trylock(&mutex), EBUSY);
  pthread_mutex_unlock(&mutex);
  CHECK_IS(pthread_cond_destroy(&never), 0);
}
CASE(a_timed_wait_ends_by_the_realtime_clock) { times_out(CLOCK_REALTIME); }
CASE(a_timed_wait_ends_by_the_monotonic_clock) { times_out(CLOCK_MONOTONIC); }

static pthread_cond_t timed;
static void *timed_ticket(void *clock) {
  pthread_mutex_lock(&mutex);
  waiting++;
  struct timespec late = time_from_now(*(clockid_t *)clock, LONG_MS);
  while (tickets == 0) CHECK_IS(pthread_cond_timedwait(&timed, &mutex, &late), 0);
  tickets--;
  pthread_mutex_unlock(&mutex);
  return NULL;
}
CASE(a_timed_wait_is_woken_before_its_time) {
  clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
  for (int i = 0; i < 20; i++) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, clocks[i % 2]);
    pthread_cond_init(&timed, &attributes);
    tickets = waiting = 0;
    pthread_t one = start(timed_ticket, &clocks[i % 2]), two = start(timed_ticket, &clocks[i % 2]);
    until_waiting(2);
    pthread_mutex_lock(&mutex);
    tickets = 2;
    pthread_cond_broadcast(&timed);
    pthread_mutex_unlock(&mutex);
    finish(one);
    finish(two);
    pthread_cond_destroy(&timed);
  }
}

CASE(attributes_of_conditions) {
  pthread_condattr_t attributes;
  clockid_t clock = -1;
  int shared = -1;
  pthread_condattr_init(&attributes);
  CHECK_IS(pthread_condattr_getclock(&attributes, &clock), 0);
  CHECK_IS(clock, CLOCK_REALTIME);
  CHECK_IS(pthread_condattr_setclock(&attributes, CLOCK_PROCESS_CPUTIME_ID), EINVAL);
  CHECK_IS(pthread_condattr_getpshared(&attributes, &shared), 0);
  CHECK_IS(shared, PTHREAD_PROCESS_PRIVATE);
  CHECK_IS(pthread_condattr_destroy(&attributes), 0);
}

static pthread_mutex_t checking;
CASE(waiting_without_the_mutex_is_EPERM) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&checking, &attributes);
  CHECK_IS(pthread_cond_wait(&changed, &checking), EPERM);
}

static int turn;
static void *other_turns(void *unused) {
  pthread_mutex_lock(&mutex);
  for (int round = 0; round < 2000; round++) {
    while (turn != 1) pthread_cond_wait(&changed, &mutex);
    turn = 0;
    pthread_cond_signal(&changed);
  }
  pthread_mutex_unlock(&mutex);
  return unused;
}
CASE(two_take_turns) {
  turn = 0;
  pthread_t thread = start(other_turns, NULL);
  pthread_mutex_lock(&mutex);
  for (int round = 0; round < 2000; round++) {
    while (turn != 0) pthread_cond_wait(&changed, &mutex);
    turn = 1;
    pthread_cond_signal(&changed);
  }
  pthread_mutex_unlock(&mutex);
  finish(thread);
  CHECK_IS(turn, 0);
}

enum { SLOTS = 4, ITEMS = 4000 };
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[SLOTS], head, filled;
static long long sum;
static void *produce(void *unused) {
  for (int i = 1; i <= ITEMS; i++) {
    pthread_mutex_lock(&mutex);
    while (filled == SLOTS) pthread_cond_wait(&not_full, &mutex);
    queue[(head + filled++) % SLOTS] = i;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}
static void *consume(void *unused) {
  for (int i = 1; i <= ITEMS; i++) {
    pthread_mutex_lock(&mutex);
    while (filled == 0) pthread_cond_wait(&not_empty, &mutex);
    sum += queue[head];
    head = (head + 1) % SLOTS;
    filled--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}
CASE(a_bounded_queue_loses_nothing) {
  pthread_t threads[] = {start(produce, NULL), start(consume, NULL), start(produce, NULL), start(consume, NULL)};
  for (int i = 0; i < 4; i++) finish(threads[i]);
  CHECK(sum == 2LL * ITEMS * (ITEMS + 1) / 2);
  CHECK_IS(filled, 0);
}

struct gate {
  pthread_cond_t opened;
  int open;
};
static void *pass(void *argument) {
  struct gate *gate = argument;
  pthread_mutex_lock(&mutex);
  waiting++;
  while (!gate->open) pthread_cond_wait(&gate->opened, &mutex);
  pthread_mutex_unlock(&mutex);
  return NULL;
}
CASE(a_condition_is_destroyed_right_after_its_broadcast) {
  for (int round = 0; round < 100; round++) {
    struct gate *gate = calloc(1, sizeof *gate);
    pthread_cond_init(&gate->opened, NULL);
    waiting = 0;
    pthread_t one = start(pass, gate), two = start(pass, gate);
    until_waiting(2);
    pthread_mutex_lock(&mutex);
    gate->open = 1;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&mutex);
    CHECK_IS(pthread_cond_destroy(&gate->opened), 0);  // waits until they have left it
    memset(&gate->opened, 0xff, sizeof gate->opened);
    finish(one);
    finish(two);
    free(gate);
  }
}
