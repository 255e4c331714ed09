// Catches everything there is to catch around exit(3), and would then go on for ever: exit must end it all the same.
// The C++ library has no exceptions here, so the entry points that `catch` needs stand below.
#include <cstdio>
#include <cstdlib>

extern "C" void *__cxa_begin_catch(void *exception) { return exception; }
extern "C" void __cxa_end_catch() {}

int main() {
  for (;;) {
    try {
      std::puts("leaving");
      std::exit(3);
    } catch (...) {
      std::puts("caught");
    }
  }
}
