// What a library's functions do when all threads use them at once: the heap, streams, memory that grows, and state that is shared.
#include "case.h"
#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <wchar.h>

enum { THREADS = 4 };
static void in_threads(void *(*function)(void *)) {
  pthread_t threads[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) threads[i] = start(function, (void *)(i + 1));
  for (int i = 0; i < THREADS; i++) finish(threads[i]);
}
static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

enum { HELD = 64, TURNS = 20000 };
static void fill(unsigned char *at, size_t size, unsigned char value) { memset(at, value, size); }
static int is_filled(const unsigned char *at, size_t size, unsigned char value) {
  for (size_t i = 0; i < size; i++)
    if (at[i] != value) return 0;
  return 1;
}
static void *use_heap(void *number) {
  uint32_t random = 0x9e3779b9u * (uint32_t)(intptr_t)number;
  unsigned char *held[HELD] = {0}, values[HELD];
  size_t sizes[HELD];
  for (int turn = 0; turn < TURNS; turn++) {
    unsigned at = next_random(&random) % HELD;
    if (held[at]) {
      CHECK(is_filled(held[at], sizes[at], values[at]));
      if (turn % 3 == 0) {
        size_t size = 1 + next_random(&random) % 2000, less = size < sizes[at] ? size : sizes[at];
        unsigned char *again = realloc(held[at], size);
        NEED(again != NULL);
        CHECK(is_filled(again, less, values[at]));
        fill(again, size, values[at]);
        held[at] = again, sizes[at] = size;
        continue;
      }
      free(held[at]);
      held[at] = NULL;
      continue;
    }
    sizes[at] = 1 + next_random(&random) % (turn % 100 == 0 ? 100000 : 600);
    values[at] = (unsigned char)next_random(&random);
    held[at] = turn % 5 == 0 ? calloc(1, sizes[at]) : malloc(sizes[at]);
    NEED(held[at] != NULL);
    CHECK_IS((uintptr_t)held[at] % sizeof(long long), 0);
    if (turn % 5 == 0) CHECK(is_filled(held[at], sizes[at], 0));
    fill(held[at], sizes[at], values[at]);
  }
  for (int i = 0; i < HELD; i++) free(held[i]);
  return NULL;
}
CASE(the_heap_gives_nothing_twice) { in_threads(use_heap); }

static void *mailbox_of[256];
static void *exchange(void *number) {
  uint32_t random = 0x85ebca6bu * (uint32_t)(intptr_t)number;
  for (int turn = 0; turn < TURNS; turn++) {
    unsigned *mine = malloc(8 + next_random(&random) % 500);
    NEED(mine != NULL);
    mine[0] = random, mine[1] = ~random;
    unsigned *other = __atomic_exchange_n(&mailbox_of[next_random(&random) % 256], mine, __ATOMIC_ACQ_REL);
    if (!other) continue;
    CHECK(other[0] == ~other[1]);
    free(other);
  }
  return NULL;
}
CASE(what_one_allocates_another_frees) {
  in_threads(exchange);
  for (int i = 0; i < 256; i++) free(mailbox_of[i]);
}

static void *grow(void *number) {
  enum { BLOCKS = 12, BLOCK = 1 << 20 };
  unsigned char *blocks[BLOCKS];
  unsigned char value = (unsigned char)(intptr_t)number;
  for (int i = 0; i < BLOCKS; i++) {
    NEED((blocks[i] = malloc(BLOCK)) != NULL);
    memset(blocks[i], value, BLOCK);  // pages that nobody has touched
    if (i > 0) memcpy(blocks[i] + BLOCK / 2, blocks[i - 1], BLOCK / 2);
  }
  for (int i = 0; i < BLOCKS; i++) {
    CHECK(is_filled(blocks[i], BLOCK, value));
    free(blocks[i]);
  }
  return NULL;
}
CASE(memory_grows_for_all_at_once) { in_threads(grow); }

static unsigned char *volatile latest;
static int stop;
static void *follow(void *unused) {
  unsigned char copy[4096];
  while (!read_flag(&stop)) {
    unsigned char *at = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
    if (!at) continue;
    memcpy(copy, at, sizeof copy);
    CHECK(is_filled(copy, sizeof copy, 0x5a));
    memmove(at + 4096, at, 4096);
    sched_yield();
  }
  return unused;
}
CASE(what_has_grown_is_there_for_the_others_at_once) {
  enum { BLOCKS = 24, BLOCK = 1 << 20 };
  static unsigned char *blocks[BLOCKS];
  set_flag(&stop, 0);
  pthread_t one = start(follow, NULL), two = start(follow, NULL);
  for (int i = 0; i < BLOCKS; i++) {
    NEED((blocks[i] = malloc(BLOCK)) != NULL);
    memset(blocks[i], 0x5a, BLOCK);
    __atomic_store_n(&latest, blocks[i] + BLOCK - 8192, __ATOMIC_RELEASE);
  }
  set_flag(&stop, 1);
  finish(one);
  finish(two);
  for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
}

static void *map_and_unmap(void *number) {
  for (int turn = 0; turn < 100; turn++) {
    size_t size = (size_t)65536 * (1 + (size_t)turn % 5);
    unsigned char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(at != MAP_FAILED);
    CHECK(is_filled(at, size, 0));
    fill(at, size, (unsigned char)(intptr_t)number);
    sched_yield();
    CHECK(is_filled(at, size, (unsigned char)(intptr_t)number));
    CHECK_IS(munmap(at, size), 0);
  }
  return NULL;
}
CASE(maps_do_not_overlap) { in_threads(map_and_unmap); }

enum { LINES = 2000 };
static FILE *shared_stream;
static void *print_lines(void *number) {
  for (int i = 0; i < LINES; i++) fprintf(shared_stream, "%d %d %s\n", (int)(intptr_t)number, i, "the quick brown fox jumps over the lazy dog");
  return NULL;
}
static void lines_are_whole(int mode, size_t size) {
  const char *path = "/tmp/storm-of-lines";
  shared_stream = fopen(path, "w");
  NEED(shared_stream != NULL);
  CHECK_IS(setvbuf(shared_stream, NULL, mode, size), 0);
  in_threads(print_lines);
  CHECK_IS(fclose(shared_stream), 0);
  FILE *in = fopen(path, "r");
  NEED(in != NULL);
  char line[200], expected[200];
  int next[THREADS + 1] = {0}, total = 0, number;
  while (fgets(line, sizeof line, in)) {
    total++;
    if (sscanf(line, "%d", &number) != 1 || number < 1 || number > THREADS) {
      CHECK(0 && "a line is broken");
      break;
    }
    snprintf(expected, sizeof expected, "%d %d %s\n", number, next[number]++, "the quick brown fox jumps over the lazy dog");
    CHECK_IS(strcmp(line, expected), 0);
  }
  CHECK_IS(total, THREADS * LINES);
  fclose(in);
  unlink(path);
}
CASE(lines_of_a_buffered_stream_are_whole) { lines_are_whole(_IOFBF, 1000); }
CASE(lines_of_a_line_buffered_stream_are_whole) { lines_are_whole(_IOLBF, 1000); }

static void *print_pairs(void *number) {
  for (int i = 0; i < LINES; i++) {
    flockfile(shared_stream);
    putc_unlocked('a' + (int)(intptr_t)number, shared_stream);
    fprintf(shared_stream, "%d", i % 10);
    putc_unlocked('\n', shared_stream);
    funlockfile(shared_stream);
  }
  return NULL;
}
CASE(a_stream_that_is_locked_is_ones_own) {
  char *text = NULL;
  size_t size = 0;
  shared_stream = open_memstream(&text, &size);
  NEED(shared_stream != NULL);
  in_threads(print_pairs);
  fclose(shared_stream);
  CHECK_IS(size, 3 * THREADS * LINES);
  int next[THREADS + 1] = {0};
  for (size_t i = 0; i + 2 < size; i += 3) {
    int number = text[i] - 'a';
    if (number < 1 || number > THREADS || text[i + 2] != '\n' || text[i + 1] != '0' + next[number]++ % 10) {
      CHECK(0 && "a line is broken");
      break;
    }
  }
  free(text);
}

static void *open_and_close(void *number) {
  char path[64], text[64], found[64] = "";
  for (int i = 0; i < 100; i++) {
    snprintf(path, sizeof path, "/tmp/storm-%d-%d", (int)(intptr_t)number, i % 7);
    snprintf(text, sizeof text, "written by %d in turn %d", (int)(intptr_t)number, i);
    FILE *out = fopen(path, "w");
    NEED(out != NULL);
    fputs(text, out);
    CHECK_IS(fclose(out), 0);
    FILE *in = fopen(path, "r");
    NEED(in != NULL);
    CHECK(fgets(found, sizeof found, in) != NULL);
    CHECK_IS(strcmp(found, text), 0);
    fclose(in);
    CHECK_IS(unlink(path), 0);
  }
  return NULL;
}
CASE(each_opens_files_of_its_own) { in_threads(open_and_close); }

static int shared_file;
static void *append(void *number) {
  char record[16];
  memset(record, 'a' + (int)(intptr_t)number, sizeof record);
  for (int i = 0; i < 300; i++) CHECK_IS(write(shared_file, record, sizeof record), (long)sizeof record);
  return NULL;
}
CASE(writes_to_one_descriptor_are_whole_and_none_is_lost) {
  const char *path = "/tmp/storm-of-records";
  shared_file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
  NEED(shared_file >= 0);
  in_threads(append);
  struct stat status;
  CHECK_IS(fstat(shared_file, &status), 0);
  CHECK_IS(status.st_size, THREADS * 300 * 16);
  char record[16];
  for (int i = 0; i < THREADS * 300; i++) {
    CHECK_IS(pread(shared_file, record, 16, i * 16), 16);
    for (int k = 1; k < 16; k++) CHECK_IS(record[k], record[0]);
  }
  close(shared_file);
  unlink(path);
}

static void *take_descriptors(void *unused) {
  for (int i = 0; i < 200; i++) {
    int file = open("/tmp", O_RDONLY | O_DIRECTORY);
    NEED(file >= 0);
    int copy = dup(file);
    NEED(copy >= 0 && copy != file);
    CHECK_IS(close(file), 0);
    CHECK_IS(close(copy), 0);
  }
  return unused;
}
CASE(no_descriptor_is_given_twice_or_lost) {
  int before = dup(0);
  close(before);
  in_threads(take_descriptors);
  int after = dup(0);
  CHECK_IS(after, before);
  close(after);
}

static int compare(const void *a, const void *b) { return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b); }
static void *compute_text(void *number) {
  uint32_t random = 77u * (uint32_t)(intptr_t)number;
  char text[64];
  int values[200];
  for (int turn = 0; turn < 200; turn++) {
    double value = (double)(next_random(&random) % 1000000) / 1000.0;
    snprintf(text, sizeof text, "%.3f", value);
    CHECK(strtod(text, NULL) == value);
    for (int i = 0; i < 200; i++) values[i] = (int)(next_random(&random) % 1000);
    qsort(values, 200, sizeof *values, compare);
    for (int i = 1; i < 200; i++) CHECK(values[i - 1] <= values[i]);
    char words[] = "one two three", *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) count++;
    CHECK_IS(count, 3);
    struct tm broken;
    time_t moment = 86400 * (turn + 1);
    NEED(gmtime_r(&moment, &broken) != NULL);
    CHECK_IS(broken.tm_yday, turn + 1 < 365 ? turn + 1 : turn + 1 - 365);
    wchar_t wide[16];
    CHECK_IS(mbstowcs(wide, "abc", 16), 3);
    CHECK(strerror(ENOENT) != NULL && getenv("NO_SUCH_NAME") == NULL);
  }
  return NULL;
}
CASE(text_sorting_and_dates) { in_threads(compute_text); }

static int left;
static void at_the_end(void) { __atomic_fetch_add(&left, 1, __ATOMIC_SEQ_CST); }
static void *register_ends(void *unused) {
  for (int i = 0; i < 20; i++) CHECK_IS(atexit(at_the_end), 0);
  return unused;
}
static void say_how_many(void) {
  printf("%d left\n", left);
  fflush(stdout);
}
ENDING(atexit_of_all_threads_is_called, "0", "80 left") {
  atexit(say_how_many);
  in_threads(register_ends);
  return 0;
}

static void *write_stdout(void *number) {
  for (int i = 0; i < 500; i++) printf("line %d of thread %d\n", i, (int)(intptr_t)number);
  return NULL;
}
ENDING(standard_output_of_all_threads, "0", "line 499 of thread 4") {
  in_threads(write_stdout);
  return 0;
}
