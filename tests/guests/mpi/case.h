// Cases of one MPI program: all ranks run all of them in their order, and meet after each. A check that fails says so at once, with its
// rank; at the end rank 0 prints `ok NAME`, `skipped NAME` (it wants more ranks) or `FAILED NAME` for each, and each rank's status is
// whether any failed. With a name as argument a program runs the cases whose names start so; with -v before it, rank 0 says what begins;
// with -x NAME before it, as often as wanted, those whose names start so are left out.
#ifndef MPI_CASE_H
#define MPI_CASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mpi.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What an older library does not have: of MPI 4.0, and of later versions.
#if MPI_VERSION >= 4
#define HAS_MPI_4_0
#endif
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1) || defined MPI_ABI_VERSION
#define HAS_MPI_4_1
#endif

enum { MOST_RESULTS = 4096, NAME_LENGTH = 96, SKIPPED = 1000000 };

struct test_case {
  const char *name;
  void (*run)(void);
  struct test_case *next;
};

static struct test_case *first_case;
static char result_names[MOST_RESULTS][NAME_LENGTH];
static int results[MOST_RESULTS], result_count;
static int rank, size, is_verbose;

#define CASE(name)                                                                \
  static void run_##name(void);                                                   \
  static struct test_case case_##name = {#name, run_##name, NULL};                \
  __attribute__((constructor)) static void add_##name(void) {                     \
    struct test_case **end = &first_case;                                         \
    while (*end) end = &(*end)->next;                                             \
    *end = &case_##name;                                                          \
  }                                                                               \
  static void run_##name(void)

__attribute__((format(printf, 1, 2))) static void begin(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (result_count == MOST_RESULTS) abort();
  vsnprintf(result_names[result_count++], NAME_LENGTH, format, arguments);
  va_end(arguments);
  if (is_verbose && rank == 0) fprintf(stderr, "begins %s\n", result_names[result_count - 1]);
}
// One of several that a case consists of, with a name of its own.
#define PART(...) begin(__VA_ARGS__)

static void check_failed(const char *file, int line, const char *what, long found, long expected) {
  if (results[result_count - 1]++ > 2) return;
  const char *base = strrchr(file, '/');
  printf("FAILED %s: rank %d of %d, %s:%d: not so: %s (%ld, expected %ld)\n", result_names[result_count - 1], rank, size,
         base ? base + 1 : file, line, what, found, expected);
  fflush(stdout);
}

static void check_is(const char *file, int line, const char *what, long found, long expected) {
  if (found != expected) check_failed(file, line, what, found, expected);
}

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, 0, 1))
#define CHECK_IS(found, expected) check_is(__FILE__, __LINE__, #found " is " #expected, (long)(found), (long)(expected))
// A call that must succeed.
#define OK(call) CHECK_IS(class_of(call), MPI_SUCCESS)
// A call that must fail, by the class of its error.
#define FAILS(call, expected) CHECK_IS(class_of(call), expected)
#define NEED_RANKS(count)                  \
  do {                                     \
    if (size < (count)) {                  \
      results[result_count - 1] = SKIPPED; \
      return;                              \
    }                                      \
  } while (0)

__attribute__((unused)) static int class_of(int error) {
  int class = error;
  if (error != MPI_SUCCESS) MPI_Error_class(error, &class);
  return class;
}

__attribute__((unused)) static int next_rank(void) { return (rank + 1) % size; }
__attribute__((unused)) static int last_rank(void) { return (rank + size - 1) % size; }

__attribute__((unused)) static void *need_memory(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  if (!memory) MPI_Abort(MPI_COMM_WORLD, 96);
  return memset(memory, 0x5a, bytes);
}

// A program may start MPI in its own way.
#ifndef INIT
#define INIT MPI_Init
#endif
// Before MPI_Init and after MPI_Finalize a program may have something to check of its own.
#ifndef BEFORE_INIT
#define BEFORE_INIT() (void)0
#endif
#ifndef AFTER_FINALIZE
#define AFTER_FINALIZE() (void)0
#endif

static int starts_with(const char *name, const char *start) { return strncmp(name, start, strlen(start)) == 0; }

int main(int argc, char **argv) {
  BEFORE_INIT();
  if (INIT(&argc, &argv) != MPI_SUCCESS) return 95;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  int at = 1;
  is_verbose = at < argc && strcmp(argv[at], "-v") == 0;
  at += is_verbose;
  const int first_left_out = at;
  while (at + 1 < argc && strcmp(argv[at], "-x") == 0) at += 2;
  const int end_left_out = at;
  const char *wanted = at < argc ? argv[at] : "";
  for (struct test_case *one = first_case; one; one = one->next) {
    int runs = starts_with(one->name, wanted);
    for (int i = first_left_out; i < end_left_out; i += 2) runs = runs && !starts_with(one->name, argv[i + 1]);
    if (!runs) continue;
    begin("%s", one->name);
    one->run();
    MPI_Barrier(MPI_COMM_WORLD);
  }
  static int all[MOST_RESULTS];
  MPI_Allreduce(results, all, result_count, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  int failures = 0;
  for (int i = 0; i < result_count; i++) {
    int is_skipped = all[i] >= SKIPPED;
    failures += !is_skipped && all[i] > 0;
    if (rank == 0) printf("%s %s\n", is_skipped ? "skipped" : all[i] ? "FAILED" : "ok", result_names[i]);
  }
  if (MPI_Finalize() != MPI_SUCCESS) return 94;
  AFTER_FINALIZE();
  return failures > 0;
}
#endif
