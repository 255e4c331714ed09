// A program that is told what to use: time, output, files, descriptors, memory. It says what it was refused, and how a program
// that keeps within its limits comes out: with a sum that the test knows.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int refused(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  return 1;
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static int spin(void) {
  for (volatile unsigned i = 0;; i++) {
  }
}

/** Writes so many bytes to a descriptor, or for ever. */
static int pour(int fd, long bytes) {
  static char block[4096];
  memset(block, 'x', sizeof block);
  for (long left = bytes; left != 0;) {
    long count = left < 0 || left > (long)sizeof block ? (long)sizeof block : left;
    ssize_t written = write(fd, block, count);
    if (written < 0) return refused("write");
    if (left > 0) left -= written;
  }
  return 0;
}

static int fill(const char *path, long bytes) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return refused("open");
  int status = pour(fd, bytes);
  close(fd);
  if (status == 0) printf("wrote %ld\n", bytes);
  return status;
}

static int open_many(long count) {
  for (long i = 0; i < count; i++)
    if (open("/dev/null", O_RDONLY) < 0) return refused("open");
  printf("opened %ld\n", count);
  return 0;
}

static char *volatile last_block;

static int take(long mib) {
  for (long i = 0; i < mib; i++) {
    char *block = malloc(1 << 20);
    if (block == NULL) return refused("malloc");
    memset(block, 1, 1 << 20);
    last_block = block; // or the compiler leaves all of it out
  }
  printf("took %ld MiB\n", mib);
  return 0;
}

/** What an innocent program does: computes, sleeps, keeps a file, reads it again, and says what came out. */
static int work(const char *path, uint32_t seed) {
  uint32_t values[1024];
  for (int i = 0; i < 1024; i++) values[i] = seed = seed * 1664525 + 1013904223;
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write(fd, values, sizeof values) != sizeof values) return refused(path);
  sleep_ms(20);
  memset(values, 0, sizeof values);
  if (lseek(fd, 0, SEEK_SET) != 0 || read(fd, values, sizeof values) != sizeof values) return refused(path);
  close(fd);
  uint32_t sum = 0;
  for (int round = 0; round < 100; round++)
    for (int i = 0; i < 1024; i++) sum = sum * 31 + values[i];
  printf("%u\n", sum);
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  const char *name = argc > 2 ? argv[2] : "0";
  long amount = atol(argc > 3 ? argv[3] : name);
  if (strcmp(what, "spin") == 0) return spin();
  if (strcmp(what, "sleep") == 0) return sleep_ms(amount), puts("awake"), 0;
  if (strcmp(what, "pour") == 0) return pour(1, amount);
  if (strcmp(what, "both") == 0) return pour(1, amount) || pour(2, amount);
  if (strcmp(what, "fill") == 0) return fill(name, amount);
  if (strcmp(what, "open") == 0) return open_many(amount);
  if (strcmp(what, "take") == 0) return take(amount);
  if (strcmp(what, "work") == 0) return work(name, (uint32_t)amount);
  return 64;
}
