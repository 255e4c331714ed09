// C++'s threads: std::thread, jthread with stop tokens, thread_local and static objects, exceptions in threads and across them.
#include "case.h"
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

CASE(a_thread_takes_arguments_and_moves) {
  std::string text;
  auto owned = std::make_unique<int>(5);
  std::thread thread([&text](std::unique_ptr<int> value, const std::string &more) { text = more + std::to_string(*value); },
                     std::move(owned), "value ");
  CHECK(thread.joinable());
  std::thread moved = std::move(thread);
  CHECK(!thread.joinable() && moved.joinable());
  moved.join();
  CHECK(!moved.joinable());
  CHECK(text == "value 5");
}

struct Counter {
  int value = 0;
  void add(int more) { value += more; }
};
CASE(a_thread_calls_a_member_of_an_object) {
  Counter counter;
  std::thread(&Counter::add, &counter, 3).join();
  std::thread(&Counter::add, std::ref(counter), 4).join();
  CHECK_IS(counter.value, 7);
}

CASE(ids_differ_and_none_is_none) {
  std::thread::id inside;
  std::thread thread([&] { inside = std::this_thread::get_id(); });
  std::thread::id before = thread.get_id();
  thread.join();
  CHECK(inside == before && inside != std::this_thread::get_id());
  CHECK(thread.get_id() == std::thread::id());
  std::ostringstream out;
  out << before;
  CHECK(!out.str().empty());
  CHECK(std::hash<std::thread::id>()(before) == std::hash<std::thread::id>()(inside));
}

CASE(wrong_joins_throw) {
  std::thread none;
  try {
    none.join();
    CHECK(false);
  } catch (const std::system_error &error) {
    CHECK(error.code() == std::errc::invalid_argument);
  }
  try {
    none.detach();
    CHECK(false);
  } catch (const std::system_error &) {
  }
}

CASE(a_detached_thread_runs) {
  std::atomic<bool> ran = false;
  std::thread([&] { ran = true; }).detach();
  while (!ran) std::this_thread::yield();
}

CASE(there_is_a_number_of_processors) { CHECK(std::thread::hardware_concurrency() >= 1); }

CASE(sleeping_takes_as_long_as_asked) {
  auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(3ms);
  CHECK(std::chrono::steady_clock::now() - before >= 3ms);
  auto due = std::chrono::steady_clock::now() + 3ms;
  std::this_thread::sleep_until(due);
  CHECK(std::chrono::steady_clock::now() >= due);
}

CASE(a_jthread_stops_and_joins_itself) {
  std::atomic<int> turns = 0, ended = 0;
  {
    std::jthread thread([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        turns++;
        std::this_thread::yield();
      }
      ended++;
    });
    while (turns < 10) std::this_thread::yield();
    CHECK_IS(ended, 0);
  }
  CHECK_IS(ended, 1);
}

CASE(stop_callbacks_run_once_in_the_thread_that_stops) {
  std::atomic<int> called = 0, ready = 0;
  std::thread::id caller;
  std::jthread thread([&](std::stop_token stop) {
    std::stop_callback callback(stop, [&] {
      caller = std::this_thread::get_id();
      called++;
    });
    { std::stop_callback removed(stop, [&] { called += 100; }); }
    ready = 1;
    while (called == 0) std::this_thread::yield();
  });
  while (ready == 0) std::this_thread::yield();
  CHECK(thread.request_stop());
  CHECK(!thread.request_stop());
  CHECK(caller == std::this_thread::get_id());
  thread.join();
  CHECK_IS(called, 1);
}

CASE(a_callback_after_the_stop_runs_at_once) {
  std::stop_source source;
  CHECK(source.stop_possible() && source.request_stop());
  bool called = false;
  std::stop_callback callback(source.get_token(), [&] { called = true; });
  CHECK(called);
}

struct Local {
  static inline std::atomic<int> made = 0, gone = 0;
  int value = 5;
  Local() { made++; }
  ~Local() { gone++; }
};
thread_local Local local;
CASE(thread_locals_are_made_and_destroyed_by_their_thread) {
  int made = Local::made, gone = Local::gone;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([i] {
      CHECK_IS(local.value, 5);
      local.value = i;
      std::this_thread::yield();
      CHECK_IS(local.value, i);
    });
  for (auto &thread : threads) thread.join();
  CHECK_IS(Local::made - made, 4);
  CHECK_IS(Local::gone - gone, 4);
}

std::string order;
struct Ordered {
  char letter;
  explicit Ordered(char letter) : letter(letter) {}
  ~Ordered() { order += letter; }
};
CASE(thread_locals_are_destroyed_last_first) {
  order.clear();
  std::thread([] {
    thread_local Ordered a('a');
    thread_local Ordered b('b');
    static thread_local Ordered c('c');
  }).join();
  CHECK(order == "cba");
}

CASE(thread_locals_that_nobody_used_are_not_made) {
  int made = Local::made;
  std::thread([] {}).join();
  CHECK_IS(Local::made, made);
}

struct Slow {
  static inline std::atomic<int> made = 0;
  int value = 0;
  Slow() {
    std::this_thread::sleep_for(2ms);
    value = 42;
    made++;
  }
};
CASE(a_static_is_made_once_and_all_wait_for_it) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([] {
      static Slow slow;
      CHECK_IS(slow.value, 42);
    });
  for (auto &thread : threads) thread.join();
  CHECK_IS(Slow::made, 1);
}

CASE(a_static_whose_making_throws_is_tried_by_the_next) {
  static std::atomic<int> tries = 0;
  std::atomic<int> caught = 0;
  auto get = [] {
    static int value = [] {
      std::this_thread::sleep_for(1ms);
      if (++tries < 3) throw std::runtime_error("not yet");
      return 7;
    }();
    return value;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&] {
      try {
        CHECK_IS(get(), 7);
      } catch (const std::runtime_error &) {
        caught++;
      }
    });
  for (auto &thread : threads) thread.join();
  CHECK_IS(caught, 2);
  CHECK_IS(tries, 3);
}

int descend(int depth) {
  struct Guard {
    int &count;
    ~Guard() { count++; }
  };
  static thread_local int unwound = 0;
  Guard guard{unwound};
  if (depth == 0) throw unwound;
  return descend(depth - 1) + 1;
}
CASE(exceptions_in_all_threads_at_once) {
  std::atomic<int> caught = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&caught] {
      for (int round = 0; round < 500; round++) {
        try {
          descend(round % 20);
        } catch (int) {
          caught++;
        }
        try {
          try {
            throw std::runtime_error(std::string(50, 'x'));
          } catch (...) {
            std::throw_with_nested(std::logic_error("outer"));
          }
        } catch (const std::logic_error &outer) {
          CHECK(std::uncaught_exceptions() == 0);
          try {
            std::rethrow_if_nested(outer);
          } catch (const std::runtime_error &inner) {
            CHECK_IS(std::string(inner.what()).size(), 50);
          }
        }
      }
    });
  for (auto &thread : threads) thread.join();
  CHECK_IS(caught, 2000);
}

struct Fault : std::runtime_error {
  static inline std::atomic<int> alive = 0;
  int number;
  explicit Fault(int number) : std::runtime_error("fault"), number(number) { alive++; }
  Fault(const Fault &other) : std::runtime_error(other), number(other.number) { alive++; }
  ~Fault() override { alive--; }
};
CASE(an_exception_goes_from_one_thread_to_others) {
  {
    std::exception_ptr pointer;
    std::thread([&] {
      try {
        throw Fault(9);
      } catch (...) {
        pointer = std::current_exception();
      }
    }).join();
    NEED(pointer != nullptr);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
      threads.emplace_back([pointer] {
        for (int round = 0; round < 200; round++) {
          try {
            std::rethrow_exception(pointer);
          } catch (const Fault &fault) {
            CHECK_IS(fault.number, 9);
          }
        }
      });
    for (auto &thread : threads) thread.join();
  }
  CHECK_IS(Fault::alive, 0);
}

CASE(shared_pointers_are_counted_by_all) {
  static std::atomic<int> gone = 0;
  struct Shared {
    ~Shared() { gone++; }
  };
  auto shared = std::make_shared<Shared>();
  std::weak_ptr<Shared> weak = shared;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([shared] {
      std::vector<std::shared_ptr<Shared>> copies;
      for (int round = 0; round < 5000; round++) {
        copies.push_back(shared);
        if (copies.size() > 100) copies.clear();
      }
    });
  for (auto &thread : threads) thread.join();
  threads.clear();
  CHECK_IS(shared.use_count(), 1);
  shared.reset();
  CHECK_IS(gone, 1);
  CHECK(weak.expired());
}

CASE(more_threads_than_there_is_room_for_throw_and_all_come_back) {
  std::size_t counts[2];
  for (auto &count : counts) {
    std::mutex gate;
    std::vector<std::thread> threads;
    {
      std::lock_guard lock(gate);
      try {
        for (int i = 0; i < 64; i++) threads.emplace_back([&gate] { std::lock_guard lock(gate); });
      } catch (const std::system_error &error) {
        CHECK(error.code() == std::errc::resource_unavailable_try_again);
      }
    }
    count = threads.size();
    for (auto &thread : threads) thread.join();
  }
  CHECK(counts[0] >= 1);
  CHECK_IS(counts[1], counts[0]);
}

CASE(a_native_handle_is_a_pthread) {
  std::atomic<bool> stop = false;
  std::thread thread([&] {
    while (!stop) std::this_thread::yield();
  });
  CHECK_IS(pthread_setname_np(thread.native_handle(), "by handle"), 0);
  stop = true;
  thread.join();
}

ENDING(an_exception_that_nobody_catches_terminates, "134", "in a thread") {
  std::set_terminate([] {
    std::puts("terminated in a thread");
    std::fflush(stdout);
    std::abort();
  });
  std::thread([] { throw std::runtime_error("nobody catches it"); }).join();
  return 1;
}

ENDING(a_thread_that_is_not_joined_terminates, "134", "") {
  std::thread thread([] { std::this_thread::sleep_for(600s); });
  return 0;
}

struct AtEnd {
  ~AtEnd() {
    std::puts("destroyed");
    std::fflush(stdout);
    std::_Exit(31);
  }
};
ENDING(a_thread_local_destructor_ends_the_process, "31", "destroyed") {
  std::thread([] { static thread_local AtEnd end; }).join();
  return 1;
}

struct Says {
  const char *text;
  ~Says() { std::puts(text); }
};
ENDING(mains_thread_locals_are_destroyed_before_statics, "0", "thread local") {
  static Says last{"static"};
  static thread_local Says first{"thread local"};
  return 0;
}

ENDING(exit_in_a_thread_destroys_statics_while_others_wait, "32", "static") {
  static Says last{"static"};
  std::thread waits([] { std::this_thread::sleep_for(600s); });
  std::thread([] { std::exit(32); }).join();
  return 1;
}

} // namespace
