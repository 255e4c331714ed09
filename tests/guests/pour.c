/* Writes ARGV[1] bytes to stdout: byte i is i modulo 251. Forever without an argument, and then it looks at no error. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static unsigned char piece[251 * 64];
  for (size_t i = 0; i < sizeof piece; i++) piece[i] = (unsigned char)(i % 251);
  if (argc < 2) {
    for (;;) write(1, piece, sizeof piece);
  }
  size_t total = strtoul(argv[1], 0, 10);
  for (size_t done = 0; done < total;) {
    size_t at = done % sizeof piece, rest = total - done;
    ssize_t put = write(1, piece + at, rest < sizeof piece - at ? rest : sizeof piece - at);
    if (put < 0) return 1;
    done += (size_t)put;
  }
}
