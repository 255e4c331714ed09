// Signals to a process that has several threads: whom they reach, who waits for them, what they interrupt.
#include "case.h"
#include <semaphore.h>
#include <signal.h>

static sem_t ready, released;
static int handled;
static pthread_t handled_by;
static void on_signal(int number) {
  handled_by = pthread_self();
  __atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
  (void)number;
}
static void handle(int number, int flags) {
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  CHECK_IS(sigaction(number, &action, NULL), 0);
  set_flag(&handled, 0);
}
static void begin(void) {
  sem_init(&ready, 0, 0);
  sem_init(&released, 0, 0);
}

static int stop;
static void *nap_until_stopped(void *unused) {
  sem_post(&ready);
  while (!read_flag(&stop)) nap();
  return unused;
}
CASE(pthread_kill_reaches_its_thread) {
  begin();
  handle(SIGUSR1, 0);
  set_flag(&stop, 0);
  pthread_t other = start(nap_until_stopped, NULL), thread = start(nap_until_stopped, NULL);
  sem_wait(&ready);
  sem_wait(&ready);
  for (int i = 1; i <= 5; i++) {
    CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
    await_flag(&handled, i);
    CHECK(pthread_equal(handled_by, thread));
  }
  set_flag(&stop, 1);
  finish(thread);
  finish(other);
}

CASE(pthread_kill_to_oneself_is_handled_at_once) {
  handle(SIGUSR1, 0);
  CHECK_IS(pthread_kill(pthread_self(), SIGUSR1), 0);
  CHECK_IS(handled, 1);
  CHECK_IS(raise(SIGUSR1), 0);
  CHECK_IS(handled, 2);
  CHECK(pthread_equal(handled_by, pthread_self()));
}

static void *raise_itself(void *unused) {
  CHECK_IS(raise(SIGUSR2), 0);
  CHECK_IS(read_flag(&handled), 1);
  CHECK(pthread_equal(handled_by, pthread_self()));
  return unused;
}
CASE(raise_in_a_thread_is_for_that_thread) {
  handle(SIGUSR2, 0);
  finish(start(raise_itself, NULL));
}

CASE(no_signal_and_wrong_signals) {
  begin();
  set_flag(&stop, 0);
  pthread_t thread = start(nap_until_stopped, NULL);
  CHECK_IS(pthread_kill(thread, 0), 0);
  CHECK_IS(pthread_kill(thread, 1000), EINVAL);
  set_flag(&stop, 1);
  finish(thread);
}

static void *look_at_mask(void *unused) {
  sigset_t set;
  CHECK_IS(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
  CHECK_IS(sigismember(&set, SIGUSR1), 1);
  CHECK_IS(sigismember(&set, SIGUSR2), 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK_IS(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
  return unused;
}
CASE(a_mask_is_inherited_and_then_ones_own) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK_IS(pthread_sigmask(SIG_BLOCK, &set, &old), 0);
  finish(start(look_at_mask, NULL));
  CHECK_IS(pthread_sigmask(SIG_SETMASK, NULL, &set), 0);
  CHECK_IS(sigismember(&set, SIGUSR1), 1);
  CHECK_IS(sigismember(&set, SIGUSR2), 0);
  CHECK_IS(pthread_sigmask(99, &set, NULL), EINVAL);
  CHECK_IS(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
}

static void *block_and_take_later(void *unused) {
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  sem_post(&ready);
  sem_wait(&released);
  CHECK_IS(read_flag(&handled), 0);
  CHECK_IS(sigpending(&pending), 0);
  CHECK_IS(sigismember(&pending, SIGUSR1), 1);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  CHECK_IS(read_flag(&handled), 1);
  return unused;
}
CASE(a_blocked_signal_waits_for_its_thread) {
  begin();
  handle(SIGUSR1, SA_RESTART);
  pthread_t thread = start(block_and_take_later, NULL);
  sem_wait(&ready);
  CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
  CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
  sem_post(&released);
  finish(thread);
  CHECK_IS(handled, 1);
}

static void *wait_for_signals(void *unused) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sem_post(&ready);
  int number = 0, seen = 0;
  while (number != SIGUSR2) {
    CHECK_IS(sigwait(&set, &number), 0);
    seen++;
    sem_post(&ready);
  }
  CHECK_IS(seen, 4);
  return unused;
}
CASE(sigwait_takes_signals_for_its_thread_and_for_the_process) {
  begin();
  handle(SIGUSR1, 0);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  pthread_t thread = start(wait_for_signals, NULL);
  sem_wait(&ready);
  CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
  sem_wait(&ready);
  CHECK_IS(kill(getpid(), SIGUSR1), 0);
  sem_wait(&ready);
  CHECK_IS(kill(getpid(), SIGUSR1), 0);
  sem_wait(&ready);
  CHECK_IS(pthread_kill(thread, SIGUSR2), 0);
  finish(thread);
  CHECK_IS(handled, 0);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

CASE(a_timed_wait_for_a_signal) {
  sigset_t set, old;
  siginfo_t info;
  struct timespec soon = {0, 2000000}, none = {0, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  CHECK_IS(sigtimedwait(&set, &info, &soon), -1);
  CHECK_IS(errno, EAGAIN);
  raise(SIGUSR1);
  CHECK_IS(sigtimedwait(&set, &info, &none), SIGUSR1);
  CHECK_IS(info.si_signo, SIGUSR1);
  CHECK_IS(sigtimedwait(&set, &info, &none), -1);
  CHECK_IS(errno, EAGAIN);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void *interrupted(void *unused) {
  sem_post(&ready);
  while (sem_wait(&released) == 0) {}
  CHECK_IS(errno, EINTR);
  set_flag(&stop, 1);
  return unused;
}
CASE(a_handler_interrupts_sem_wait) {
  begin();
  handle(SIGUSR1, 0);
  set_flag(&stop, 0);
  pthread_t thread = start(interrupted, NULL);
  sem_wait(&ready);
  // The first may come before it waits.
  while (!read_flag(&stop)) {
    CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
    nap();
  }
  finish(thread);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void *not_interrupted(void *unused) {
  pthread_mutex_lock(&mutex);
  sem_post(&ready);
  while (!stop) CHECK_IS(pthread_cond_wait(&changed, &mutex), 0);
  pthread_mutex_unlock(&mutex);
  CHECK_IS(pthread_mutex_lock(&mutex), 0);
  pthread_mutex_unlock(&mutex);
  return unused;
}
CASE(a_handler_never_makes_conditions_and_mutexes_fail) {
  begin();
  handle(SIGUSR1, 0);
  stop = 0;
  pthread_t thread = start(not_interrupted, NULL);
  sem_wait(&ready);
  for (int i = 0; i < 20; i++) {
    CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
    nap();
  }
  pthread_mutex_lock(&mutex);
  stop = 1;
  pthread_cond_signal(&changed);
  pthread_kill(thread, SIGUSR1);
  nap();
  pthread_mutex_unlock(&mutex);
  finish(thread);
  CHECK(handled > 0);
}

static void *suspend(void *unused) {
  sigset_t all_but;
  sigfillset(&all_but);
  sigdelset(&all_but, SIGUSR1);
  sem_post(&ready);
  CHECK_IS(sigsuspend(&all_but), -1);
  CHECK_IS(errno, EINTR);
  CHECK_IS(read_flag(&handled), 1);
  return unused;
}
CASE(sigsuspend_in_a_thread) {
  begin();
  handle(SIGUSR1, 0);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  pthread_t thread = start(suspend, NULL);
  sem_wait(&ready);
  CHECK_IS(pthread_kill(thread, SIGUSR1), 0);
  finish(thread);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

CASE(a_signal_to_the_process_goes_to_a_thread_that_has_it_open) {
  begin();
  handle(SIGUSR2, 0);
  set_flag(&stop, 0);
  pthread_t thread = start(nap_until_stopped, NULL);
  sem_wait(&ready);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  CHECK_IS(kill(getpid(), SIGUSR2), 0);
  await_flag(&handled, 1);
  CHECK(pthread_equal(handled_by, thread));
  set_flag(&stop, 1);
  finish(thread);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

ENDING(a_signal_to_one_thread_ends_the_process, "143", "before") {
  begin();
  set_flag(&stop, 0);
  pthread_t thread = start(nap_until_stopped, NULL);
  sem_wait(&ready);
  puts("before");
  pthread_kill(thread, SIGTERM);
  finish(thread);
  return 1;
}

static void *wait_for_ever(void *unused) {
  sem_post(&ready);
  sem_wait(&released);
  return unused;
}
ENDING(a_signal_ends_a_process_whose_threads_all_wait, "143", "before") {
  begin();
  pthread_t one = start(wait_for_ever, NULL), two = start(wait_for_ever, NULL);
  sem_wait(&ready);
  sem_wait(&ready);
  puts("before");
  pthread_kill(one, SIGTERM);
  finish(two);
  return 1;
}
