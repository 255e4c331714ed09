// ls(1) with -a (names with a leading dot too), -d (directories themselves) and -l (type and permissions, links, size,
// time of modification in UTC, target of a symbolic link): names one a line, sorted by their bytes. An operand that
// fails is reported, the others are still listed, and the exit status is 1.
// Usage: ls [-adl] [FILE...]
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool show_all, show_long, no_contents;

static bool complain(const char *name) {
  fprintf(stderr, "ls: %s: %s\n", name, strerror(errno));
  return false;
}

static char type_of(mode_t mode) {
  if (S_ISREG(mode)) return '-';
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  return S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : S_ISSOCK(mode) ? 's' : '?';
}

// In WASI nothing above the directories that a program finds open can be asked about, and errno says so. What a listing
// names `..` there is no failure: it is there, and nothing is known of it but that it is a directory.
static bool is_out_of_reach(const char *name) {
#ifdef ENOTCAPABLE
  return errno == ENOTCAPABLE && strcmp(name, "..") == 0;
#else
  (void)name;
  return false;
#endif
}

static bool print_unknown(const char *name) {
  return printf("d????????? %3s %12s %19s %s\n", "?", "?", "?", name) >= 0;
}

// Prints one entry; `path` leads to it, `name` is what is shown. WASI preview 1 has no permissions: there all are '-'.
static bool print_entry(const char *path, const char *name) {
  if (!show_long) return puts(name) >= 0;
  struct stat entry;
  if (lstat(path, &entry) != 0) return is_out_of_reach(name) ? print_unknown(name) : complain(path);
  char mode[] = "?rwxrwxrwx", when[32] = "?";
  mode[0] = type_of(entry.st_mode);
  for (int bit = 0; bit < 9; bit++)
    if ((entry.st_mode >> (8 - bit) & 1) == 0) mode[bit + 1] = '-';
  struct tm *utc = gmtime(&entry.st_mtime);
  if (utc != NULL) strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", utc);
  printf("%s %3llu %12lld %s %s", mode, (unsigned long long)entry.st_nlink, (long long)entry.st_size, when, name);
  if (S_ISLNK(entry.st_mode)) {
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target);
    if (length >= 0) printf(" -> %.*s", (int)length, target);
  }
  putchar('\n');
  return true;
}

static int ascending(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void *checked(void *memory) {
  if (memory != NULL) return memory;
  fprintf(stderr, "ls: out of memory\n");
  exit(2);
}

// The directory's names in order, as the program shows them; NULL with errno when it cannot be read.
static char **read_names(const char *path, size_t *count) {
  DIR *directory = opendir(path);
  if (directory == NULL) return NULL;
  size_t room = 16;
  char **names = checked(malloc(room * sizeof *names));
  *count = 0;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.' && !show_all) continue;
    if (*count == room) names = checked(realloc(names, (room *= 2) * sizeof *names));
    names[*count] = checked(malloc(strlen(entry->d_name) + 1));
    strcpy(names[(*count)++], entry->d_name);
  }
  int error = errno;
  closedir(directory);
  if ((errno = error) != 0) return NULL;
  qsort(names, *count, sizeof *names, ascending);
  return names;
}

static bool list_directory(const char *path) {
  size_t count;
  char **names = read_names(path, &count);
  if (names == NULL) return complain(path);
  bool listed = true;
  for (size_t i = 0; i < count; i++) {
    char *full = checked(malloc(strlen(path) + strlen(names[i]) + 2));
    sprintf(full, "%s/%s", path, names[i]);
    listed = print_entry(full, names[i]) && listed;
    free(full);
    free(names[i]);
  }
  free(names);
  return listed;
}

static bool is_directory(const char *path) {
  struct stat entry;
  return !no_contents && stat(path, &entry) == 0 && S_ISDIR(entry.st_mode);
}

int main(int argc, char **argv) {
  for (int option; (option = getopt(argc, argv, "adl")) != -1;) {
    if (option == 'a') show_all = true;
    else if (option == 'd') no_contents = true;
    else if (option == 'l') show_long = true;
    else return fprintf(stderr, "usage: ls [-adl] [FILE...]\n"), 2;
  }
  static char here[] = ".";
  char *current[] = {here}, **operands = optind == argc ? current : argv + optind;
  int count = optind == argc ? 1 : argc - optind, shown = 0;
  bool listed = true;
  for (int i = 0; i < count; i++) {
    struct stat entry;
    if (is_directory(operands[i])) continue;
    if (lstat(operands[i], &entry) != 0) listed = complain(operands[i]);
    else listed = print_entry(operands[i], operands[i]) && listed, shown++;
  }
  for (int i = 0; i < count; i++) {
    if (!is_directory(operands[i])) continue;
    if (count > 1) printf("%s%s:\n", shown++ > 0 ? "\n" : "", operands[i]);
    listed = list_directory(operands[i]) && listed;
  }
  return fflush(stdout) == 0 && listed ? 0 : 1;
}
