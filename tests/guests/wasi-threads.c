/* A program for wasi-threads without a C library: what threads do, and what main does beside them, its argument names as THREADS-MAIN.
   Threads use no stack: they have none. */
#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define PREVIEW1(name) IMPORT("wasi_snapshot_preview1", name)

struct part {
  const void *bytes;
  int length;
};

IMPORT("wasi", "thread-spawn") int thread_spawn(int argument);
PREVIEW1("args_sizes_get") int args_sizes_get(int *count, int *length);
PREVIEW1("args_get") int args_get(char **arguments, char *bytes);
PREVIEW1("fd_write") int fd_write(int fd, const struct part *parts, int count, int *written);
PREVIEW1("fd_read") int fd_read(int fd, const struct part *parts, int count, int *got);
PREVIEW1("proc_exit") _Noreturn void proc_exit(int status);

enum { THREADS = 3, ROUNDS = 2000, ADDED = 10000, FOREVER = -1, MINUTES = 1000 };
static const long long LONG_NS = MINUTES * 60000000000LL;

static int counter, ended, never, started;
static volatile int turns;
static char byte;
static struct part input = {&byte, 1};
static int got[8];
static char bytes[256], *arguments[8];

static int is(const char *text, const char *word, int length) {
  for (int i = 0; i < length; i++)
    if (text[i] != word[i]) return 0;
  return word[length] == 0;
}

/* What a thread does, one of: add (and end), spin, wait, read, trap, exit, grow. */
static const char *const DOES[] = {"add", "spin", "wait", "read", "trap", "exit", "grow"};

__attribute__((export_name("wasi_thread_start"))) void wasi_thread_start(int tid, int argument) {
  __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&started, 1);
  switch (argument & 7) {
    case 0:
      for (int i = 0; i < ADDED; i++) __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
      break;
    case 1:
      for (;;) turns++;
    case 2:
      for (;;) __builtin_wasm_memory_atomic_wait32(&never, 0, LONG_NS);
    case 3:
      for (;;) fd_read(0, &input, 1, &got[argument >> 3]);
    case 4:
      __builtin_trap();
    case 5:
      proc_exit(7);
    case 6:
      for (int i = 0; i < 50; i++) {
        int page = __builtin_wasm_memory_grow(0, 1);
        if (page < 0) break;
        char *at = (char *)(page << 16);
        __builtin_memset(at, tid, 65536);
        for (int j = 0; j < 65536; j += 4096)
          if (at[j] != (char)tid) __builtin_trap();
      }
  }
  __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&ended, 1);
}

static void await(int *word, int least) {
  for (;;) {
    int seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    if (seen >= least) return;
    __builtin_wasm_memory_atomic_wait32(word, seen, FOREVER);
  }
}

static void print(int number) {
  char text[16];
  int at = sizeof text, written;
  text[--at] = '\n';
  do text[--at] = (char)('0' + number % 10);
  while (number /= 10);
  fd_write(1, &(struct part){text + at, (int)sizeof text - at}, 1, &written);
}

__attribute__((export_name("_start"))) void start(void) {
  int count, length, action = -1;
  args_sizes_get(&count, &length);
  args_get(arguments, bytes);
  const char *threads = count > 1 ? arguments[1] : "add-join", *then = threads;
  while (*then && *then != '-') then++;
  for (int i = 0; i < 7; i++)
    if (is(threads, DOES[i], (int)(then - threads))) action = i;
  then++;
  int wanted = is(then, "rounds", 6) ? 0 : THREADS;
  for (int i = 0; i < wanted; i++)
    if (thread_spawn(action | i << 3) < 0) proc_exit(100);
  await(&started, wanted);
  if (is(then, "join", 4)) await(&ended, wanted);
  if (is(then, "spin", 4))
    for (;;) turns++;
  if (is(then, "wait", 4)) await(&never, 1);
  if (is(then, "read", 4)) fd_read(0, &input, 1, &got[7]);
  if (is(then, "exit", 4)) proc_exit(9);
  if (is(then, "trap", 4)) __builtin_trap();
  if (is(then, "many", 4)) { /* one more than there are cores for */
    int error = 0;
    while (error >= 0) error = thread_spawn(2);
    print(-error);
  }
  if (is(then, "rounds", 6)) /* one after another */
    for (int i = 0; i < ROUNDS; i++) {
      if (thread_spawn(0) < 0) proc_exit(101);
      await(&ended, i + 1);
    }
  print(counter);
}
