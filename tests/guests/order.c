/* Writes numbered lines, in turn to stdout and stderr. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  char line[16];
  for (int i = 0; i < 200; i++) write(1 + i % 2, line, (size_t)snprintf(line, sizeof line, "%d\n", i));
}
