/* Allocates until nothing is left, touching each piece; then frees one and goes on as usual. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  const size_t size = 1 << 20;
  void *last = 0;
  unsigned count = 0;
  for (;;) {
    void *piece = malloc(size);
    if (!piece) break;
    memset(piece, 1, size);
    last = piece;
    count++;
  }
  printf("%s after %u MiB\n", errno == ENOMEM ? "ENOMEM" : strerror(errno), count);
  free(last);
  return malloc(size / 2) ? 0 : 1;
}
