// Prints its arguments, one a line with its number, and with -e as the first one its environment too, sorted: what a
// program is really given, byte for byte.
// Usage: args [-e] [ARGUMENT...]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static int ascending(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argv[%d]=%s\n", i, argv[i]);
  if (argc > 1 && strcmp(argv[1], "-e") == 0) {
    size_t count = 0;
    while (environ != NULL && environ[count] != NULL) count++;
    if (count > 0) qsort(environ, count, sizeof *environ, ascending);
    for (size_t i = 0; i < count; i++) printf("%s\n", environ[i]);
  }
  return fflush(stdout) == 0 ? 0 : 1;
}
