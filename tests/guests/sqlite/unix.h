/*
 * What SQLite's port to Unix takes from libc and wasi-libc does not have; included before sqlite3.c, which is compiled without __wasi__.
 *
 * SQLite 3.46's own settings for WASI would leave out write-ahead logs, and call a null fchmod for each temporary file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* No call of WASI locks a file. The VFS `unix-none` locks nothing, `unix-dotfile` makes directories; neither uses these. */
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6

/* WASI knows no users. Only root gives files away, so this is somebody else. */
static inline uid_t geteuid(void) { return 1000; }

static inline int fchown(int fd, uid_t owner, gid_t group) {
  (void)fd, (void)owner, (void)group;
  errno = EPERM;
  return -1;
}
