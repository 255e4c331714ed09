// What each thread has for itself: errno, _Thread_local, keys with destructors, its name, its locale; and what all do once.
#include "case.h"
#include <limits.h>
#include <locale.h>
#include <semaphore.h>
#include <stdint.h>

static pthread_barrier_t together;

static void *set_errno(void *value) {
  for (int round = 0; round < 1000; round++) {
    errno = (int)(intptr_t)value;
    if (round % 100 == 0) pthread_barrier_wait(&together);
    if (errno != (int)(intptr_t)value) return (void *)1;
  }
  return NULL;
}
CASE(errno_is_each_threads_own) {
  pthread_barrier_init(&together, NULL, 4);
  pthread_t threads[4];
  errno = 4711;
  for (intptr_t i = 0; i < 4; i++) threads[i] = start(set_errno, (void *)(i + 10));
  errno = 4711;
  for (int i = 0; i < 4; i++) CHECK(finish(threads[i]) == NULL);
  CHECK_IS(errno, 4711);
  pthread_barrier_destroy(&together);
}

static void *fail_in_a_call(void *unused) {
  CHECK_IS(close(-1), -1);
  CHECK_IS(errno, EBADF);
  CHECK(fopen("/does/not/exist", "r") == NULL);
  CHECK_IS(errno, ENOENT);
  return unused;
}
CASE(a_call_sets_the_errno_of_its_thread) {
  errno = 0;
  finish(start(fail_in_a_call, NULL));
  CHECK_IS(errno, 0);
}

static _Thread_local int begins_at_seven = 7;
static _Thread_local char begins_empty[1000];
static _Thread_local double large_table[512] = {[511] = 2.5};
static void *look_at_locals(void *unused) {
  CHECK_IS(begins_at_seven, 7);
  for (size_t i = 0; i < sizeof begins_empty; i++) CHECK_IS(begins_empty[i], 0);
  CHECK(large_table[511] == 2.5 && large_table[0] == 0);
  begins_at_seven = 8;
  memset(begins_empty, 0x55, sizeof begins_empty);
  large_table[511] = large_table[0] = -1;
  return unused;
}
CASE(thread_locals_begin_anew_in_each_thread) {
  for (int round = 0; round < 50; round++) finish(start(look_at_locals, NULL));
  CHECK_IS(begins_at_seven, 7);
  CHECK_IS(begins_empty[999], 0);
}

static _Thread_local _Alignas(256) char aligned[256];
static _Thread_local _Alignas(16) long aligned_less = 3;
static void *look_at_alignment(void *unused) {
  CHECK_IS((uintptr_t)aligned % 256, 0);
  CHECK_IS((uintptr_t)&aligned_less % 16, 0);
  CHECK_IS(aligned_less, 3);
  return unused;
}
CASE(thread_locals_are_aligned) {
  look_at_alignment(NULL);
  for (int round = 0; round < 20; round++) finish(start(look_at_alignment, NULL));
}

static int *place_of[4];
static void *lend(void *index) {
  begins_at_seven = 100 + (int)(intptr_t)index;
  place_of[(intptr_t)index] = &begins_at_seven;
  pthread_barrier_wait(&together);
  for (int i = 0; i < 4; i++) CHECK_IS(*place_of[i], 100 + i);
  pthread_barrier_wait(&together);
  return NULL;
}
CASE(a_thread_local_has_a_place_that_others_can_reach) {
  pthread_barrier_init(&together, NULL, 4);
  pthread_t threads[4];
  for (intptr_t i = 0; i < 4; i++) threads[i] = start(lend, (void *)i);
  for (int i = 0; i < 4; i++) finish(threads[i]);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < i; k++) CHECK(place_of[i] != place_of[k]);
  pthread_barrier_destroy(&together);
}

static int inits;
static void initialise(void) {
  nap();
  __atomic_fetch_add(&inits, 1, __ATOMIC_SEQ_CST);
}
static pthread_once_t once_of_round[50];
static void *race_for_once(void *unused) {
  for (int round = 0; round < 50; round++) {
    pthread_once(&once_of_round[round], initialise);
    CHECK(read_flag(&inits) > round);
  }
  return unused;
}
CASE(once_is_once_and_all_wait_for_it) {
  for (int round = 0; round < 50; round++) once_of_round[round] = (pthread_once_t)PTHREAD_ONCE_INIT;
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) threads[i] = start(race_for_once, NULL);
  for (int i = 0; i < 4; i++) finish(threads[i]);
  CHECK_IS(inits, 50);
}

static pthread_once_t left_once = PTHREAD_ONCE_INIT;
static int tries;
static void leave_in_once(void) {
  if (__atomic_add_fetch(&tries, 1, __ATOMIC_SEQ_CST) == 1) pthread_exit(NULL);
}
static void *do_left_once(void *argument) {
  pthread_once(&left_once, leave_in_once);
  return argument;
}
CASE(once_is_tried_again_when_its_thread_left_it) {
  int here;
  CHECK(finish(start(do_left_once, &here)) == NULL);
  CHECK(finish(start(do_left_once, &here)) == &here);
  CHECK_IS(tries, 2);
}

static pthread_key_t key;
static int destroyed, destroyed_sum;
static void destroy(void *value) {
  __atomic_fetch_add(&destroyed, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&destroyed_sum, (int)(intptr_t)value, __ATOMIC_SEQ_CST);
  CHECK(pthread_getspecific(key) == NULL);
}
static void *use_key(void *value) {
  CHECK(pthread_getspecific(key) == NULL);
  CHECK_IS(pthread_setspecific(key, value), 0);
  nap();
  CHECK(pthread_getspecific(key) == value);
  if ((intptr_t)value % 2) pthread_exit(NULL);
  return NULL;
}
CASE(the_value_of_a_key_goes_to_its_destructor) {
  destroyed = destroyed_sum = 0;
  CHECK_IS(pthread_key_create(&key, destroy), 0);
  pthread_t threads[4];
  for (intptr_t i = 0; i < 4; i++) threads[i] = start(use_key, (void *)(i + 1));
  for (int i = 0; i < 4; i++) finish(threads[i]);
  CHECK_IS(destroyed, 4);
  CHECK_IS(destroyed_sum, 10);
  CHECK_IS(pthread_key_delete(key), 0);
}

static void *use_and_clear_key(void *value) {
  pthread_setspecific(key, value);
  pthread_setspecific(key, NULL);
  return NULL;
}
CASE(no_value_no_destructor) {
  destroyed = 0;
  CHECK_IS(pthread_key_create(&key, destroy), 0);
  finish(start(use_and_clear_key, &key));
  CHECK_IS(destroyed, 0);
  pthread_key_delete(key);
}

static void set_again(void *value) {
  destroyed++;
  pthread_setspecific(key, value);
}
static void *leave_a_value(void *value) {
  pthread_setspecific(key, value);
  return NULL;
}
CASE(a_destructor_that_sets_again_is_called_again_and_not_for_ever) {
  destroyed = 0;
  CHECK_IS(pthread_key_create(&key, set_again), 0);
  finish(start(leave_a_value, &key));
  CHECK_IS(destroyed, PTHREAD_DESTRUCTOR_ITERATIONS);
  pthread_key_delete(key);
}

CASE(a_deleted_key_has_no_destructor_and_comes_back_empty) {
  destroyed = 0;
  CHECK_IS(pthread_key_create(&key, destroy), 0);
  pthread_setspecific(key, &key);
  CHECK_IS(pthread_key_delete(key), 0);
  CHECK_IS(pthread_key_create(&key, NULL), 0);
  CHECK(pthread_getspecific(key) == NULL);
  CHECK_IS(destroyed, 0);
  pthread_key_delete(key);
}

CASE(keys_end_with_EAGAIN) {
  static pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
  int count = 0, error = 0;
  while (count <= PTHREAD_KEYS_MAX && (error = pthread_key_create(&keys[count], NULL)) == 0) count++;
  CHECK_IS(error, EAGAIN);
  CHECK(count > 64 && count <= PTHREAD_KEYS_MAX);
  for (int i = 0; i < count; i++) CHECK_IS(pthread_setspecific(keys[i], &keys[i]), 0);
  for (int i = 0; i < count; i++) CHECK(pthread_getspecific(keys[i]) == &keys[i]);
  for (int i = 0; i < count; i++) CHECK_IS(pthread_key_delete(keys[i]), 0);
}

static void *name_itself(void *name) {
  char found[16] = "";
  CHECK_IS(pthread_setname_np(pthread_self(), name), 0);
  pthread_barrier_wait(&together);
  CHECK_IS(pthread_getname_np(pthread_self(), found, sizeof found), 0);
  CHECK_IS(strcmp(found, name), 0);
  return NULL;
}
CASE(threads_have_names) {
  pthread_barrier_init(&together, NULL, 2);
  pthread_t one = start(name_itself, "first"), two = start(name_itself, "fifteen letters");
  finish(one);
  finish(two);
  CHECK_IS(pthread_setname_np(pthread_self(), "sixteen letters!"), ERANGE);
  pthread_barrier_destroy(&together);
}

static sem_t named, looked;
static void *be_named(void *unused) {
  sem_post(&named);
  sem_wait(&looked);
  char found[16] = "";
  CHECK_IS(pthread_getname_np(pthread_self(), found, sizeof found), 0);
  CHECK_IS(strcmp(found, "by another"), 0);
  return unused;
}
CASE(a_thread_is_named_by_another) {
  sem_init(&named, 0, 0);
  sem_init(&looked, 0, 0);
  pthread_t thread = start(be_named, NULL);
  sem_wait(&named);
  char found[16] = "";
  CHECK_IS(pthread_setname_np(thread, "by another"), 0);
  CHECK_IS(pthread_getname_np(thread, found, sizeof found), 0);
  CHECK_IS(strcmp(found, "by another"), 0);
  sem_post(&looked);
  finish(thread);
}

static void *use_a_locale(void *name) {
  locale_t mine = newlocale(LC_ALL_MASK, name, (locale_t)0);
  NEED(mine != (locale_t)0);
  CHECK(uselocale(mine) == LC_GLOBAL_LOCALE);
  nap();
  CHECK(uselocale((locale_t)0) == mine);
  uselocale(LC_GLOBAL_LOCALE);
  freelocale(mine);
  return NULL;
}
CASE(a_locale_is_each_threads_own) {
  pthread_t one = start(use_a_locale, "C"), two = start(use_a_locale, "POSIX");
  finish(one);
  finish(two);
  CHECK(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
}
