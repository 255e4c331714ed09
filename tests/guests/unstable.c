/*
 * unstable FILE: makes the calls of wasi_unstable whose layout or numbers differ from preview 1's, on a file that is there,
 * and tells what they gave. The structs are those of its witx. The test renames all other imports, the C library's, too.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("wasi_unstable"), import_name(#name))) int unstable_##name

typedef struct {
  uint64_t dev, ino;
  uint8_t filetype;
  uint32_t nlink;
  uint64_t size, atim, mtim, ctim;
} filestat;

typedef struct {
  uint64_t userdata;
  uint8_t tag;
  union {
    struct {
      uint64_t identifier;
      uint32_t id;
      uint64_t timeout, precision;
      uint16_t flags;
    } clock;
    uint32_t fd;
  };
} subscription;

typedef struct {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint64_t nbytes;
  uint16_t flags;
} event;

_Static_assert(sizeof(filestat) == 56 && sizeof(subscription) == 56 && sizeof(event) == 32, "layout of the witx");

IMPORT(fd_filestat_get)(int fd, filestat *buf);
IMPORT(path_filestat_get)(int fd, uint32_t flags, const char *path, size_t path_len, filestat *buf);
IMPORT(fd_seek)(int fd, int64_t offset, uint32_t whence, uint64_t *newoffset);
IMPORT(poll_oneoff)(const subscription *in, event *out, size_t nsubscriptions, size_t *nevents);

enum { CUR, END, SET };
enum { ROOT = 3 };

static void tell_stat(const char *call, int error, const filestat *stat, const unsigned char *behind) {
  printf("%s %d: type %u, links %u, size %llu, mtim %s, behind %02x\n", call, error, stat->filetype, stat->nlink,
         (unsigned long long)stat->size, stat->mtim > 0 ? "set" : "zero", *behind);
}

static void tell_seek(int fd, int64_t offset, uint32_t whence) {
  uint64_t at = 99;
  int error = unstable_fd_seek(fd, offset, whence, &at);
  printf("seek %lld from %u: %d, %llu\n", (long long)offset, whence, error, (unsigned long long)at);
}

int main(int argc, char **argv) {
  struct {
    filestat stat;
    unsigned char behind;
  } area;
  int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  if (fd < 0) return 1;

  memset(&area, 0xa5, sizeof area);
  int error = unstable_fd_filestat_get(fd, &area.stat);
  tell_stat("fd", error, &area.stat, &area.behind);
  memset(&area, 0xa5, sizeof area);
  error = unstable_path_filestat_get(ROOT, 0, argv[1] + 1, strlen(argv[1] + 1), &area.stat);
  tell_stat("path", error, &area.stat, &area.behind);

  tell_seek(fd, -2, END);
  tell_seek(fd, 1, CUR);
  tell_seek(fd, 3, SET);
  tell_seek(fd, 0, 3);

  subscription in[2] = {{.userdata = 7, .tag = 1, .fd = (uint32_t)fd}, {.userdata = 8, .tag = 0}};
  in[1].clock.identifier = ~0ull;
  in[1].clock.id = 1;
  in[1].clock.timeout = 1000000;
  event out[2];
  size_t events = 0;
  error = unstable_poll_oneoff(in, out, 2, &events);
  printf("poll %d: %zu, of %llu, %llu bytes\n", error, events, (unsigned long long)out[0].userdata,
         (unsigned long long)out[0].nbytes);
  error = unstable_poll_oneoff(in + 1, out, 1, &events);
  printf("sleep %d: %zu, of %llu, error %u\n", error, events, (unsigned long long)out[0].userdata, out[0].error);
  return 0;
}
