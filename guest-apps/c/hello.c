// The first program: greets, and shows that standard output, arguments and the exit status arrive. It knows no answer.
// Usage: hello [NAME]
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc > 2) {
    fprintf(stderr, "usage: hello [NAME]\n");
    return 2;
  }
  printf("Hello, %s!\n", argc == 2 ? argv[1] : "world");
  return fflush(stdout) == 0 ? 0 : 1;
}
