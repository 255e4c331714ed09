// C11's <threads.h> and <stdatomic.h>.
#include "case.h"
#include <stdatomic.h>
#include <stdint.h>
#include <threads.h>

static thrd_t begin(thrd_start_t function, void *argument) {
  thrd_t thread;
  NEED(thrd_create(&thread, function, argument) == thrd_success);
  return thread;
}
static int end(thrd_t thread) {
  int result = -1;
  CHECK_IS(thrd_join(thread, &result), thrd_success);
  return result;
}

static int give_back(void *argument) { return (int)(intptr_t)argument; }
static int leave(void *argument) { thrd_exit((int)(intptr_t)argument + 1); }
CASE(a_thread_has_a_number_as_its_result) {
  CHECK_IS(end(begin(give_back, (void *)42)), 42);
  CHECK_IS(end(begin(leave, (void *)42)), 43);
  CHECK_IS(end(begin(give_back, (void *)-7)), -7);
  CHECK_IS(thrd_join(begin(give_back, NULL), NULL), thrd_success);
}

static thrd_t seen;
static int tell(void *argument) {
  seen = thrd_current();
  thrd_yield();
  return argument != NULL;
}
CASE(current_and_equal) {
  thrd_t thread = begin(tell, NULL);
  end(thread);
  CHECK(thrd_equal(thread, seen));
  CHECK(!thrd_equal(thread, thrd_current()));
}

static atomic_int ran;
static int count_up(void *argument) {
  atomic_fetch_add(&ran, 1);
  return argument != NULL;
}
CASE(a_detached_thread_runs) {
  atomic_store(&ran, 0);
  CHECK_IS(thrd_detach(begin(count_up, NULL)), thrd_success);
  while (atomic_load(&ran) == 0) nap();
}

static mtx_t mutex;
static long counter;
static int add(void *argument) {
  for (int i = 0; i < 10000; i++) {
    CHECK_IS(mtx_lock(&mutex), thrd_success);
    counter++;
    CHECK_IS(mtx_unlock(&mutex), thrd_success);
  }
  return argument != NULL;
}
static int find_locked(void *type) {
  CHECK_IS(mtx_trylock(&mutex), thrd_busy);
  if ((intptr_t)type & mtx_timed) {
    struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
    CHECK_IS(mtx_timedlock(&mutex, &soon), thrd_timedout);
  }
  return 0;
}
CASE(mutexes_of_all_types) {
  static const int types[] = {mtx_plain, mtx_timed, mtx_plain | mtx_recursive, mtx_timed | mtx_recursive};
  for (int i = 0; i < 4; i++) {
    CHECK_IS(mtx_init(&mutex, types[i]), thrd_success);
    counter = 0;
    thrd_t threads[] = {begin(add, NULL), begin(add, NULL), begin(add, NULL)};
    for (int k = 0; k < 3; k++) end(threads[k]);
    CHECK_IS(counter, 30000);
    int depth = types[i] & mtx_recursive ? 3 : 1;
    for (int k = 0; k < depth; k++) CHECK_IS(mtx_lock(&mutex), thrd_success);
    end(begin(find_locked, (void *)(intptr_t)types[i]));
    for (int k = 0; k < depth; k++) CHECK_IS(mtx_unlock(&mutex), thrd_success);
    CHECK_IS(mtx_trylock(&mutex), thrd_success);
    CHECK_IS(mtx_unlock(&mutex), thrd_success);
    mtx_destroy(&mutex);
  }
}

static cnd_t condition;
static int open_, passed;
static int pass(void *argument) {
  mtx_lock(&mutex);
  while (!open_) CHECK_IS(cnd_wait(&condition, &mutex), thrd_success);
  passed++;
  mtx_unlock(&mutex);
  return argument != NULL;
}
CASE(conditions) {
  CHECK_IS(mtx_init(&mutex, mtx_plain), thrd_success);
  CHECK_IS(cnd_init(&condition), thrd_success);
  thrd_t threads[] = {begin(pass, NULL), begin(pass, NULL), begin(pass, NULL)};
  nap();
  mtx_lock(&mutex);
  open_ = 1;
  CHECK_IS(cnd_broadcast(&condition), thrd_success);
  mtx_unlock(&mutex);
  for (int i = 0; i < 3; i++) end(threads[i]);
  CHECK_IS(passed, 3);
  struct timespec soon = time_from_now(CLOCK_REALTIME, SHORT_MS);
  mtx_lock(&mutex);
  int result;
  while ((result = cnd_timedwait(&condition, &mutex, &soon)) == thrd_success) {}
  CHECK_IS(result, thrd_timedout);
  mtx_unlock(&mutex);
  CHECK_IS(cnd_signal(&condition), thrd_success);
  cnd_destroy(&condition);
}

static tss_t storage;
static atomic_int sum;
static void drop(void *value) { atomic_fetch_add(&sum, *(int *)value); }
static int store(void *value) {
  CHECK(tss_get(storage) == NULL);
  CHECK_IS(tss_set(storage, value), thrd_success);
  CHECK(tss_get(storage) == value);
  return 0;
}
CASE(thread_specific_storage) {
  int values[] = {1, 10, 100};
  CHECK_IS(tss_create(&storage, drop), thrd_success);
  thrd_t threads[] = {begin(store, &values[0]), begin(store, &values[1]), begin(store, &values[2])};
  for (int i = 0; i < 3; i++) end(threads[i]);
  CHECK_IS(atomic_load(&sum), 111);
  tss_delete(storage);
}

static once_flag flag = ONCE_FLAG_INIT;
static void do_once(void) { atomic_fetch_add(&ran, 1); }
static int call(void *argument) {
  call_once(&flag, do_once);
  CHECK_IS(atomic_load(&ran), 1);
  return argument != NULL;
}
CASE(call_once_is_once) {
  atomic_store(&ran, 0);
  thrd_t threads[] = {begin(call, NULL), begin(call, NULL), begin(call, NULL)};
  for (int i = 0; i < 3; i++) end(threads[i]);
  CHECK_IS(atomic_load(&ran), 1);
}

static thread_local int mine = 5;
static int change(void *argument) {
  CHECK_IS(mine, 5);
  mine = (int)(intptr_t)argument;
  thrd_yield();
  return mine;
}
CASE(a_thread_local_of_c11) {
  thrd_t one = begin(change, (void *)6), two = begin(change, (void *)7);
  CHECK_IS(end(one), 6);
  CHECK_IS(end(two), 7);
  CHECK_IS(mine, 5);
}

CASE(thrd_sleep_sleeps) {
  struct timespec time = {0, 2000000}, before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  CHECK_IS(thrd_sleep(&time, NULL), 0);
  clock_gettime(CLOCK_MONOTONIC, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000L + (after.tv_nsec - before.tv_nsec) >= 2000000);
}

static _Atomic uint8_t byte;
static _Atomic uint16_t half;
static _Atomic uint32_t word;
static _Atomic uint64_t whole;
static _Atomic double real;
static _Atomic(char *) pointer;
static char text[4];
static int add_all(void *argument) {
  for (int i = 0; i < 10000; i++) {
    atomic_fetch_add(&byte, 3);
    atomic_fetch_add(&half, 3);
    atomic_fetch_add(&word, 3);
    atomic_fetch_add(&whole, (uint64_t)1 << 31);
    real += 0.5;
    atomic_exchange(&pointer, text);
  }
  return argument != NULL;
}
CASE(atomics_of_all_widths_lose_nothing) {
  pointer = text;
  thrd_t threads[] = {begin(add_all, NULL), begin(add_all, NULL), begin(add_all, NULL), begin(add_all, NULL)};
  for (int i = 0; i < 4; i++) end(threads[i]);
  CHECK_IS(byte, (uint8_t)120000);
  CHECK_IS(half, (uint16_t)120000);
  CHECK_IS(word, 120000);
  CHECK(whole == (uint64_t)40000 << 31);
  CHECK(real == 20000.0);
  CHECK(pointer == text);
}

#pragma clang diagnostic ignored "-Watomic-alignment"
struct triple {
  long a, b, c;
};
static _Atomic struct triple triple;
static int rewrite(void *argument) {
  for (long i = 0; i < 2000; i++) {
    struct triple seen = atomic_load(&triple), next = {seen.a + 1, seen.a + 2, seen.a + 3};
    CHECK(seen.a == 0 || (seen.b == seen.a + 1 && seen.c == seen.a + 2));
    while (!atomic_compare_exchange_weak(&triple, &seen, next)) next = (struct triple){seen.a + 1, seen.a + 2, seen.a + 3};
  }
  return argument != NULL;
}
CASE(an_atomic_of_24_bytes_is_whole) {
  thrd_t threads[] = {begin(rewrite, NULL), begin(rewrite, NULL), begin(rewrite, NULL)};
  for (int i = 0; i < 3; i++) end(threads[i]);
  CHECK_IS(atomic_load(&triple).a, 6000);
}

// With sequential consistency at least one of two that announce themselves sees the other.
static atomic_int wants[2], sees[2], arrived;
static void meet(int count) {
  atomic_fetch_add(&arrived, 1);
  while (atomic_load(&arrived) < count) thrd_yield();
}
static int announce(void *argument) {
  int me = argument != NULL;
  for (int i = 1; i <= 10000; i++) {
    atomic_store(&wants[me], i);
    sees[me] = atomic_load(&wants[!me]);
    meet(4 * i - 2);
    CHECK(sees[0] == i || sees[1] == i);
    meet(4 * i);
  }
  return 0;
}
CASE(stores_and_loads_are_in_one_order) {
  thrd_t one = begin(announce, NULL), two = begin(announce, &seen);
  end(one);
  end(two);
}

static long payload[64];
static atomic_int published;
static int publish(void *argument) {
  for (int i = 1; i <= 5000; i++) {
    for (int k = 0; k < 64; k++) payload[k] = i;
    atomic_store_explicit(&published, i, memory_order_release);
    while (atomic_load_explicit(&published, memory_order_acquire) == i) thrd_yield();
  }
  return argument != NULL;
}
CASE(what_was_stored_before_a_release_is_there_after_an_acquire) {
  thrd_t thread = begin(publish, NULL);
  for (int i = 1; i <= 5000; i++) {
    while (atomic_load_explicit(&published, memory_order_acquire) != i) thrd_yield();
    for (int k = 0; k < 64; k++)
      if (payload[k] != i) CHECK_IS(payload[k], i);
    atomic_store_explicit(&published, -i, memory_order_release);
  }
  end(thread);
}
