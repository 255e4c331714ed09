/* Writes a line to stdout, then does what its argument names; each of it ends a native program by a signal. */
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;

__attribute__((noinline)) static int divide(int by) {
  return 7919 / by;
}

__attribute__((noinline)) static int overflow(int depth) {
  volatile char frame[128];
  frame[depth % 128] = (char)depth;
  return overflow(depth + 1) + frame[depth % 128];
}

__attribute__((noinline)) static void out_of_bounds(void) {
  *(volatile int *)0xfffffff0 = 1;
}

int main(int argc, char **argv) {
  const char *fault = argc > 1 ? argv[1] : "";
  printf("before %s\n", fault);
  fflush(stdout);
  if (!strcmp(fault, "bounds")) out_of_bounds();
  if (!strcmp(fault, "null-call")) ((void (*)(void))(long)zero)();
  if (!strcmp(fault, "wrong-call")) {
    int (*volatile function)(int) = divide;
    return (int)((double (*)(double))function)(1.0);
  }
  if (!strcmp(fault, "divide")) return divide(zero);
  if (!strcmp(fault, "divide-overflow")) return (INT_MIN + zero) / (zero - 1);
  if (!strcmp(fault, "unreachable")) __builtin_trap();
  if (!strcmp(fault, "abort")) abort();
  if (!strcmp(fault, "raise")) raise(SIGTERM);
  if (!strcmp(fault, "stack")) return overflow(zero);
  if (!strcmp(fault, "convert")) {
    volatile double huge = 1e30;
    int result;
    __asm__("local.get %1\n i32.trunc_f64_s\n local.set %0" : "=r"(result) : "r"(huge));
    return result;
  }
  if (!strcmp(fault, "unaligned")) {
    static _Alignas(8) char bytes[16];
    int result;
    __asm__("local.get %1\n i32.atomic.load 0\n local.set %0" : "=r"(result) : "r"(bytes + 1 + zero));
    return result;
  }
  return 0;
}
