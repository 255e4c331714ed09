/*
 * raise(3) for programs that have no signal handlers: sends the signal to the own process.
 *
 * A program with handlers links libwasi-emulated-signal, whose raise() then comes first. Signal numbers are Linux's, which are preview 1's.
 * See: POSIX raise(3); WASI preview 1, proc_raise.
 */
#include <errno.h>
#include <stdint.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")))
extern int32_t wasi_proc_raise(int32_t signal);

int raise(int signal) {
  int32_t error = wasi_proc_raise(signal);
  if (error == 0)
    return 0;
  errno = error;
  return -1;
}
