// What threaded kernels share: a team of POSIX threads, and the comparison with one thread. Include it after report.h.
#ifndef PARALLEL_H
#define PARALLEL_H

#include <pthread.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

// A part of the work: `index` of `count` threads, numbered from 0.
typedef void part(int index, int count, void *shared);

typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t opened;
  int count;  // 0 until it is known how many could be started
  part *work;
  void *shared;
} team;

typedef struct {
  team *of;
  int index;
} member;

static void *work_in_team(void *argument) {
  member *self = argument;
  team *all = self->of;
  pthread_mutex_lock(&all->mutex);
  while (all->count == 0) pthread_cond_wait(&all->opened, &all->mutex);
  pthread_mutex_unlock(&all->mutex);
  all->work(self->index, all->count, all->shared);
  return NULL;
}

// Runs `work` on `wanted` threads, the caller among them, or on as many as there is room for. Returns how many.
static int run_team(int wanted, part *work, void *shared) {
  team all = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, work, shared};
  member members[MOST_THREADS];
  pthread_t threads[MOST_THREADS];
  int count = 1;
  while (count < wanted && count < MOST_THREADS) {
    members[count] = (member){&all, count};
    if (pthread_create(&threads[count], NULL, work_in_team, &members[count]) != 0) break;
    count++;
  }
  pthread_mutex_lock(&all.mutex);
  all.count = count;
  pthread_cond_broadcast(&all.opened);
  pthread_mutex_unlock(&all.mutex);
  work(0, count, shared);
  for (int i = 1; i < count; i++) pthread_join(threads[i], NULL);
  return count;
}

static inline int processors(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (int)count;
}

#endif
