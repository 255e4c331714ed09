// Producers and consumers by POSIX threads: one thread reads numbers from a generator into a bounded queue, the others take
// them out and find out which are prime, a mutex and two condition variables between them. Known answer: one thread's count
// and sum, and Meissel's number of primes where all numbers up to a power of ten are looked at.
// Usage: queue-threads [NUMBERS]
#include "report.h"
#include "parallel.h"

enum { SLOTS = 64, BATCH = 256 };

typedef struct {
  long numbers, primes;
  unsigned long long sum;
  pthread_mutex_t mutex;
  pthread_cond_t not_empty, not_full;
  long queue[SLOTS];  // the first of BATCH numbers each
  int head, filled;
  bool ended;
} exchange;

KERNEL bool is_prime(long number) {
  if (number < 4) return number > 1;
  if (number % 2 == 0) return false;
  for (long by = 3; by * by <= number; by += 2)
    if (number % by == 0) return false;
  return true;
}

static void look_at(exchange *e, long first, long *primes, unsigned long long *sum) {
  for (long number = first; number < first + BATCH && number <= e->numbers; number++)
    if (is_prime(number)) ++*primes, *sum += (unsigned long long)number;
}

static void produce(exchange *e) {
  for (long first = 1; first <= e->numbers; first += BATCH) {
    pthread_mutex_lock(&e->mutex);
    while (e->filled == SLOTS) pthread_cond_wait(&e->not_full, &e->mutex);
    e->queue[(e->head + e->filled++) % SLOTS] = first;
    pthread_cond_signal(&e->not_empty);
    pthread_mutex_unlock(&e->mutex);
  }
  pthread_mutex_lock(&e->mutex);
  e->ended = true;
  pthread_cond_broadcast(&e->not_empty);
  pthread_mutex_unlock(&e->mutex);
}

static void consume(exchange *e) {
  long primes = 0;
  unsigned long long sum = 0;
  pthread_mutex_lock(&e->mutex);
  for (;;) {
    while (e->filled == 0 && !e->ended) pthread_cond_wait(&e->not_empty, &e->mutex);
    if (e->filled == 0) break;
    long first = e->queue[e->head];
    e->head = (e->head + 1) % SLOTS;
    e->filled--;
    pthread_cond_signal(&e->not_full);
    pthread_mutex_unlock(&e->mutex);
    look_at(e, first, &primes, &sum);
    pthread_mutex_lock(&e->mutex);
  }
  e->primes += primes, e->sum += sum;
  pthread_mutex_unlock(&e->mutex);
}

static void take_part(int index, int count, void *shared) {
  exchange *e = shared;
  if (count == 1) {
    for (long first = 1; first <= e->numbers; first += BATCH) look_at(e, first, &e->primes, &e->sum);
  } else if (index == 0) {
    produce(e);
    consume(e);  // what is left
  } else {
    consume(e);
  }
}

static exchange new_exchange(long numbers) {
  return (exchange){.numbers = numbers,
                    .mutex = PTHREAD_MUTEX_INITIALIZER,
                    .not_empty = PTHREAD_COND_INITIALIZER,
                    .not_full = PTHREAD_COND_INITIALIZER};
}

int main(int argc, char **argv) {
  exchange all = new_exchange(size_argument(argc, argv, 1, 1000000, 1, 100000000)), one = new_exchange(all.numbers);
  double start = seconds_now();
  // The producer has little to do: the consumers are as many as the processors.
  int threads = run_team(processors() + 1, take_part, &all);
  double middle = seconds_now();
  take_part(0, 1, &one);
  double parallel = middle - start, serial = seconds_now() - middle;
  bool pass = all.primes == one.primes && all.sum == one.sum && (all.numbers != 1000000 || all.primes == 78498);
  printf("%ld primes; 1 thread %.3f s, %d threads %.3f s, speed-up %.2f\n", all.primes, serial, threads, parallel,
         serial / parallel);
  return report("queue-threads", all.numbers, (double)all.sum, pass, 1e-6 * (double)all.numbers / parallel, "Mop/s", parallel);
}
