/* Opens the files that its arguments name, prints their descriptors, then waits for the end of its input. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_RDONLY);
    if (fd < 0) return fprintf(stderr, "%s: %s\n", argv[i], strerror(errno)), 1;
    printf("%s %d\n", argv[i], fd);
  }
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}
