/*
 * abort(3) for programs on Linux and CNK: ends the process by SIGABRT, not by the trap of wasi-libc's own abort, which looks like SIGILL.
 *
 * Linked before libc, so that assert() and libc's own calls reach it too. With libwasi-emulated-signal a handler for SIGABRT runs first.
 * See: POSIX abort(3); WASI preview 1, proc_raise.
 */
#include <stdint.h>
#include <stdlib.h>

#define SIGNAL_ABRT 6

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")))
extern int32_t wasi_proc_raise(int32_t signal);

/* Weak: only a program that uses the emulated signals has it. */
__attribute__((weak)) extern int raise(int signal);

_Noreturn void abort(void) {
  /* The emulation's own default action calls abort(): the second time goes to the kernel. */
  static _Bool is_raised;
  if (!is_raised && raise) {
    is_raised = 1;
    raise(SIGNAL_ABRT);
  }
  wasi_proc_raise(SIGNAL_ABRT);
  /* A host that ignores the signal, or has none, still must not return. */
  __builtin_trap();
}
