// The C library as programs use it, compiled with nothing but the source: it checks itself and says "ok".

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include "check.h"

static char order[8];
static void note(char c) { order[strlen(order)] = c; }
__attribute__((constructor(101))) static void first(void) { note('1'); }
__attribute__((constructor(102))) static void second(void) { note('2'); }
static void at_exit(void) { puts("at exit"); }
__attribute__((destructor)) static void last(void) { puts("destructor"); }

static void types(void) {
  CHECK(sizeof(long) == 8 && sizeof(void *) == 4 && sizeof(size_t) == 4 && sizeof(long double) == 16);
  CHECK(sizeof(time_t) == 8 && sizeof(off_t) == 8 && sizeof(struct stat) == 144);
  CHECK(SSIZE_MAX == INT_MAX && SIZE_MAX == UINT_MAX && LONG_MAX == INT64_MAX);
  long seconds = 0, *alias = &seconds;
  time_t *time_alias = alias; // one type, as on x86-64
  CHECK(gmtime(time_alias)->tm_year == 70);
}

static void formats(void) {
  char text[200];
  snprintf(text, sizeof text, "%Lf %.20Lg %" PRId64 " %zu %jd %ls", 1.5L, strtold("0.1", NULL), (int64_t)1 << 40,
           sizeof text, (intmax_t)-5, L"wide");
  CHECK(strcmp(text, "1.500000 0.1 1099511627776 200 -5 wide") == 0);
  long double third = strtold("1e4000", NULL) / 3;
  snprintf(text, sizeof text, "%.10Le", third);
  CHECK(strcmp(text, "3.3333333333e+3999") == 0);
  int i;
  long l;
  long double ld;
  char word[8];
  CHECK(sscanf("42 1234567890123 2.25 abc", "%d %ld %Lf %7s", &i, &l, &ld, word) == 4);
  CHECK(i == 42 && l == 1234567890123 && ld == 2.25L && strcmp(word, "abc") == 0);
}

static void mathematics(void) {
  CHECK(fabs(sin(1) - 0.8414709848078965) < 1e-15 && floor(-1.5) == -2 && rint(2.5) == 2 && copysign(3, -0.0) == -3);
  CHECK(sqrtl(2) * sqrtl(2) - 2 < 1e-30L && fabsl(sinl(1) - 0.84147098480789650665250232163029900L) < 1e-32L);
  CHECK(isnan(sqrt(-1)) && isinf(1 / 0.0) && fmodl(7.5L, 2) == 1.5L && lroundl(2.5L) == 3);
}

static jmp_buf jump;
static int depth;
static void dive(int n) {
  depth = n;
  if (n == 5) longjmp(jump, 7);
  dive(n + 1);
}
static void jumps(void) {
  volatile int turns = 0;
  int value = setjmp(jump);
  if (value == 0) dive(0);
  CHECK(value == 7 && depth == 5);
  value = setjmp(jump);
  turns++;
  if (turns < 4) longjmp(jump, turns);
  CHECK(value == 3 && turns == 4);
  value = setjmp(jump);
  if (turns++ == 4) longjmp(jump, 0);
  CHECK(value == 1);
}

static sigjmp_buf from_handler;
static volatile sig_atomic_t seen;
static void handler(int sig) { seen = sig; }
static void handler_of_three(int sig, siginfo_t *info, void *context) {
  seen = context && info->si_signo == sig && info->si_pid == getpid() ? sig : -1;
  siglongjmp(from_handler, 5);
}
static void signals(void) {
  signal(SIGUSR1, handler);
  CHECK(raise(SIGUSR1) == 0 && seen == SIGUSR1);
  struct sigaction action = {.sa_sigaction = handler_of_three, .sa_flags = SA_SIGINFO}, old;
  CHECK(sigaction(SIGUSR2, &action, NULL) == 0 && sigaction(SIGUSR2, NULL, &old) == 0);
  CHECK(old.sa_sigaction == handler_of_three && old.sa_flags & SA_SIGINFO);
  int value = sigsetjmp(from_handler, 1);
  if (value == 0) kill(getpid(), SIGUSR2);
  CHECK(value == 5 && seen == SIGUSR2);
  sigset_t set;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0 && !sigismember(&set, SIGUSR2));
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void memory(void) {
  enum { COUNT = 20000, LIVE = 500 };
  int *numbers = malloc(COUNT * sizeof *numbers);
  srand(1);
  for (int i = 0; i < COUNT; i++) numbers[i] = rand();
  qsort(numbers, COUNT, sizeof *numbers, compare);
  for (int i = 1; i < COUNT; i++) CHECK(numbers[i - 1] <= numbers[i]);
  unsigned char *blocks[LIVE] = {0};
  size_t lengths[LIVE] = {0};
  for (int i = 0; i < 50000; i++) {
    int at = rand() % LIVE;
    for (size_t k = 0; k < lengths[at]; k += 97) CHECK(blocks[at][k] == (unsigned char)at);
    lengths[at] = rand() % 500 ? rand() % 3000 : 300000;
    blocks[at] = realloc(blocks[at], lengths[at] + 1);
    memset(blocks[at], at, lengths[at]);
  }
  for (int i = 0; i < LIVE; i++) free(blocks[i]);
  free(numbers);
  char few[16] = "abcdefgh";
  memmove(few + 1, few, 5);
  CHECK(strcmp(few, "aabcdegh") == 0);
}

static void files(void) {
  CHECK(mkdir("d", 0755) == 0 && access("d/none", F_OK) == -1 && errno == ENOENT);
  FILE *file = fopen("d/a", "w+");
  CHECK(file && fprintf(file, "line %d\n", 1) == 7 && fseek(file, 5, SEEK_SET) == 0 && fgetc(file) == '1' && fclose(file) == 0);
  struct stat status;
  CHECK(chmod("d/a", 0640) == 0 && stat("d/a", &status) == 0 && status.st_size == 7 && (status.st_mode & 0777) == 0640);
  CHECK(stat("", &status) == -1 && errno == ENOENT);
  CHECK(symlink("a", "d/link") == 0);
  DIR *directory = opendir("d");
  int entries = 0;
  CHECK(directory);
  while (readdir(directory)) entries++;
  CHECK(entries == 4 && closedir(directory) == 0);
  char before[PATH_MAX], after[PATH_MAX];
  CHECK(getcwd(before, sizeof before) && chdir("d") == 0 && chdir("..") == 0 && getcwd(after, sizeof after) && !strcmp(before, after));
  CHECK(unlink("d/link") == 0 && unlink("d/a") == 0 && rmdir("d") == 0);
}

static void texts(void) {
  CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL && mblen("\xc3\xa9", 2) == 2);
  iconv_t converter = iconv_open("UTF-16LE", "ISO-8859-1");
  char in[] = "h\xe9", out[8], *from = in, *to = out;
  size_t left = 2, room = sizeof out;
  CHECK(iconv(converter, &from, &left, &to, &room) == 0 && room == 4 && memcmp(out, "h\0\xe9\0", 4) == 0);
  regex_t expression;
  regmatch_t match[2];
  CHECK(regcomp(&expression, "a(b+)c", REG_EXTENDED) == 0 && regexec(&expression, "xabbbc", 2, match, 0) == 0);
  CHECK(match[1].rm_so == 2 && match[1].rm_eo == 5);
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  time_t summer = 1720000000;
  CHECK(localtime(&summer)->tm_isdst == 1 && timezone == -3600);
}

static void system_calls(void) {
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) == 4096 && getauxval(AT_PAGESZ) == 4096);
  CHECK(getauxval(AT_RANDOM) != 0 && syscall(SYS_getpid) == getpid());
  struct timespec now = {-1, -1};
  CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0 && now.tv_sec >= 0 && now.tv_nsec >= 0);
  CHECK(syscall(4000) == -1 && errno == ENOSYS);
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  CHECK(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
  timer_t timer;
  struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD};
  CHECK(timer_create(CLOCK_MONOTONIC, &by_thread, &timer) == -1 && errno == EAGAIN);
}

int main(int argc, char **argv, char **envp) {
  CHECK(strcmp(order, "12") == 0);
  CHECK(argc == 3 && !strcmp(argv[1], "one") && !strcmp(argv[2], "") && argv[3] == NULL);
  CHECK(envp && getenv("FROM_OUTSIDE") && !strcmp(getenv("FROM_OUTSIDE"), "a value"));
  types();
  formats();
  mathematics();
  jumps();
  signals();
  memory();
  files();
  texts();
  system_calls();
  puts("ok");
  atexit(at_exit);
  return 42;
}
