// What a program sees of its memory: `take N` allocates and fills N MiB, `all` grows it page by page until that is refused, `proc` prints
// what /proc tells, `fault` has the kernel read and write behind its end, `clean` looks for bytes of others there.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 65536ul

static unsigned long pages(void) { return __builtin_wasm_memory_size(0); }

static int take(size_t bytes) {
  char *p = malloc(bytes);
  if (p == NULL) return puts("malloc failed"), 1;
  memset(p, 0x5a, bytes);
  __asm__ volatile("" ::"r"(p) : "memory");
  return 0;
}

static int proc(void) {
  char text[256];
  int fd = open("/proc/self/statm", O_RDONLY);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (n < 0) return perror("statm"), 1;
  text[n] = 0;
  printf("statm %ld\n", strtol(text, NULL, 10));
  return 0;
}

// A pointer at the end of the memory, and one across it.
static int fault(void) {
  char *end = (char *)(pages() * PAGE);
  int fd = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
  if (fd < 0 || zero < 0) return perror("/dev"), 1;
  char *at[] = {end, end - 8, end - 16};
  for (int i = 0; i < 3; i++) {
    printf("write %d", (int)write(fd, at[i], 16));
    printf(" read %d\n", (int)read(zero, at[i], 16));
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  size_t n = argc > 2 ? (size_t)atoi(argv[2]) << 20 : 0;
  printf("%lu pages\n", pages());
  if (strcmp(what, "take") == 0 && take(n) != 0) return 1;
  if (strcmp(what, "all") == 0) {
    unsigned long grown = 0;
    while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) grown++;
    printf("grown %lu\n", grown);
  }
  if (strcmp(what, "proc") == 0 && (take(n) != 0 || proc() != 0)) return 1;
  if (strcmp(what, "fault") == 0 && fault() != 0) return 1;
  if (strcmp(what, "clean") == 0) {
    unsigned long from = pages() * PAGE, dirty = 0;
    if (__builtin_wasm_memory_grow(0, n / PAGE) == (size_t)-1) return puts("no memory"), 1;
    for (const unsigned long *p = (void *)from; p < (unsigned long *)(from + n); p++) dirty += *p != 0;
    printf("dirty %lu\n", dirty);
  }
  printf("%lu pages\n", pages());
  return 0;
}
