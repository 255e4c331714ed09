// The heap of programs with threads: blocks that wander between threads, threads that end, sizes and alignments of all kinds, and a memory
// that is used up. What a thread keeps for itself must come back, and memory must not grow where nothing is held.
#include "case.h"
#include <malloc.h>
#include <semaphore.h>
#include <stdint.h>

// To the compiler a block that nobody uses is there in any case, and errno is what it was.
static void *asked(void *block) {
  __asm__ volatile("" : "+r"(block) : : "memory");
  return block;
}
static size_t memory_size(void) { return (size_t)__builtin_wasm_memory_size(0) << 16; }

// A block's pattern depends on where and how large it is.
static unsigned char pattern_of(const void *at, size_t size) { return (unsigned char)(((uintptr_t)at >> 4) * 31 + size) | 1; }
static void *filled(void *at, size_t size) {
  NEED(at != NULL);
  return memset(at, pattern_of(at, size), size);
}
static int is_all(const void *at, size_t size, unsigned char value) {
  const unsigned char *bytes = (const unsigned char *)at;
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != value) return 0;
  return 1;
}
static int is_filled(const void *at, size_t size) { return is_all(at, size, pattern_of(at, size)); }

// All classes of sizes, their borders, and what is mapped by itself.
static const size_t sizes[] = {0,    1,    12,   13,   28,   60,   61,   100,  140,  141,   200,   236,   300,    500,    508,   509,
                               1000, 1004, 1005, 2028, 2029, 3000, 4096, 5000, 8172, 8173,  9000,  20000, 65536,  131051, 131052, 131053,
                               1000000};
enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 12 };
struct lot {
  void *blocks[ROUNDS][SIZES];
};
static void *allocate_lot(void *lot) {
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < SIZES; i++) ((struct lot *)lot)->blocks[round][i] = filled(malloc(sizes[i]), sizes[i]);
  return lot;
}
static void *free_lot(void *lot) {
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < SIZES; i++) {
      void *block = ((struct lot *)lot)->blocks[round][i];
      CHECK(is_filled(block, sizes[i]));
      free(block);
    }
  return lot;
}
static struct lot lots[4];

CASE(main_frees_what_ended_threads_had) {
  for (int turn = 0; turn < 2; turn++) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) threads[i] = start(allocate_lot, &lots[i]);
    for (int i = 0; i < 4; i++) finish(threads[i]);
    for (int i = 0; i < 4; i++) free_lot(&lots[i]);
  }
}

CASE(threads_free_what_main_had) {
  for (int turn = 0; turn < 2; turn++) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) allocate_lot(&lots[i]);
    for (int i = 0; i < 4; i++) threads[i] = start(free_lot, &lots[i]);
    for (int i = 0; i < 4; i++) finish(threads[i]);
  }
}

CASE(no_size_is_given_twice_or_moved) {
  allocate_lot(&lots[0]);
  free_lot(&lots[0]);
  allocate_lot(&lots[0]);
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < SIZES; i++) CHECK_IS((uintptr_t)lots[0].blocks[round][i] % 16, 0);
  free_lot(&lots[0]);
}

// One allocates, the other frees: memory goes round.
enum { RING = 256, MESSAGES = 100000 };
static void *ring[RING];
static void *consume(void *unused) {
  for (int i = 0; i < MESSAGES; i++) {
    unsigned *message;
    while (!(message = (unsigned *)__atomic_exchange_n(&ring[i % RING], NULL, __ATOMIC_ACQ_REL))) sched_yield();
    CHECK_IS(*message, i);
    free(message);
  }
  return unused;
}
static void produce(void) {
  for (int i = 0; i < MESSAGES; i++) {
    unsigned *message = (unsigned *)malloc(16 + (size_t)i % 7 * 100);
    NEED(message != NULL);
    *message = (unsigned)i;
    while (__atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE)) sched_yield();
    __atomic_store_n(&ring[i % RING], message, __ATOMIC_RELEASE);
  }
}
CASE(memory_goes_round_between_one_that_allocates_and_one_that_frees) {
  size_t before = 0;
  for (int turn = 0; turn < 3; turn++) {
    pthread_t consumer = start(consume, NULL);
    produce();
    finish(consumer);
    // The first turn may grow; 200,000 messages of 316 bytes are 63 MB.
    if (turn == 0) before = memory_size();
  }
  CHECK(memory_size() - before <= 1 << 20);
}

static void *resize(void *block) {
  static const size_t steps[] = {10, 13, 200, 190, 5000, 4000, 100, 9000, 200000, 3000000, 150000, 8000, 20};
  unsigned char *at = (unsigned char *)block;
  size_t held = 8;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    size_t least = held < steps[i] ? held : steps[i];
    at = (unsigned char *)realloc(at, steps[i]);
    NEED(at != NULL);
    CHECK(is_all(at, least, 0x5a));
    CHECK(malloc_usable_size(at) >= steps[i]);
    memset(at, 0x5a, held = steps[i]);
  }
  return at;
}
CASE(blocks_are_resized_by_others) {
  for (int turn = 0; turn < 50; turn++) {
    void *block = memset(malloc(8), 0x5a, 8);
    block = finish(start(resize, block));
    free(resize(block));
  }
}
CASE(a_block_that_cannot_be_resized_stays) {
  void *small = filled(malloc(100), 100), *large = filled(malloc(500000), 500000);
  errno = 0;
  CHECK(asked(realloc(small, SIZE_MAX - 100)) == NULL);
  CHECK_IS(errno, ENOMEM);
  CHECK(asked(realloc(large, (size_t)3 << 30)) == NULL);
  CHECK(is_filled(small, 100) && is_filled(large, 500000));
  free(small), free(large);
}
CASE(resizing_nothing_and_to_nothing) {
  void *block = realloc(NULL, 40);
  NEED(block != NULL);
  block = realloc(block, 0);
  CHECK(block != NULL);
  free(block);
  free(NULL);
  void *one = asked(malloc(0)), *two = asked(malloc(0));
  CHECK(one != NULL && two != NULL && one != two);
  free(one), free(two);
}

enum { ALIGNED = 200 };
static void *aligned_blocks[ALIGNED];
static size_t alignment_of(int i) { return (size_t)4 << i % 15; }
static size_t aligned_size_of(int i) { return (size_t)(i * 37 % 3000 + 1); }
static void *allocate_aligned(void *unused) {
  for (int i = 0; i < ALIGNED; i++) {
    void *block = i % 2 ? aligned_alloc(alignment_of(i), aligned_size_of(i)) : memalign(alignment_of(i), aligned_size_of(i));
    if (i % 5 == 0) {
      free(block);
      CHECK_IS(posix_memalign(&block, alignment_of(i), aligned_size_of(i)), 0);
    }
    CHECK_IS((uintptr_t)block % alignment_of(i), 0);
    aligned_blocks[i] = filled(block, aligned_size_of(i));
  }
  return unused;
}
static void *free_aligned(void *unused) {
  for (int i = 0; i < ALIGNED; i++) {
    CHECK(is_filled(aligned_blocks[i], aligned_size_of(i)));
    CHECK(malloc_usable_size(aligned_blocks[i]) >= aligned_size_of(i));
    free(aligned_blocks[i]);
  }
  return unused;
}
static void *resize_aligned(void *unused) {
  for (int i = 0; i < ALIGNED; i++) {
    size_t size = aligned_size_of(i), more = size + (size_t)(i % 3) * 1000;
    unsigned char value = pattern_of(aligned_blocks[i], size);
    void *block = realloc(aligned_blocks[i], more);
    NEED(block != NULL);
    CHECK(is_all(block, size, value));
    free(block);
  }
  return unused;
}
CASE(alignments) {
  for (int turn = 0; turn < 5; turn++) {
    finish(start(allocate_aligned, NULL));
    finish(start(turn % 2 ? free_aligned : resize_aligned, NULL));
    allocate_aligned(NULL);
    // What was aligned is used again for what is not.
    finish(start(free_aligned, NULL));
    allocate_lot(&lots[0]);
    free_lot(&lots[0]);
  }
  errno = 0;
  volatile size_t no_power_of_two = 48;
  CHECK(asked(aligned_alloc(no_power_of_two, 100)) == NULL);
  CHECK_IS(errno, EINVAL);
}

static void *clear_and_use(void *unused) {
  static const size_t counts[] = {1, 3, 20, 100, 400, 1000, 3000, 8000, 8200, 40000, 140000};
  enum { COUNTS = sizeof counts / sizeof *counts };
  for (int turn = 0; turn < 40; turn++) {
    void *blocks[COUNTS];
    for (int i = 0; i < COUNTS; i++) {
      blocks[i] = turn % 2 ? calloc(counts[i], 1) : calloc(1, counts[i]);
      NEED(blocks[i] != NULL);
      CHECK(is_all(blocks[i], counts[i], 0));
      memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < COUNTS; i++) free(blocks[i]);
  }
  return unused;
}
CASE(calloc_clears_what_was_used) {
  clear_and_use(NULL);
  pthread_t one = start(clear_and_use, NULL), two = start(clear_and_use, NULL);
  finish(one);
  finish(two);
  errno = 0;
  volatile size_t half = (size_t)1 << 31;
  CHECK(!asked(calloc(half, 2)) && !asked(calloc(2, half)) && !asked(calloc(half + 1, half)));
  CHECK_IS(errno, ENOMEM);
}

CASE(all_of_the_usable_size_may_be_used) {
  CHECK_IS(malloc_usable_size(NULL), 0);
  for (int turn = 0; turn < 2; turn++)
    for (size_t size = 0; size < 10000; size += size / 9 + 1) {
      unsigned char *at = (unsigned char *)malloc(size), *next = (unsigned char *)malloc(size);
      NEED(at != NULL && next != NULL);
      size_t usable = malloc_usable_size(at);
      CHECK(usable >= size && usable <= size + size / 4 + 32);
      memset(next, 1, malloc_usable_size(next));
      memset(at, 2, usable);
      CHECK(is_all(next, malloc_usable_size(next), 1));
      at = (unsigned char *)realloc(at, usable);
      CHECK(at != NULL && is_all(at, usable, 2));
      free(next), free(at);
    }
}

CASE(large_blocks_go_back_at_once) {
  size_t before = 0;
  for (int turn = 0; turn < 100; turn++) {
    char *at = (char *)malloc((size_t)20 << 20);
    NEED(at != NULL);
    at[0] = at[(20 << 20) - 1] = 1;
    at = (char *)realloc(at, (size_t)30 << 20);
    NEED(at != NULL);
    CHECK_IS(at[(20 << 20) - 1], 1);
    free(at);
    if (turn == 0) before = memory_size();
  }
  CHECK(memory_size() - before <= 1 << 20);
}

// Each allocates, frees some itself, leaves some to the destructor of a key, and ends in one of four ways.
static pthread_key_t left_over;
static sem_t destroyed;
static void destroy(void *block) {
  void *another = malloc(70);
  CHECK(is_filled(block, 50));
  free(block);
  free(another);
  sem_post(&destroyed);
}
static void *allocate_and_end(void *number) {
  int way = (int)(intptr_t)number % 4;
  void *blocks[40];
  for (size_t i = 0; i < 40; i++) blocks[i] = filled(malloc(20 + 30 * i), 20 + 30 * i);
  for (size_t i = 0; i < 40; i++) free(blocks[i]);
  pthread_setspecific(left_over, filled(malloc(50), 50));
  if (way == 1) pthread_exit(NULL);
  if (way == 2) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  }
  return NULL;
}
CASE(ten_thousand_threads_leave_nothing_behind) {
  enum { ALL = 10000 };
  // Stacks are larger than what is looked for, and how many there are at once may differ.
  pthread_attr_t small;
  pthread_attr_init(&small);
  CHECK_IS(pthread_attr_setstacksize(&small, 65536), 0);
  CHECK_IS(pthread_key_create(&left_over, destroy), 0);
  CHECK_IS(sem_init(&destroyed, 0, 0), 0);
  size_t before = 0;
  for (int i = 0; i < ALL; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, &small, allocate_and_end, (void *)(intptr_t)i) == 0);
    if (i % 4 == 3) CHECK_IS(pthread_detach(thread), 0);
    else finish(thread);
    if (i == 100) before = memory_size();
    while (sem_wait(&destroyed) != 0) continue;
  }
  // If each had left one of its blocks, it were 6 MB.
  CHECK(memory_size() - before <= 1 << 20);
  pthread_key_delete(left_over);
}

// Uses up what there is, in large pieces and then in small ones, and gives it back.
struct piece {
  struct piece *next;
};
static struct piece *take_all(size_t size, struct piece *taken, long most) {
  for (long i = 0; i < most; i++) {
    errno = 0;
    struct piece *piece = (struct piece *)asked(malloc(size));
    if (!piece) break;
    piece->next = taken;
    taken = piece;
  }
  return taken;
}
static void *fails(void *size) {
  errno = 0;
  CHECK(asked(malloc(*(size_t *)size)) == NULL);
  CHECK_IS(errno, ENOMEM);
  return NULL;
}
static void give_all(struct piece *piece) {
  while (piece) {
    struct piece *next = piece->next;
    free(piece);
    piece = next;
  }
}
static void *use_up(void *unused) {
  static const size_t steps[] = {1 << 20, 100000, 6000, 300, 20};
  struct piece *taken = NULL;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    size_t size = steps[i];
    taken = take_all(size, taken, 1000000);
    CHECK_IS(errno, ENOMEM);
    fails(&size);
    errno = 0;
    CHECK(!asked(calloc(1, size)) && !asked(realloc(NULL, size)));
    CHECK_IS(errno, ENOMEM);
  }
  give_all(taken);
  return unused;
}
ENDING(memory_that_is_used_up_is_told_and_comes_back, "0", "back") {
  enum { MOST = 32 << 20 };
  // Nobody looks into these: they take none of the host's memory.
  struct piece *untouched = take_all(MOST, NULL, 1000), *last = untouched;
  NEED(last != NULL);
  untouched = last->next;
  free(last);
  for (int turn = 0; turn < 3; turn++) {
    if (turn == 1) finish(start(use_up, NULL));
    else use_up(NULL);
    // Main's free slots are at most 350 KiB.
    void *large = asked(malloc(MOST - (2 << 20)));
    CHECK(large != NULL);
    free(large);
  }
  give_all(untouched);
  allocate_lot(&lots[0]);
  finish(start(free_lot, &lots[0]));
  printf("back\n");
  return 0;
}

static void *free_it(void *block) {
  free(block);
  return NULL;
}
ENDING(a_block_that_is_freed_twice, "132|139", "once") {
  void *block = malloc(40);
  // Not seen through by the compiler.
  void *volatile again = block;
  free(block);
  printf("once\n");
  free(again);
  printf("FAILED\n");
  return 0;
}
ENDING(a_block_that_is_freed_by_one_and_then_by_another, "132|139", "once") {
  void *block = malloc(40);
  void *volatile again = block;
  finish(start(free_it, block));
  printf("once\n");
  free(again);
  printf("FAILED\n");
  return 0;
}
ENDING(a_free_block_that_is_resized, "132|139", "once") {
  void *block = malloc(40);
  void *volatile again = block;
  free(block);
  printf("once\n");
  free(realloc(again, 41));
  printf("FAILED\n");
  return 0;
}
ENDING(what_was_never_allocated_is_freed, "132|139", "now") {
  static char space[4096];
  memset(space, 1, sizeof space);
  void *volatile inside = space + 1024;
  printf("now\n");
  free(inside);
  printf("FAILED\n");
  return 0;
}
