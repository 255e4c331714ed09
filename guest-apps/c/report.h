// What every kernel shares: a monotonic clock, size arguments, aligned memory, and the report, which is the last line
// that a kernel prints. Include it before anything else. C11 and POSIX 2008 only, so that the same source builds for
// WebAssembly and natively. guest-apps/assembly/report.ts prints the same line.
#ifndef REPORT_H
#define REPORT_H

#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A kernel stays a function of its own, called once a repetition: an engine swaps in optimised code between calls.
#define KERNEL __attribute__((noinline)) static

// Seconds since some fixed moment, from CLOCK_MONOTONIC.
static inline double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// The integer argv[index], or `fallback` when it is absent. Ends the program (status 2) unless least <= value <= most.
static inline long size_argument(int argc, char **argv, int index, long fallback, long least, long most) {
  if (index >= argc) return fallback;
  char *end;
  errno = 0;
  long value = strtol(argv[index], &end, 10);
  if (errno == 0 && end != argv[index] && *end == '\0' && value >= least && value <= most) return value;
  fprintf(stderr, "%s: argument %d is '%s': a number from %ld to %ld is wanted\n", argv[0], index, argv[index], least,
          most);
  exit(2);
}

// Whether an optional argument is a plain number (a size) rather than a path.
static inline bool is_number(const char *text) { return *text != '\0' && text[strspn(text, "0123456789")] == '\0'; }

// Whether to repeat once more: three times at least, and long enough for an engine to reach its optimised code.
static inline bool repeat_more(int done, double began) { return done < 3 || seconds_now() - began < 0.25; }

// Zeroed memory for `count` objects, aligned to a cache line. Ends the program (status 2) when there is none.
static inline void *allocate(size_t count, size_t size) {
  void *memory = NULL;
  if (count <= (SIZE_MAX - 64) / size) memory = aligned_alloc(64, (count * size + 63) / 64 * 64);
  if (memory != NULL) return memset(memory, 0, count * size);
  fprintf(stderr, "out of memory: %zu x %zu bytes\n", count, size);
  exit(2);
}

// Opens a file or ends the program (status 2), saying why.
static inline FILE *open_or_exit(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  if (file != NULL) return file;
  fprintf(stderr, "%s: %s\n", path, strerror(errno));
  exit(2);
}

// Closes a file that was written; a write that failed, even late, ends the program (status 2).
static inline void close_written(FILE *file, const char *path) {
  bool failed = ferror(file) != 0;
  if (fclose(file) == 0 && !failed) return;
  fprintf(stderr, "%s: write failed\n", path);
  exit(2);
}

// Prints the report; returns the exit status: 0 when the check passed, else 1. `seconds` is the best repetition's time.
static inline int report(const char *kernel, long size, double result, bool pass, double rate, const char *unit,
                         double seconds) {
  printf("REPORT kernel=%s size=%ld result=%.10g check=%s rate=%.4g unit=%s seconds=%.4g\n", kernel, size, result,
         pass ? "pass" : "fail", rate, unit, seconds);
  return pass ? 0 : 1;
}

#endif
