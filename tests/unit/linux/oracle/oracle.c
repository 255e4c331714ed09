// Runs cases of system calls on the host: the oracle of the tests beside it. A case is a list of steps, each by one of a few
// processes, which begin anew with each case in an empty directory. A step that blocks is left open; after each step, what
// was open and is done now is told.
//
// In, a line each:   case | X command arguments…            (X: A, B, C or D)
// Out, a line each:  case | result [Y=result…]              (a number, −errno, a text, or `waits`)
//
// A process is blocked when it sleeps and has not answered: it does nothing else that sleeps between command and answer.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 4
#define LINE 4096
#define COMMANDS 900
#define ANSWERS 901

static pid_t *pids; // shared
static char base[PATH_MAX];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// The commands, in a process of a case.

static char *argument(void) {
  char *word = strtok(NULL, " ");
  return word == NULL ? "" : word;
}
static long long number(void) { return strtoll(argument(), NULL, 10); }
static unsigned long octal(void) { return strtoul(argument(), NULL, 8); }
/** A path or a text; `''` is the empty one. */
static char *text(void) {
  char *word = argument();
  return strcmp(word, "''") == 0 ? "" : word;
}

static int lockType(const char *word) {
  return *word == 'r' ? F_RDLCK : *word == 'w' ? F_WRLCK : *word == 'u' ? F_UNLCK : atoi(word);
}

static long long lock(char *out) {
  static const struct {
    const char *name;
    int command;
  } NAMES[] = {{"getlk", F_GETLK},         {"setlk", F_SETLK},         {"setlkw", F_SETLKW},
               {"ofd_getlk", F_OFD_GETLK}, {"ofd_setlk", F_OFD_SETLK}, {"ofd_setlkw", F_OFD_SETLKW}};
  int fd = (int)number(), command = -1;
  const char *name = argument();
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (strcmp(NAMES[i].name, name) == 0) command = NAMES[i].command;
  struct flock of = {.l_type = (short)lockType(argument())};
  of.l_whence = (short)number();
  of.l_start = number();
  of.l_len = number();
  of.l_pid = (pid_t)number();
  if (fcntl(fd, command, &of) < 0) return -errno;
  if (command == F_GETLK || command == F_OFD_GETLK) {
    char who[16] = "-1";
    for (int i = 0; i < PROCESSES; i++)
      if (pids[i] == of.l_pid) sprintf(who, "%c", 'A' + i);
    if (of.l_type == F_UNLCK) strcpy(who, "-");
    sprintf(out, "%s %d %lld %lld %s", of.l_type == F_RDLCK ? "r" : of.l_type == F_WRLCK ? "w" : "u", of.l_whence,
            (long long)of.l_start, (long long)of.l_len, who);
  }
  return 0;
}

static long long readInto(char *out, int isAt) {
  int fd = (int)number();
  size_t length = (size_t)number();
  char bytes[LINE];
  ssize_t result = isAt ? pread(fd, bytes, length, number()) : read(fd, bytes, length);
  if (result < 0) return -errno;
  sprintf(out, "\"");
  for (ssize_t i = 0; i < result; i++) sprintf(out + strlen(out), bytes[i] == 0 ? "." : "%c", bytes[i]);
  strcat(out, "\"");
  return 0;
}

static long long writeText(int isAt) {
  int fd = (int)number();
  const char *bytes = text();
  return isAt ? pwrite(fd, bytes, strlen(bytes), number()) : write(fd, bytes, strlen(bytes));
}

static long long identify(void) {
  uid_t uid = (uid_t)number();
  gid_t gid = (gid_t)number(), groups[8];
  size_t count = 0;
  for (char *word = argument(); *word != 0 && count < 8; word = argument()) groups[count++] = (gid_t)atoi(word);
  if (setgroups(count, groups) < 0 || setresgid(gid, gid, gid) < 0) return -1;
  return setresuid(uid, uid, uid);
}

static long long copy(void) {
  int in = (int)number();
  loff_t inAt = number();
  int out = (int)number();
  loff_t outAt = number();
  return copy_file_range(in, inAt == -1 ? NULL : &inAt, out, outAt == -1 ? NULL : &outAt, (size_t)number(), 0);
}

static long long sendTo(void) {
  int out = (int)number(), in = (int)number();
  off_t at = number();
  return sendfile(out, in, at == -1 ? NULL : &at, (size_t)number());
}

static long long status(char *out) {
  struct stat of;
  if (stat(text(), &of) < 0) return -errno;
  int isDirectory = S_ISDIR(of.st_mode);
  sprintf(out, "%o %u:%u %lld", of.st_mode, of.st_uid, of.st_gid, isDirectory ? 0LL : (long long)of.st_size);
  return 0;
}

static long long workingDirectory(char *out) {
  char path[PATH_MAX];
  if (getcwd(path, sizeof path) == NULL) return -errno;
  size_t length = strlen(base);
  sprintf(out, ".%s", strncmp(path, base, length) == 0 ? path + length : path);
  return 0;
}

/** Runs one command. Its result, or a text in `out`. */
static long long run(const char *name, char *out) {
#define IS(word) (strcmp(name, word) == 0)
  // Arguments are read in order: into variables first, since C does not say in which order a call evaluates them.
  int fd;
  char *path;
  long long at;
  unsigned long mode;
  *out = 0;
  errno = 0;
  if (IS("lk")) return lock(out);
  if (IS("read")) return readInto(out, 0);
  if (IS("pread")) return readInto(out, 1);
  if (IS("stat")) return status(out);
  if (IS("getcwd")) return workingDirectory(out);
  if (IS("id")) return identify();
  if (IS("write")) return writeText(0);
  if (IS("pwrite")) return writeText(1);
  if (IS("cfr")) return copy();
  if (IS("sendfile")) return sendTo();
  if (IS("umask")) return umask((mode_t)octal());
  if (IS("open")) return path = text(), mode = octal(), open(path, (int)mode, (mode_t)octal());
  if (IS("mkdir")) return path = text(), mkdir(path, (mode_t)octal());
  if (IS("chmod")) return path = text(), chmod(path, (mode_t)octal());
  if (IS("access")) return path = text(), access(path, (int)number());
  if (IS("chdir")) return chdir(text());
  if (IS("rmdir")) return rmdir(text());
  if (IS("unlink")) return unlink(text());
  if (IS("rename")) return path = text(), rename(path, text());
  if (IS("truncate")) return path = text(), truncate(path, number());
  if (IS("chown")) return path = text(), at = number(), chown(path, (uid_t)at, (gid_t)number());
  fd = (int)number();
  if (IS("close")) return close(fd);
  if (IS("dup")) return dup(fd);
  if (IS("dup2")) return dup2(fd, (int)number());
  if (IS("dup3")) return at = number(), dup3(fd, (int)at, (int)octal());
  if (IS("fcntl")) {
    at = number();
    int result = fcntl(fd, (int)at, (int)number());
    // Every open file of a 64-bit process has it; it says nothing.
    return at == F_GETFL && result > 0 ? result & ~0100000 : result;
  }
  if (IS("flock")) return flock(fd, (int)number());
  if (IS("lseek")) return at = number(), lseek(fd, at, (int)number());
  if (IS("ftruncate")) return ftruncate(fd, number());
  if (IS("fallocate")) return at = number(), fallocate(fd, 0, at, number());
  if (IS("fsync")) return fsync(fd);
  if (IS("fdatasync")) return fdatasync(fd);
  if (IS("fchdir")) return fchdir(fd);
  fprintf(stderr, "no command %s\n", name);
  exit(1);
}

static _Noreturn void serve(void) {
  char line[LINE], out[LINE * 2];
  FILE *commands = fdopen(COMMANDS, "r");
  setvbuf(commands, NULL, _IONBF, 0);
  while (fgets(line, sizeof line, commands) != NULL) {
    line[strcspn(line, "\n")] = 0;
    dprintf(ANSWERS, "?");
    long long result = run(strtok(line, " "), out);
    if (*out != 0 && result >= 0) dprintf(ANSWERS, "%s\n", out);
    else dprintf(ANSWERS, "%lld\n", result < 0 && errno != 0 ? -(long long)errno : result);
  }
  _exit(0);
}

// The driver.

struct process {
  pid_t pid;
  int to, from;
  int isBlocked;
};
static struct process processes[PROCESSES];

static void start(int index) {
  int down[2], up[2];
  if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0) fail("pipe");
  pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    dup2(down[0], COMMANDS);
    dup2(up[1], ANSWERS);
    for (int fd = 0; fd < COMMANDS; fd++) close(fd);
    for (int fd = 0; fd < 3; fd++) open("/dev/null", O_RDWR);
    struct rlimit limit = {1024, 1024};
    setrlimit(RLIMIT_NOFILE, &limit);
    umask(022);
    pids[index] = getpid();
    serve();
  }
  close(down[0]);
  close(up[1]);
  processes[index] = (struct process){pid, down[1], up[0], 0};
}

static void stop(int index) {
  struct process *of = &processes[index];
  if (of->pid == 0) return;
  kill(of->pid, SIGKILL);
  waitpid(of->pid, NULL, 0);
  close(of->to);
  close(of->from);
  *of = (struct process){0};
}

static int hasAnswer(const struct process *of) {
  struct pollfd one = {.fd = of->from, .events = POLLIN};
  return poll(&one, 1, 0) > 0;
}

static int sleeps(pid_t pid) {
  char path[64], text[512];
  sprintf(path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  const char *state = strrchr(text, ')');
  return state != NULL && state[2] == 'S';
}

static void readByte(const struct process *of, char *into) {
  if (read(of->from, into, 1) != 1) {
    fprintf(stderr, "a process is gone\n");
    exit(1);
  }
}

/** Waits until a process has answered, or sleeps in its call. Whether it has answered. */
static int settle(struct process *of, char *answer) {
  for (;;) {
    int isAsleep = sleeps(of->pid);
    if (hasAnswer(of)) break;
    if (isAsleep) return 0;
  }
  size_t length = 0;
  for (;; length++) {
    readByte(of, answer + length);
    if (answer[length] == '\n') break;
  }
  answer[length] = 0;
  return 1;
}

static void step(char *line, char *out) {
  struct process *of = &processes[*line - 'A'];
  if (of->pid == 0) start(*line - 'A');
  if (strcmp(line + 2, "kill") == 0) {
    stop(*line - 'A');
    strcpy(out, "killed");
    return;
  }
  if (of->isBlocked) {
    fprintf(stderr, "blocked: %s\n", line);
    exit(1);
  }
  dprintf(of->to, "%s\n", line + 2);
  char begun;
  readByte(of, &begun);
  if (settle(of, out)) return;
  of->isBlocked = 1;
  strcpy(out, "waits");
}

int main(int count, char **arguments) {
  if (count != 2 || realpath(arguments[1], base) == NULL) fail("usage: oracle DIRECTORY");
  pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  signal(SIGPIPE, SIG_IGN);
  size_t top = strlen(base);
  char line[LINE], out[LINE * 2], current[64] = "";
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    char *command = strstr(line, " | ");
    if (command == NULL) fail("line");
    *command = 0;
    command += 3;
    if (strcmp(current, line) != 0) {
      for (int i = 0; i < PROCESSES; i++) stop(i);
      if (strlen(line) >= sizeof current) fail(line);
      strcpy(current, line);
      sprintf(base + top, "/%s", current);
      if (mkdir(base, 0777) < 0 || chmod(base, 0777) < 0 || chdir(base) < 0) fail(base);
    }
    step(command, out);
    printf("%s | %s", current, out);
    for (int i = 0; i < PROCESSES; i++) {
      if (!processes[i].isBlocked || i == *command - 'A') continue;
      if (!settle(&processes[i], out)) continue;
      processes[i].isBlocked = 0;
      printf(" %c=%s", 'A' + i, out);
    }
    printf("\n");
  }
  for (int i = 0; i < PROCESSES; i++) stop(i);
  return 0;
}
