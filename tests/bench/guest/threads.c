// What the benchmark of threads measures, natively and as a guest: each line is a name and a number, in nanoseconds an operation
// unless it says otherwise.
// Usage: threads [PART]; with 0.1 a tenth of the operations

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double part = 1;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long operations(double most) { return most * part < 10 ? 10 : (long)(most * part); }

static void tell(const char *name, double value) { printf("%s %.6g\n", name, value); }

static pthread_t begin(void *(*function)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, argument) == 0) return thread;
  fprintf(stderr, "no thread could be started\n");
  exit(2);
}

static void *nothing(void *argument) { return argument; }

static void create_and_join(void) {
  long count = operations(2000);
  double start = 0;
  // The first ones are not counted: cold.
  for (long i = -100; i < count; i++) {
    if (i == 0) start = now();
    pthread_join(begin(nothing, NULL), NULL);
  }
  tell("create_join", (now() - start) / (double)count);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long counter;

static void uncontended(void) {
  long count = operations(3e6);
  double start = now();
  for (long i = 0; i < count; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  tell("mutex", (now() - start) / (double)count);
}

static pthread_barrier_t both;
static long wanted, shares[2];

// Both go on until together they have done what is wanted.
static void *contend(void *argument) {
  long own = 0;
  pthread_barrier_wait(&both);
  for (;;) {
    pthread_mutex_lock(&mutex);
    int is_done = counter >= wanted;
    if (!is_done) counter++, own++;
    pthread_mutex_unlock(&mutex);
    if (is_done) break;
  }
  *(long *)argument = own;
  return NULL;
}

static void contended(void) {
  wanted = operations(5e6);
  counter = 0;
  pthread_barrier_init(&both, NULL, 2);
  pthread_t other = begin(contend, &shares[1]);
  double start = now();
  contend(&shares[0]);
  pthread_join(other, NULL);
  tell("contended", (now() - start) / (double)wanted);
  long less = shares[0] < shares[1] ? shares[0] : shares[1];
  tell("lesser_share", (double)less / (double)wanted);
}

enum { HELD = 128 };

static void *storm(void *seed) {
  void *held[HELD] = {0};
  unsigned random = *(unsigned *)seed;
  pthread_barrier_wait(&both);
  for (long i = 0; i < wanted; i++) {
    random = random * 1664525u + 1013904223u;
    unsigned at = random >> 25;
    free(held[at]);
    held[at] = malloc(16 + (random >> 8) % 512);
    if (held[at] == NULL) exit(3);
    *(volatile char *)held[at] = 1;
  }
  for (int i = 0; i < HELD; i++) free(held[i]);
  return NULL;
}

static void storms(void) {
  unsigned seeds[] = {1, 2};
  wanted = operations(1e6);
  for (int count = 1; count <= 2; count++) {
    pthread_barrier_init(&both, NULL, (unsigned)count);
    pthread_t other;
    if (count == 2) other = begin(storm, &seeds[1]);
    double start = now();
    storm(&seeds[0]);
    if (count == 2) pthread_join(other, NULL);
    tell(count == 1 ? "malloc_1" : "malloc_2", (now() - start) / (double)(count * wanted));
    pthread_barrier_destroy(&both);
  }
}

static void regions(void) {
  long count = operations(20000);
  double start = 0;
  for (long i = -100; i < count; i++) {
    if (i == 0) start = now();
#pragma omp parallel num_threads(2)
    __asm__ volatile("" ::: "memory");
  }
  tell("region", (now() - start) / (double)count);
  start = now();
#pragma omp parallel num_threads(2)
  for (long i = 0; i < count; i++) {
#pragma omp barrier
  }
  tell("barrier", (now() - start) / (double)count);
}

int main(int argc, char **argv) {
  if (argc > 1) part = strtod(argv[1], NULL);
  create_and_join();
  uncontended();
  contended();
  storms();
  regions();
  return 0;
}
