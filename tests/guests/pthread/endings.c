// How a process with several threads ends: each case in a process of its own, with what status.
#include "case.h"
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/file.h>

static sem_t ready, never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t no_change = PTHREAD_COND_INITIALIZER;

static void *in_sem_wait(void *unused) {
  sem_post(&ready);
  sem_wait(&never);
  return unused;
}
static void *in_cond_wait(void *unused) {
  pthread_mutex_lock(&mutex);
  sem_post(&ready);
  for (;;) pthread_cond_wait(&no_change, &mutex);
  return unused;
}
static volatile int spinning;
static void *in_a_loop(void *unused) {
  sem_post(&ready);
  for (;;) spinning++;
  return unused;
}
static void *in_a_yielding_loop(void *unused) {
  sem_post(&ready);
  for (;;) sched_yield();
  return unused;
}
static void *in_sleep(void *unused) {
  sem_post(&ready);
  for (;;) sleep(600);
  return unused;
}
static void *in_a_read(void *unused) {
  char byte;
  sem_post(&ready);
  for (;;)
    if (read(0, &byte, 1) <= 0) sleep(600);
  return unused;
}
static void *in_poll(void *unused) {
  struct pollfd file = {0, POLLIN, 0};
  sem_post(&ready);
  for (;;) poll(&file, 1, -1);
  return unused;
}
static void *in_flock(void *unused) {
  int one = open("/tmp/locked", O_CREAT | O_RDWR, 0600), two = open("/tmp/locked", O_RDWR);
  flock(one, LOCK_EX);
  sem_post(&ready);
  flock(two, LOCK_EX);
  return unused;
}
static void *(*const ALL[])(void *) = {in_sem_wait, in_cond_wait, in_a_loop, in_sleep, in_a_read};

// Starts them, and goes on when each is at what it does, or nearly.
static void start_these(void *(*const functions[])(void *), int count) {
  sem_init(&ready, 0, 0);
  sem_init(&never, 0, 0);
  for (int i = 0; i < count; i++) start(functions[i], NULL);
  for (int i = 0; i < count; i++) sem_wait(&ready);
  nap();
}
static void start_one(void *(*function)(void *)) { start_these(&function, 1); }

ENDING(main_returns_while_others_wait, "3", "here") {
  start_these(ALL, 5);
  puts("here");
  return 3;
}
ENDING(main_exits_while_others_wait, "4", "here") {
  start_these(ALL, 5);
  puts("here");
  exit(4);
}
ENDING(main_leaves_at_once_while_others_wait, "5", "") {
  start_these(ALL, 5);
  _exit(5);
}
ENDING(main_returns_while_one_yields, "6", "") {
  start_one(in_a_yielding_loop);
  return 6;
}
ENDING(main_returns_while_one_polls, "7", "") {
  start_one(in_poll);
  return 7;
}
ENDING(main_returns_while_one_waits_for_a_file_lock, "8", "") {
  start_one(in_flock);
  return 8;
}

static void *exit_9(void *unused) {
  puts("leaving");
  exit(9);
  return unused;
}
ENDING(another_exits_while_main_waits_in_join, "9", "leaving") {
  sem_init(&ready, 0, 0);
  pthread_t thread = start(in_sleep, NULL);
  start(exit_9, NULL);
  pthread_join(thread, NULL);
  return 1;
}
ENDING(another_exits_while_main_spins, "9", "leaving") {
  start(exit_9, NULL);
  for (;;) spinning++;
}
ENDING(another_exits_while_main_reads, "9", "leaving") {
  sem_init(&ready, 0, 0);
  start(exit_9, NULL);
  in_a_read(NULL);
  return 1;
}
ENDING(another_exits_while_all_wait, "9", "leaving") {
  start_these(ALL, 4);
  start(exit_9, NULL);
  for (;;) pause();
}

static void *trap(void *locked) {
  if (locked) {
    pthread_mutex_lock(locked);
    sem_post(&ready);
    for (int i = 0; i < 5; i++) nap();
  }
  puts("trapping");
  __builtin_trap();
}
ENDING(a_trap_ends_the_process, "132", "trapping") {
  pthread_join(start(trap, NULL), NULL);
  return 1;
}
ENDING(a_trap_of_one_that_holds_a_lock_while_others_want_it, "132", "trapping") {
  sem_init(&ready, 0, 0);
  pthread_t thread = start(trap, &mutex);
  sem_wait(&ready);
  pthread_mutex_lock(&mutex);
  pthread_join(thread, NULL);
  for (;;) pause();
}
ENDING(a_trap_while_others_wait, "132", "trapping") {
  start_these(ALL, 4);
  pthread_join(start(trap, NULL), NULL);
  return 1;
}
ENDING(a_trap_of_main_while_others_wait, "132", "trapping") {
  start_these(ALL, 5);
  trap(NULL);
  return 1;
}

static void *abort_here(void *unused) {
  abort();
  return unused;
}
ENDING(an_abort_in_a_thread, "134", "") {
  pthread_join(start(abort_here, NULL), NULL);
  return 1;
}

#pragma clang diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int overflow(int depth) {
  volatile char frame[512];
  frame[depth % 512] = (char)depth;
  return overflow(depth + 1) + frame[depth % 512];
}
static void *overflow_here(void *unused) {
  puts("deeper");
  return overflow(0) ? unused : NULL;
}
ENDING(a_stack_overflow_in_a_thread, "139", "deeper") {
  pthread_join(start(overflow_here, NULL), NULL);
  return 1;
}
static char other_stack_data[1 << 16];
static void *look_after_data(void *unused) {
  memset(other_stack_data, 7, sizeof other_stack_data);
  volatile char local[1000];
  memset((char *)local, 9, sizeof local);
  sem_post(&ready);
  for (;;) {
    for (size_t i = 0; i < sizeof other_stack_data; i++)
      if (other_stack_data[i] != 7) _exit(1);
    for (size_t i = 0; i < sizeof local; i++)
      if (local[i] != 9) _exit(1);
  }
  return unused;
}
ENDING(a_stack_overflow_touches_nothing_of_others, "139", "deeper") {
  start_one(look_after_data);
  pthread_join(start(overflow_here, NULL), NULL);
  return 1;
}

// Each frame is smaller than the guard, and makes a call.
__attribute__((noinline)) static int overflow_with_calls(int depth) {
  volatile char frame[512];
  frame[depth % 512] = (char)depth;
  if (write(1, "", 0) != 0) _exit(1);
  return overflow_with_calls(depth + 1) + frame[depth % 512];
}
static void *overflow_with_calls_here(void *unused) {
  puts("deeper");
  return overflow_with_calls(0) ? unused : NULL;
}
ENDING(a_small_stack_that_runs_over_ends_at_the_next_call, "139", "deeper") {
  start_one(look_after_data);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  pthread_t thread;
  NEED(pthread_create(&thread, &attributes, overflow_with_calls_here, NULL) == 0);
  pthread_join(thread, NULL);
  return 1;
}

static pthread_t main_thread;
static void *exit_after_main(void *unused) {
  nap();
  puts("main is gone");
  exit(11);
  return unused;
}
ENDING(main_ends_its_thread_and_another_exits, "11", "main is gone") {
  start(exit_after_main, NULL);
  pthread_exit(NULL);
}
static void *return_after_main(void *unused) {
  pthread_join(main_thread, NULL);
  puts("main is joined");
  return unused;
}
ENDING(the_last_thread_returns_after_main_ended, "0", "main is joined") {
  main_thread = pthread_self();
  start(return_after_main, NULL);
  pthread_exit((void *)5);
}
static void farewell(void) { puts("farewell"); }
static void *just_return(void *unused) { return unused; }
ENDING(atexit_runs_when_the_last_thread_returns, "0", "farewell") {
  atexit(farewell);
  start(just_return, NULL);
  pthread_exit(NULL);
}
ENDING(pthread_exit_of_the_only_thread, "0", "farewell") {
  atexit(farewell);
  pthread_exit((void *)1);
}

static pthread_key_t key;
static void exit_in_destructor(void *unused) {
  (void)unused;
  puts("destructor");
  exit(12);
}
static void *with_key(void *unused) {
  pthread_setspecific(key, &key);
  return unused;
}
ENDING(exit_in_the_destructor_of_a_key, "12", "destructor") {
  pthread_key_create(&key, exit_in_destructor);
  pthread_join(start(with_key, NULL), NULL);
  return 1;
}
static void exit_in_cleanup(void *unused) {
  (void)unused;
  exit(13);
}
static void *with_cleanup(void *unused) {
  pthread_cleanup_push(exit_in_cleanup, NULL);
  sem_post(&ready);
  for (;;) sleep(600);
  pthread_cleanup_pop(0);
  return unused;
}
ENDING(exit_in_a_cleanup_handler, "13", "") {
  sem_init(&ready, 0, 0);
  pthread_t thread = start(with_cleanup, NULL);
  sem_wait(&ready);
  pthread_cancel(thread);
  pthread_join(thread, NULL);
  return 1;
}

static pthread_t helper;
static int told;
static void *help(void *unused) {
  while (!read_flag(&told)) nap();
  puts("helped");
  return unused;
}
static void join_at_exit(void) {
  set_flag(&told, 1);
  pthread_join(helper, NULL);
}
ENDING(a_thread_still_works_while_main_exits, "14", "helped") {
  helper = start(help, NULL);
  atexit(join_at_exit);
  return 14;
}
static void create_at_exit(void) { pthread_join(start(help, NULL), NULL); }
ENDING(a_thread_is_started_while_main_exits, "15", "helped") {
  set_flag(&told, 1);
  atexit(create_at_exit);
  return 15;
}

static void *exit_with(void *status) { exit(*(int *)status); }
ENDING(several_exit_at_once, "21|22|23|24", "") {
  static int statuses[] = {21, 22, 23, 24};
  for (int i = 1; i < 4; i++) start(exit_with, &statuses[i]);
  exit(statuses[0]);
}

static int closed_file;
static void *read_what_is_closed(void *unused) {
  static char text[64];
  sem_post(&ready);
  ssize_t count = read(closed_file, text, sizeof text);
  // It may see an error or nothing, but never what has the number now.
  if (count > 0) puts("FAILED: it read another file");
  for (;;) pause();
  return unused;
}
ENDING(a_descriptor_is_closed_while_another_reads_it, "16", "closed") {
  sem_init(&ready, 0, 0);
  closed_file = dup(0);
  NEED(closed_file > 2);
  start(read_what_is_closed, NULL);
  sem_wait(&ready);
  for (int i = 0; i < 5; i++) nap();
  CHECK_IS(close(closed_file), 0);
  int other = open("/tmp/other", O_CREAT | O_TRUNC | O_RDWR, 0600);
  CHECK_IS(other, closed_file);
  CHECK_IS(write(other, "what it must not see", 20), 20);
  CHECK_IS(lseek(other, 0, SEEK_SET), 0);
  for (int i = 0; i < 5; i++) nap();
  puts("closed");
  return 16;
}
