// What the benchmark of host directories measures as a guest: transfers, opens, attributes and listings of a mounted
// directory, each function timed by the guest's own clock. Results are nanoseconds, or −errno.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static char path[4096];
static char *bytes;
static size_t room;

EXPORT(path_buffer) char *path_buffer(void) { return path; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/** Makes a buffer of a request's size, every page touched. */
static int reserve(size_t request) {
  if (request <= room) return 0;
  free(bytes);
  bytes = malloc(request);
  room = bytes ? request : 0;
  if (!bytes) return -ENOMEM;
  memset(bytes, 0x5a, request);
  return 0;
}

EXPORT(write_all) double write_all(int request, double total) {
  if (reserve(request) < 0) return -ENOMEM;
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return -errno;
  double start = now();
  for (double done = 0; done < total; done += request)
    if (write(fd, bytes, request) != request) return -EIO;
  double end = now();
  close(fd);
  return end - start;
}

EXPORT(read_all) double read_all(int request, double total) {
  if (reserve(request) < 0) return -ENOMEM;
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -errno;
  double start = now();
  for (double done = 0; done < total; done += request)
    if (read(fd, bytes, request) != request) return -EIO;
  double end = now();
  close(fd);
  return end - start;
}

EXPORT(open_close) double open_close(int count) {
  double start = now();
  for (int i = 0; i < count; i++) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) return -errno;
    close(fd);
  }
  return now() - start;
}

EXPORT(stat_all) double stat_all(int count) {
  struct stat s;
  double start = now();
  for (int i = 0; i < count; i++)
    if (stat(path, &s) < 0) return -errno;
  return now() - start;
}

/** Lists the directory once. */
EXPORT(list_all) double list_all(int expected) {
  double start = now();
  DIR *directory = opendir(path);
  if (!directory) return -errno;
  int count = 0;
  while (readdir(directory)) count++;
  closedir(directory);
  return count >= expected ? now() - start : -ENOENT;
}
