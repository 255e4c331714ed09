// What a program finds on its standard streams, told on stdout; built for the host too, to compare.
//   take N     reads once                       line        reads a line, byte by byte
//   seek       moves about in a regular file    what FD     its kind, size and offset, on stderr
//   poll MS    waits for something to read      write       writes, appends, writes at a position
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind(mode_t mode) {
  return S_ISREG(mode) ? "regular" : S_ISDIR(mode) ? "directory" : S_ISCHR(mode) ? "character" : "stream";
}

static int take(int count) {
  char bytes[64];
  ssize_t n = read(0, bytes, count);
  if (n < 0) return printf("took %s\n", strerror(errno)), 0;
  return printf("took %zd '%.*s'\n", n, (int)n, bytes), 0;
}

static int line(void) {
  char c;
  while (read(0, &c, 1) == 1) {
    if (write(1, &c, 1) != 1) return 2;
    if (c == '\n') return 0;
  }
  return 1;
}

static int seek(void) {
  char bytes[6] = {0};
  read(0, bytes, 5);
  printf("'%s' at %lld\n", bytes, (long long)lseek(0, 0, SEEK_CUR));
  printf("to %lld\n", (long long)lseek(0, 2, SEEK_SET));
  read(0, bytes, 5);
  printf("'%s'\n", bytes);
  printf("end %lld\n", (long long)lseek(0, 0, SEEK_END));
  ssize_t n = pread(0, bytes, 5, 0);
  printf("pread %zd '%s'\n", n, bytes);
  printf("before it %lld\n", (long long)lseek(0, -1, SEEK_SET));
  printf("back to %lld\n", (long long)lseek(0, 4, SEEK_SET));
  return 0;
}

static int what(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return fprintf(stderr, "%d: %s\n", fd, strerror(errno)), 1;
  int is_regular = S_ISREG(status.st_mode);
  fprintf(stderr, "%d: %s size %lld offset %lld terminal %d append %d\n", fd, kind(status.st_mode),
          is_regular ? (long long)status.st_size : -1LL, is_regular ? (long long)lseek(fd, 0, SEEK_CUR) : -1LL,
          isatty(fd), (fcntl(fd, F_GETFL) & O_APPEND) != 0);
  return 0;
}

static int wait_for_input(int timeout) {
  struct pollfd poller = {.fd = 0, .events = POLLIN};
  int n = poll(&poller, 1, timeout);
  printf("%d%s%s\n", n, poller.revents & POLLIN ? " in" : "", poller.revents & POLLHUP ? " hup" : "");
  return 0;
}

static int write_about(void) {
  write(1, "abc", 3);
  fprintf(stderr, "at %lld\n", (long long)lseek(1, 0, SEEK_CUR));
  pwrite(1, "B", 1, 1);
  lseek(1, 1, SEEK_CUR);
  write(1, "e", 1);
  fprintf(stderr, "at %lld\n", (long long)lseek(1, 0, SEEK_CUR));
  struct stat status;
  fstat(1, &status);
  fprintf(stderr, "size %lld\n", (long long)status.st_size);
  return 0;
}

int main(int count, char **args) {
  const char *task = count > 1 ? args[1] : "";
  int number = count > 2 ? atoi(args[2]) : 0;
  if (strcmp(task, "take") == 0) return take(number);
  if (strcmp(task, "line") == 0) return line();
  if (strcmp(task, "seek") == 0) return seek();
  if (strcmp(task, "what") == 0) return what(number);
  if (strcmp(task, "poll") == 0) return wait_for_input(number);
  if (strcmp(task, "write") == 0) return write_about();
  return 2;
}
