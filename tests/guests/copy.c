/* Copies stdin to stdout in pieces of at most ARGV[1] bytes. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char piece[65536];
  size_t size = argc > 1 ? (size_t)atoi(argv[1]) : sizeof piece;
  for (;;) {
    ssize_t got = read(0, piece, size);
    if (got <= 0) return got < 0;
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(1, piece + done, (size_t)(got - done));
      if (put < 0) return 1;
      done += put;
    }
  }
}
