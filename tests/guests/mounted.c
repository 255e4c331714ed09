/* Works on files of a mounted directory. `copy FROM TO SIZE`: copies in requests of SIZE bytes, appends what it has copied
   in two halves, says how much;
   `late` does so after a byte of input. `churn DIR`: says "ready", then opens, writes, reads and removes for ever. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy(const char *from, const char *to, size_t size) {
  char *bytes = malloc(size);
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (in < 0 || out < 0 || !bytes) return errno;
  long total = 0;
  for (ssize_t got; (got = read(in, bytes, size)) != 0; total += got) {
    if (got < 0 || write(out, bytes, (size_t)got / 2) != got / 2) return errno;
    if (write(out, bytes + got / 2, (size_t)(got - got / 2)) != got - got / 2) return errno;
  }
  int appending = open(to, O_WRONLY | O_APPEND);
  struct stat status;
  if (appending < 0 || write(appending, "end", 3) != 3 || fstat(out, &status) < 0) return errno;
  printf("%ld %lld\n", total, (long long)status.st_size);
  return close(in) | close(out) | close(appending);
}

static int churn(const char *directory) {
  static char bytes[65536], path[4096];
  puts("ready");
  fflush(stdout);
  for (unsigned turn = 0;; turn++) {
    snprintf(path, sizeof path, "%s/%s%u", directory, turn % 2 ? "sub/" : "", turn % 8);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0) return errno;
    memset(bytes, (int)turn, sizeof bytes);
    if (write(fd, bytes, sizeof bytes) != sizeof bytes) return errno;
    if (pread(fd, bytes, sizeof bytes, 0) != sizeof bytes) return errno;
    close(fd);
    if (turn % 8 == 7) unlink(path);
  }
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "late")) {
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF) return 2;
    return copy(argv[2], argv[3], (size_t)atol(argv[4]));
  }
  if (argc == 5 && !strcmp(argv[1], "copy")) return copy(argv[2], argv[3], (size_t)atol(argv[4]));
  return argc == 3 ? churn(argv[2]) : 2;
}
