/* Says "ready", then stays for ever in the state that its argument names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *state = argc > 1 ? argv[1] : "spin";
  puts("ready");
  fflush(stdout);
  if (!strcmp(state, "spin")) {
    for (volatile unsigned turns = 0;; turns++) continue;
  }
  if (!strcmp(state, "sleep")) {
    for (;;) nanosleep(&(struct timespec){.tv_sec = 1000}, 0);
  }
  if (!strcmp(state, "copy")) {
    size_t size = 8 << 20;
    char *from = malloc(size), *to = malloc(size);
    for (;;) {
      memcpy(to, from, size);
      __asm__ volatile("" : : "r"(to) : "memory");
    }
  }
  if (!strcmp(state, "read")) {
    char byte;
    return (int)read(0, &byte, 1);
  }
  if (!strcmp(state, "calls")) {
    for (;;) lseek(3, 0, SEEK_CUR);
  }
  if (!strcmp(state, "write")) {
    static char piece[65536];
    for (;;) write(1, piece, sizeof piece);
  }
  return 1;
}
