/*
 * fileops: one operation on files a line of stdin, its words separated by tabs; answers each with a line: `ok`, what it
 * found, or the name of the error. Descriptors stay open between lines.
 *   open PATH FLAGS (any of r w c x t a) → number;  read FD COUNT;  write FD TEXT;  fill FD COUNT → bytes until it fails
 *   seek FD OFFSET;  close FD;  list PATH;  stat PATH → type mode size nlink mtime;  truncate PATH SIZE
 *   mkdir PATH;  rmdir PATH;  unlink PATH;  rename OLD NEW;  link OLD NEW;  symlink TARGET NEW;  readlink PATH
 *   utime PATH SECONDS;  cd PATH;  sync FD;  allocate FD SIZE
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *error_name(void) {
  switch (errno) {
  case EACCES: return "EACCES";
  case EBADF: return "EBADF";
  case EBUSY: return "EBUSY";
  case EEXIST: return "EEXIST";
  case EFBIG: return "EFBIG";
  case EINVAL: return "EINVAL";
  case EIO: return "EIO";
  case EISDIR: return "EISDIR";
  case ELOOP: return "ELOOP";
  case ENAMETOOLONG: return "ENAMETOOLONG";
  case ENOENT: return "ENOENT";
  case ENOSPC: return "ENOSPC";
  case ENOTDIR: return "ENOTDIR";
  case ENOTEMPTY: return "ENOTEMPTY";
  case EPERM: return "EPERM";
  case EROFS: return "EROFS";
  case ESTALE: return "ESTALE";
  case EXDEV: return "EXDEV";
  default: return strerror(errno);
  }
}

static void tell(long result) {
  if (result < 0) puts(error_name());
  else puts("ok");
}

static int open_flags(const char *letters) {
  int flags = 0;
  int reads = strchr(letters, 'r') != NULL, writes = strchr(letters, 'w') != NULL;
  flags |= reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY;
  if (strchr(letters, 'c')) flags |= O_CREAT;
  if (strchr(letters, 'x')) flags |= O_EXCL;
  if (strchr(letters, 't')) flags |= O_TRUNC;
  if (strchr(letters, 'a')) flags |= O_APPEND;
  return flags;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return tell(-1);
  char *names[1024];
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) && count < 1024;)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) {
    printf("%s%s", i ? " " : "", names[i]);
    free(names[i]);
  }
  puts("");
}

static void status(const char *path) {
  struct stat s;
  if (lstat(path, &s)) return tell(-1);
  const char *type = S_ISDIR(s.st_mode) ? "directory" : S_ISLNK(s.st_mode) ? "link" : S_ISREG(s.st_mode) ? "file" : "?";
  printf("%s %lld %llu %lld.%03ld\n", type, (long long)s.st_size, (unsigned long long)s.st_nlink,
         (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec / 1000000);
}

/* Writes pieces of COUNT bytes until one is not taken whole: how many bytes were, and the error. */
static void fill(int fd, size_t count) {
  char *piece = malloc(count);
  memset(piece, 'x', count);
  long long total = 0;
  ssize_t written;
  while ((written = write(fd, piece, count)) > 0) total += written;
  printf("%lld %s\n", total, written < 0 ? error_name() : "end");
  free(piece);
}

int main(void) {
  static char line[1 << 16], buffer[1 << 16];
  while (fgets(line, sizeof line, stdin)) {
    char *word[4] = {"", "", "", ""};
    int words = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *rest = line, *next; words < 4 && rest; rest = next) {
      next = strchr(rest, '\t');
      if (next) *next++ = 0;
      word[words++] = rest;
    }
    const char *op = word[0], *a = word[1], *b = word[2];
    if (!strcmp(op, "open")) {
      int fd = open(a, open_flags(b), 0644);
      if (fd < 0) tell(-1);
      else printf("%d\n", fd);
    } else if (!strcmp(op, "read")) {
      ssize_t got = read(atoi(a), buffer, (size_t)atoi(b));
      if (got < 0) tell(-1);
      else printf("%.*s\n", (int)got, buffer);
    } else if (!strcmp(op, "write")) tell(write(atoi(a), b, strlen(b)));
    else if (!strcmp(op, "fill")) fill(atoi(a), (size_t)atoi(b));
    else if (!strcmp(op, "seek")) tell(lseek(atoi(a), atoll(b), SEEK_SET) < 0 ? -1 : 0);
    else if (!strcmp(op, "close")) tell(close(atoi(a)));
    else if (!strcmp(op, "list")) list(a);
    else if (!strcmp(op, "stat")) status(a);
    else if (!strcmp(op, "truncate")) tell(truncate(a, atoll(b)));
    else if (!strcmp(op, "mkdir")) tell(mkdir(a, 0755));
    else if (!strcmp(op, "rmdir")) tell(rmdir(a));
    else if (!strcmp(op, "unlink")) tell(unlink(a));
    else if (!strcmp(op, "rename")) tell(rename(a, b));
    else if (!strcmp(op, "link")) tell(link(a, b));
    else if (!strcmp(op, "symlink")) tell(symlink(a, b));
    else if (!strcmp(op, "readlink")) {
      ssize_t got = readlink(a, buffer, sizeof buffer);
      if (got < 0) tell(-1);
      else printf("%.*s\n", (int)got, buffer);
    } else if (!strcmp(op, "utime")) {
      struct timespec times[2] = {{atoll(b), 0}, {atoll(b), 0}};
      tell(utimensat(AT_FDCWD, a, times, 0));
    } else if (!strcmp(op, "cd")) tell(chdir(a));
    else if (!strcmp(op, "sync")) tell(fsync(atoi(a)));
    else if (!strcmp(op, "allocate")) {
      errno = posix_fallocate(atoi(a), 0, atoll(b));
      tell(errno ? -1 : 0);
    }
    else puts("?");
    fflush(stdout);
  }
  return 0;
}
