/* sequential PATH TOTAL PIECE: writes TOTAL bytes and synchronises, then reads them; prints the milliseconds of both. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t total = strtoul(argv[2], NULL, 10), piece = strtoul(argv[3], NULL, 10);
  char *bytes = malloc(piece);
  memset(bytes, 'x', piece);
  int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return perror(argv[1]), 1;
  double start = now();
  for (size_t done = 0; done < total; done += piece)
    if (write(fd, bytes, piece) != (ssize_t)piece) return perror("write"), 1;
  if (fsync(fd)) return perror("fsync"), 1;
  double written = now();
  lseek(fd, 0, SEEK_SET);
  for (size_t done = 0; done < total; done += piece) {
    bytes[0] = 0;
    if (read(fd, bytes, piece) != (ssize_t)piece || bytes[0] != 'x') return perror("read"), 1;
  }
  printf("%.3f %.3f", written - start, now() - written);
  return 0;
}
