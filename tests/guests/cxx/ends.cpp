// How programs with exceptions end: by terminate, abort, exit and traps, which no handler swallows.
#include "case.h"
#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>

namespace {
[[gnu::noinline]] void fail(const char *text) { throw std::runtime_error(text); }
[[gnu::noinline]] void promise() noexcept { fail("promised"); }
struct Loud {
  ~Loud() { std::fputs("destroyed\n", stderr); }
};
struct Throwing {
  ~Throwing() noexcept(false) { throw 2; }
};
} // namespace

CASE_ENDING(uncaught, ENDED_BY_ABORT, "runtime_error: boom") { fail("boom"); }

CASE_ENDING(uncaught_without_text, ENDED_BY_ABORT, "terminating") { throw 42; }

CASE_ENDING(thrown_out_of_noexcept, ENDED_BY_ABORT, "terminating") {
  try {
    promise();
  } catch (...) {
    std::fputs("not here\n", stderr);
    std::_Exit(0);
  }
}

CASE_ENDING(thrown_while_unwinding, ENDED_BY_ABORT, "terminating") {
  try {
    Throwing throwing;
    throw 1;
  } catch (...) {
    std::_Exit(0);
  }
}

CASE_ENDING(rethrown_without_an_exception, ENDED_BY_ABORT, "terminating") { throw; }

CASE_ENDING(a_terminate_handler_runs, 3, "our handler") {
  std::set_terminate([] {
    std::fputs("our handler\n", stderr);
    std::_Exit(3);
  });
  fail("x");
}

CASE_ENDING(a_terminate_handler_sees_the_exception, 4, "seen: x") {
  std::set_terminate([] {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception &error) {
      std::fprintf(stderr, "seen: %s\n", error.what());
    }
    std::_Exit(4);
  });
  fail("x");
}

CASE_ENDING(thrown_in_an_atexit_handler, ENDED_BY_ABORT, "late") {
  std::atexit([] { fail("late"); });
}

CASE_ENDING(exit_passes_handlers, 5, "") {
  try {
    std::exit(5);
  } catch (...) {
    std::_Exit(1);
  }
}

CASE_ENDING(exit_runs_no_destructor_of_the_stack, 6, "") {
  static bool isDestroyed;
  struct Local {
    ~Local() { isDestroyed = true; }
  } local;
  std::atexit([] { std::_Exit(isDestroyed ? 1 : 6); });
  std::exit(0);
}

CASE_ENDING(abort_passes_handlers, ENDED_BY_ABORT, "") {
  try {
    std::abort();
  } catch (...) {
    std::_Exit(1);
  }
}

CASE_ENDING(a_trap_passes_handlers, 132, "") {
  try {
    Loud loud;
    __builtin_trap();
  } catch (...) {
    std::_Exit(1);
  }
}

CASE_ENDING(a_handler_of_sigabrt_runs, 7, "handled") {
  std::signal(SIGABRT, [](int) {
    std::fputs("handled\n", stderr);
    std::_Exit(7);
  });
  fail("x");
}

CASE_ENDING(quick_exit_runs_its_own_handlers, 8, "quick") {
  std::atexit([] { std::_Exit(1); });
  std::at_quick_exit([] { std::fputs("quick\n", stderr); });
  std::quick_exit(8);
}
