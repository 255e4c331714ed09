// A thread that uses more of its stack than there is: the bytes of its argument, in frames of 4 KiB.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t stack_size = 65536;

__attribute__((noinline)) static int use(size_t bytes) {
  char frame[4096], *volatile start = frame;
  memset(start, 1, sizeof frame);
  return (bytes > sizeof frame ? use(bytes - sizeof frame) : 0) + start[0];
}

static void *run(void *bytes) {
  printf("%d frames\n", use(*(size_t *)bytes));
  return NULL;
}

int main(int argc, char **argv) {
  size_t bytes = argc > 1 ? (size_t)atoi(argv[1]) : 0;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  setvbuf(stdout, NULL, _IONBF, 0);
  if (pthread_create(&thread, &attributes, run, &bytes) || pthread_join(thread, NULL)) return 1;
  puts("ended");
}
