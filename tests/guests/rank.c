// A rank of a job that calls nothing of MPI: what it is told in its environment it says, and it ends as its argument says.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "-" : value;
}

/** Whether the argument `who` names this rank. */
static int is_me(const char *who) { return strcmp(who, variable("PMI_RANK")) == 0; }

/** Lines that the C library writes in several parts. */
static void write_lines(int count) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (int i = 0; i < count; i++) {
    printf("rank %s ", variable("PMI_RANK"));
    printf("line %d ", i);
    printf("of %d\n", count);
  }
}

static void copy_input(void) {
  char bytes[4096];
  size_t count;
  while ((count = fread(bytes, 1, sizeof bytes, stdin)) > 0) fwrite(bytes, 1, count, stdout);
  printf("rank %s has read all\n", variable("PMI_RANK"));
}

/** Says what the first line of a file is. */
static int show_file(const char *path) {
  char line[256] = "";
  FILE *file = fopen(path, "r");
  if (file == NULL) return perror(path), 1;
  fgets(line, sizeof line, file);
  printf("rank %s finds %s", variable("PMI_RANK"), line);
  return 0;
}

static int end_as(const char *how) {
  if (strcmp(how, "trap") == 0) __builtin_trap();
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "spin") == 0) for (volatile int i = 0;; i++) continue;
  if (strcmp(how, "sleep") == 0) for (;;) sleep(1000);
  return atoi(how);
}

/** rank COMMAND ARGUMENT, or rank ends OTHERS-END WHO HOW: one ends otherwise than the others. */
int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "show";
  if (strcmp(command, "lines") == 0) return write_lines(atoi(argv[2])), 0;
  if (strcmp(command, "input") == 0) return copy_input(), 0;
  if (strcmp(command, "file") == 0) return show_file(argv[2]);
  if (strcmp(command, "ends") == 0) return end_as(is_me(argv[3]) ? argv[4] : argv[2]);
  printf("rank %s of %s, X=%s, %s", variable("PMI_RANK"), variable("OMPI_COMM_WORLD_SIZE"), variable("X"), argv[0]);
  for (int i = 1; i < argc; i++) printf(" %s", argv[i]);
  if (strcmp(command, "part") == 0) return 0;
  printf("\n");
  fprintf(stderr, "rank %s says so\n", variable("PMI_RANK"));
  return 0;
}
