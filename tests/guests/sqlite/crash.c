/*
 * A process that dies in the middle of a change: SQLite's calls that change files go through here, and the chosen one is done by half before
 * SIGKILL. What SQLite has written so far stays, as after a crash of the program (not of the machine: nothing cached is lost).
 */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "database.h"

/* Calls until the end; 0: it does not come. */
static long left;

static int is_last(void) { return left > 0 && --left == 0; }

static ssize_t crashing_pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  if (!is_last()) return pwrite(fd, bytes, count, offset);
  pwrite(fd, bytes, count / 2, offset);
  raise(SIGKILL);
  return -1;
}

static int crashing_ftruncate(int fd, off_t size) {
  if (is_last()) raise(SIGKILL);
  return ftruncate(fd, size);
}

static int crashing_unlink(const char *path) {
  if (is_last()) raise(SIGKILL);
  return unlink(path);
}

void crash_after(long count) {
  static const struct {
    const char *name;
    sqlite3_syscall_ptr function;
  } overrides[] = {
      {"pwrite", (sqlite3_syscall_ptr)crashing_pwrite},
      {"ftruncate", (sqlite3_syscall_ptr)crashing_ftruncate},
      {"unlink", (sqlite3_syscall_ptr)crashing_unlink},
  };
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++) {
    if (vfs->xSetSystemCall(vfs, overrides[i].name, overrides[i].function)) fail("no system call %s", overrides[i].name);
  }
  left = count;
}
