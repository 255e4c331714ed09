// Cases of one program, for C and C++. Without an argument the program runs its cases in their order, prints `ok NAME` or `FAILED
// NAME: why` for each, and ends with the number of failures as its status; then it names those that need a process of their own,
// because they end it: `alone NAME<tab>STATUS[|STATUS…]<tab>TEXT`, where TEXT must be in what they write. With a name it runs that.
#ifndef CASE_H
#define CASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct test_case {
  const char *name;
  void (*run)(void);
  int (*end)(void);
  const char *status, *says;
  struct test_case *next;
};

static struct test_case *first_case, *running_case;
static int failed_checks;

static void add_case(struct test_case *one) {
  struct test_case **end = &first_case;
  while (*end) end = &(*end)->next;
  *end = one;
}

#define ADD_CASE(name, ...)                                                   \
  static struct test_case case_##name = {#name, __VA_ARGS__, NULL};           \
  __attribute__((constructor)) static void add_##name(void) { add_case(&case_##name); }

#define CASE(name)                              \
  static void run_##name(void);                 \
  ADD_CASE(name, run_##name, NULL, NULL, NULL)  \
  static void run_##name(void)

// A case that ends the process, or whose result main returns.
#define ENDING(name, status, says)              \
  static int end_##name(void);                  \
  ADD_CASE(name, NULL, end_##name, status, says) \
  static int end_##name(void)

// The first check of a case that fails tells why, the next few on stderr; any thread may check.
static void check_failed(const char *file, int line, const char *what, long found) {
  int before = __atomic_fetch_add(&failed_checks, 1, __ATOMIC_SEQ_CST);
  if (before > 5) return;
  const char *base = strrchr(file, '/');
  FILE *to = before == 0 ? stdout : stderr;
  fprintf(to, "FAILED %s: %s:%d: not so: %s (%ld)\n", running_case ? running_case->name : "", base ? base + 1 : file, line, what, found);
  fflush(to);
}

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, (long)errno))
// The first is shown when they differ.
#define CHECK_IS(found, expected)                                                                \
  do {                                                                                           \
    long found_ = (long)(found);                                                                 \
    if (found_ != (long)(expected)) check_failed(__FILE__, __LINE__, #found " is " #expected, found_); \
  } while (0)
// What the rest of a case cannot do without: the process ends.
#define NEED(condition)                                                \
  do {                                                                 \
    if (!(condition)) {                                                \
      check_failed(__FILE__, __LINE__, #condition, (long)errno);       \
      _exit(97);                                                       \
    }                                                                  \
  } while (0)

__attribute__((unused)) static pthread_t start(void *(*function)(void *), void *argument) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, function, argument);
  NEED(errno == 0);
  return thread;
}

__attribute__((unused)) static void *finish(pthread_t thread) {
  void *result = NULL;
  CHECK_IS(pthread_join(thread, &result), 0);
  return result;
}

// Lets others go on; nothing depends on how long it takes.
__attribute__((unused)) static void nap(void) {
  struct timespec time = {0, 1000000};
  nanosleep(&time, NULL);
}

__attribute__((unused)) static struct timespec time_from_now(clockid_t clock, long milliseconds) {
  struct timespec time;
  clock_gettime(clock, &time);
  time.tv_sec += milliseconds / 1000;
  time.tv_nsec += milliseconds % 1000 * 1000000;
  if (time.tv_nsec >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
  return time;
}
// What never comes, and what always comes before.
enum { SHORT_MS = 5, LONG_MS = 60000 };

__attribute__((unused)) static int read_flag(const int *flag) { return __atomic_load_n(flag, __ATOMIC_SEQ_CST); }
__attribute__((unused)) static void set_flag(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_SEQ_CST); }
__attribute__((unused)) static void await_flag(const int *flag, int value) {
  while (read_flag(flag) != value) nap();
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  int failures = 0, found = 0;
  for (struct test_case *one = first_case; one; one = one->next) {
    if (argc > 1 ? strcmp(argv[1], one->name) != 0 : !one->run) continue;
    found++;
    running_case = one;
    if (one->end) return one->end();
    __atomic_store_n(&failed_checks, 0, __ATOMIC_SEQ_CST);
    one->run();
    if (__atomic_load_n(&failed_checks, __ATOMIC_SEQ_CST) == 0) printf("ok %s\n", one->name);
    else failures++;
  }
  if (argc > 1) return found == 0 ? 99 : failures;
  for (struct test_case *one = first_case; one; one = one->next)
    if (one->end) printf("alone %s\t%s\t%s\n", one->name, one->status, one->says);
  return failures;
}
#endif
