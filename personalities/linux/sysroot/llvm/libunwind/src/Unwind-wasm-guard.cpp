// LLVM's unwinder, and in the same object, so that no program that throws is without it, what the C library starts a process by:
// an exception that nothing catches ends in std::terminate, which says what it was, also in constructors and at exit.
// catch (...) takes C++'s exceptions alone: no trap and nothing that the host throws.

#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>
#include "config.h"
#include "unwind.h"

namespace std {
[[noreturn]] void terminate() noexcept;
}

extern "C" {
#include "Unwind-wasm.c"

void __terminate_if_thrown(void (*function)(void)) {
  try {
    function();
  } catch (...) {
    std::terminate();
  }
}
}
