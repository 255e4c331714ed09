// C++'s futures: promises, packaged tasks, async, and exceptions that travel in them.
#include "case.h"
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

CASE(a_promise_is_kept_by_another_thread) {
  std::promise<std::string> promise;
  std::future<std::string> future = promise.get_future();
  std::thread thread([](std::promise<std::string> promise) { promise.set_value("kept"); }, std::move(promise));
  CHECK(future.get() == "kept");
  CHECK(!future.valid());
  thread.join();
}

CASE(a_promise_of_nothing_and_of_a_reference) {
  int value = 1;
  std::promise<void> done;
  std::promise<int &> place;
  std::future<void> isDone = done.get_future();
  std::future<int &> at = place.get_future();
  std::thread thread([&] {
    place.set_value(value);
    value = 2;
    done.set_value();
  });
  isDone.wait();
  CHECK(&at.get() == &value);
  CHECK_IS(value, 2);
  thread.join();
}

CASE(a_promise_holds_an_exception) {
  std::promise<int> promise;
  std::future<int> future = promise.get_future();
  std::thread thread([&] {
    try {
      throw std::out_of_range("there");
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  });
  try {
    future.get();
    CHECK(false);
  } catch (const std::out_of_range &error) {
    CHECK(std::string(error.what()) == "there");
  }
  thread.join();
}

CASE(a_broken_promise_says_so) {
  std::future<int> future;
  std::thread([&] { future = std::promise<int>().get_future(); }).join();
  try {
    future.get();
    CHECK(false);
  } catch (const std::future_error &error) {
    CHECK(error.code() == std::future_errc::broken_promise);
  }
}

CASE(a_promise_is_kept_once) {
  std::promise<int> promise;
  auto future = promise.get_future();
  promise.set_value(1);
  try {
    promise.set_value(2);
    CHECK(false);
  } catch (const std::future_error &error) {
    CHECK(error.code() == std::future_errc::promise_already_satisfied);
  }
  try {
    promise.get_future();
    CHECK(false);
  } catch (const std::future_error &error) {
    CHECK(error.code() == std::future_errc::future_already_retrieved);
  }
  CHECK_IS(future.get(), 1);
}

CASE(waiting_for_a_future_ends_by_time) {
  std::promise<int> promise;
  auto future = promise.get_future();
  CHECK(future.wait_for(0s) == std::future_status::timeout);
  CHECK(future.wait_for(2ms) == std::future_status::timeout);
  CHECK(future.wait_until(std::chrono::steady_clock::now() + 2ms) == std::future_status::timeout);
  std::thread thread([&] { promise.set_value(3); });
  CHECK(future.wait_for(60s) == std::future_status::ready);
  CHECK_IS(future.get(), 3);
  thread.join();
}

CASE(a_shared_future_is_for_all) {
  std::promise<int> promise;
  std::shared_future<int> future = promise.get_future().share();
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) threads.emplace_back([&sum, future] { sum += future.get(); });
  promise.set_value(5);
  for (auto &thread : threads) thread.join();
  CHECK_IS(sum, 20);
}

CASE(async_runs_in_another_thread) {
  auto future = std::async(std::launch::async, [] { return std::this_thread::get_id(); });
  CHECK(future.get() != std::this_thread::get_id());
}

CASE(deferred_async_runs_when_asked_for) {
  bool ran = false;
  auto future = std::async(std::launch::deferred, [&] {
    ran = true;
    return std::this_thread::get_id();
  });
  CHECK(future.wait_for(0s) == std::future_status::deferred);
  CHECK(!ran);
  CHECK(future.get() == std::this_thread::get_id());
}

CASE(async_gives_its_exception) {
  auto future = std::async(std::launch::async, []() -> int { throw std::logic_error("in async"); });
  try {
    future.get();
    CHECK(false);
  } catch (const std::logic_error &error) {
    CHECK(std::string(error.what()) == "in async");
  }
}

CASE(the_future_of_async_waits_when_it_is_dropped) {
  std::atomic<int> done = 0;
  {
    auto future = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(2ms);
      done++;
    });
  }
  CHECK_IS(done, 1);
}

long sumBetween(const std::vector<int> &values, std::size_t first, std::size_t last, int depth) {
  if (depth == 0) return std::accumulate(values.begin() + first, values.begin() + last, 0L);
  std::size_t middle = (first + last) / 2;
  auto left = std::async(std::launch::async, sumBetween, std::cref(values), first, middle, depth - 1);
  long right = sumBetween(values, middle, last, depth - 1);
  return left.get() + right;
}
CASE(async_within_async) {
  std::vector<int> values(10000);
  std::iota(values.begin(), values.end(), 0);
  CHECK_IS(sumBetween(values, 0, values.size(), 2), 9999L * 10000 / 2);
}

CASE(a_packaged_task_is_called_elsewhere) {
  std::packaged_task<int(int, int)> task([](int a, int b) { return a * b; });
  auto future = task.get_future();
  std::thread thread(std::move(task), 6, 7);
  CHECK_IS(future.get(), 42);
  thread.join();
  std::packaged_task<void()> throws([] { throw 5; });
  auto none = throws.get_future();
  throws();
  try {
    none.get();
    CHECK(false);
  } catch (int number) {
    CHECK_IS(number, 5);
  }
  throws.reset();
  CHECK(throws.valid());
}

// libc++ does not say whether thread_local objects are destroyed before.
CASE(a_value_that_is_ready_when_its_thread_ends) {
  static std::atomic<bool> gone;
  struct Local {
    ~Local() { gone = true; }
  };
  gone = false;
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread thread([&] {
    static thread_local Local local;
    promise.set_value_at_thread_exit(8);
    CHECK(future.wait_for(0s) == std::future_status::timeout);
  });
  CHECK_IS(future.get(), 8);
  thread.join();
  CHECK(gone);
}

CASE(a_hundred_futures) {
  long sum = 0;
  for (int i = 0; i < 100; i++) {
    auto one = std::async(std::launch::async, [i] { return i; });
    auto two = std::async(std::launch::async, [i] { return std::make_unique<int>(2 * i); });
    sum += one.get() + *two.get();
  }
  CHECK_IS(sum, 3L * 99 * 100 / 2);
}

} // namespace
