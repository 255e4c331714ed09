// setjmp and longjmp, alone and among exceptions.
#include "case.h"
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace {
std::jmp_buf place, other;
[[gnu::noinline]] void leave(int depth, int value) {
  char room[64];
  std::memset(room, depth, sizeof room);
  if (depth == 0) std::longjmp(place, value);
  leave(depth - 1, value);
  asm volatile("" : : "r"(room));
}
} // namespace

CASE(back_through_many_frames) {
  volatile int count = 0;
  int value = setjmp(place);
  if (value == 0) {
    count = 1;
    leave(500, 9);
  }
  CHECK(value == 9);
  CHECK(count == 1);
}

CASE(zero_becomes_one) {
  int value = setjmp(place);
  if (value == 0) std::longjmp(place, 0);
  CHECK(value == 1);
}

CASE(again_and_again) {
  volatile int count = 0;
  int value = setjmp(place);
  count = count + 1;
  if (value < 100) leave(3, value + 1);
  CHECK(value == 100);
  CHECK(count == 101);
}

CASE(to_the_buffer_that_is_named) {
  volatile int steps = 0;
  if (setjmp(place) == 0) {
    if (setjmp(other) == 0) {
      steps = steps + 1;
      std::longjmp(other, 1);
    }
    steps = steps + 10;
    std::longjmp(place, 1);
  }
  steps = steps + 100;
  CHECK(steps == 111);
}

CASE(within_a_loop) {
  volatile int sum = 0;
  for (volatile int i = 0; i < 10; i = i + 1) {
    if (setjmp(place) == 0) leave(2, 1);
    else sum = sum + i;
  }
  CHECK(sum == 45);
}

CASE(out_of_a_callback_of_c) {
  static int compared;
  int values[] = {4, 3, 2, 1};
  if (setjmp(place) == 0) {
    std::qsort(values, 4, sizeof values[0], [](const void *, const void *) -> int {
      if (++compared == 2) std::longjmp(place, 1);
      return 0;
    });
    CHECK(false);
  }
  CHECK(compared == 2);
}

CASE(with_signal_masks) {
  sigjmp_buf saved;
  int value = sigsetjmp(saved, 1);
  if (value == 0) siglongjmp(saved, 6);
  CHECK(value == 6);
}

CASE(beside_exceptions) {
  volatile int steps = 0;
  int value = setjmp(place);
  if (value == 0) {
    try {
      throw std::runtime_error("first");
    } catch (const std::runtime_error &) {
      steps = steps + 1;
    }
    leave(5, 2);
  }
  CHECK(value == 2);
  try {
    steps = steps + 10;
    throw 3;
  } catch (int) {
    steps = steps + 100;
  }
  CHECK(steps == 111);
}

CASE(past_a_handler_of_everything) {
  volatile bool isCaught = false;
  int value = setjmp(place);
  if (value == 0) {
    try {
      leave(2, 4);
    } catch (...) {
      isCaught = true;
    }
  }
  CHECK(value == 4);
  CHECK(!isCaught);
}

CASE(out_of_a_signal_handler) {
  std::signal(SIGUSR1, [](int) { std::longjmp(place, 5); });
  int value = setjmp(place);
  if (value == 0) {
    std::raise(SIGUSR1);
    CHECK(false);
  }
  CHECK(value == 5);
}
