// cat(1) as POSIX has it: copies files, or standard input for `-` and without operands, to standard output, byte for
// byte and unbuffered, by read and write of 64 KiB. A file that fails is reported, the others are still copied, and
// the exit status is 1.
// Usage: cat [-u] [FILE...]
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool complain(const char *name) {
  fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
  return false;
}

static bool write_all(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    count -= (size_t)written;
  }
  return true;
}

// Copies to the end of the file; ends the program when the output fails, since nothing more can be done.
static bool copy(int fd, const char *name) {
  static char buffer[1 << 16];
  for (;;) {
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count == 0) return true;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return complain(name);
    if (!write_all(buffer, (size_t)count)) {
      complain("standard output");
      _exit(1);
    }
  }
}

static bool copy_file(const char *name) {
  if (strcmp(name, "-") == 0) return copy(STDIN_FILENO, "standard input");
  int fd = open(name, O_RDONLY);
  if (fd < 0) return complain(name);
  bool copied = copy(fd, name);
  close(fd);
  return copied;
}

int main(int argc, char **argv) {
  for (int option; (option = getopt(argc, argv, "u")) != -1;)
    if (option != 'u') {
      fprintf(stderr, "usage: cat [-u] [FILE...]\n");
      return 2;
    }
  if (optind == argc) return copy_file("-") ? 0 : 1;
  bool copied = true;
  for (int i = optind; i < argc; i++) copied = copy_file(argv[i]) && copied;
  return copied ? 0 : 1;
}
