// A thread, and what is its own.
#include <pthread.h>
#include <stdio.h>

static _Thread_local int own = 1;

static void *change(void *shared) {
  own = 2;
  *(int *)shared = own;
  return shared;
}

int main(void) {
  pthread_t thread;
  int shared = 0;
  if (pthread_create(&thread, NULL, change, &shared) || pthread_join(thread, NULL)) return 1;
  printf("%d %d\n", own, shared);
}
