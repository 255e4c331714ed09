// C++'s locks and what is built like them: mutexes, condition variables, call_once, latches, barriers, semaphores, atomics that wait.
#include "case.h"
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <queue>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr int THREADS = 4;
template <typename Function> void inThreads(Function function) {
  std::vector<std::thread> threads;
  for (int i = 0; i < THREADS; i++) threads.emplace_back(function, i);
  for (auto &thread : threads) thread.join();
}

template <typename Mutex> void excludes() {
  Mutex mutex;
  long counter = 0;
  inThreads([&](int) {
    for (int i = 0; i < 5000; i++) {
      std::lock_guard lock(mutex);
      counter++;
    }
  });
  CHECK_IS(counter, THREADS * 5000);
}
CASE(mutexes_exclude) {
  excludes<std::mutex>();
  excludes<std::timed_mutex>();
  excludes<std::recursive_mutex>();
  excludes<std::recursive_timed_mutex>();
  excludes<std::shared_mutex>();
  excludes<std::shared_timed_mutex>();
}

CASE(a_held_mutex_cannot_be_tried) {
  std::mutex mutex;
  std::timed_mutex timed;
  std::unique_lock one(mutex);
  std::unique_lock two(timed);
  std::thread([&] {
    CHECK(!mutex.try_lock());
    CHECK(!timed.try_lock());
    CHECK(!timed.try_lock_for(2ms));
    CHECK(!timed.try_lock_until(std::chrono::steady_clock::now() + 2ms));
  }).join();
  two.unlock();
  std::thread([&] {
    CHECK(timed.try_lock_for(60s));
    timed.unlock();
  }).join();
}

CASE(unique_locks_know_what_they_hold) {
  std::mutex mutex;
  std::unique_lock lock(mutex, std::defer_lock);
  CHECK(!lock.owns_lock());
  lock.lock();
  CHECK(lock.owns_lock());
  try {
    lock.lock();
    CHECK(false);
  } catch (const std::system_error &error) {
    CHECK(error.code() == std::errc::resource_deadlock_would_occur);
  }
  lock.unlock();
  try {
    lock.unlock();
    CHECK(false);
  } catch (const std::system_error &error) {
    CHECK(error.code() == std::errc::operation_not_permitted);
  }
}

CASE(two_mutexes_in_any_order_do_not_deadlock) {
  std::mutex a, b;
  int counter = 0;
  inThreads([&](int number) {
    for (int i = 0; i < 2000; i++) {
      if (number % 2) {
        std::scoped_lock lock(a, b);
        counter++;
      } else {
        std::scoped_lock lock(b, a);
        counter++;
      }
    }
  });
  CHECK_IS(counter, THREADS * 2000);
}

CASE(a_shared_mutex_is_shared_by_readers) {
  std::shared_timed_mutex mutex;
  std::barrier together(THREADS);
  inThreads([&](int) {
    std::shared_lock lock(mutex);
    together.arrive_and_wait();
    CHECK(!mutex.try_lock());
    CHECK(!mutex.try_lock_for(1ms));
    together.arrive_and_wait();
  });
  std::unique_lock lock(mutex);
  std::thread([&] {
    CHECK(!mutex.try_lock_shared());
    CHECK(!mutex.try_lock_shared_for(1ms));
  }).join();
}

CASE(readers_never_see_half_a_write) {
  std::shared_mutex mutex;
  long a = 0, b = 0;
  inThreads([&](int number) {
    for (int i = 0; i < 3000; i++) {
      if (number == 0) {
        std::unique_lock lock(mutex);
        a++, b--;
      } else {
        std::shared_lock lock(mutex);
        CHECK(a == -b);
      }
    }
  });
  CHECK_IS(a, 3000);
}

CASE(a_queue_with_a_condition_variable) {
  std::mutex mutex;
  std::condition_variable changed;
  std::queue<int> queue;
  long sum = 0;
  inThreads([&](int number) {
    for (int i = 1; i <= 2000; i++) {
      std::unique_lock lock(mutex);
      if (number % 2) {
        changed.wait(lock, [&] { return queue.size() < 8; });
        queue.push(i);
      } else {
        changed.wait(lock, [&] { return !queue.empty(); });
        sum += queue.front();
        queue.pop();
      }
      changed.notify_all();
    }
  });
  CHECK_IS(sum, 2L * 2000 * 2001 / 2);
}

CASE(timed_waits_of_both_clocks) {
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_lock lock(mutex);
  CHECK(!changed.wait_for(lock, 2ms, [] { return false; }));
  auto steady = std::chrono::steady_clock::now() + 3ms;
  while (changed.wait_until(lock, steady) != std::cv_status::timeout) {
  }
  CHECK(std::chrono::steady_clock::now() >= steady);
  auto system = std::chrono::system_clock::now() + 3ms;
  while (changed.wait_until(lock, system) != std::cv_status::timeout) {
  }
  CHECK(std::chrono::system_clock::now() >= system);
  bool set = false;
  std::thread thread([&] {
    std::lock_guard lock(mutex);
    set = true;
    changed.notify_one();
  });
  CHECK(changed.wait_for(lock, 60s, [&] { return set; }));
  lock.unlock();
  thread.join();
}

CASE(a_condition_of_any_lock_is_stopped_by_a_token) {
  std::shared_mutex mutex;
  std::condition_variable_any changed;
  std::atomic<bool> waits = false;
  bool result = true;
  std::jthread thread([&](std::stop_token stop) {
    std::shared_lock lock(mutex);
    waits = true;
    result = changed.wait(lock, stop, [] { return false; });
  });
  while (!waits) std::this_thread::yield();
  thread.request_stop();
  thread.join();
  CHECK(!result);
}

CASE(call_once_is_once_also_after_an_exception) {
  std::once_flag flag;
  std::atomic<int> tries = 0, failures = 0;
  inThreads([&](int) {
    for (int round = 0; round < 3; round++) {
      try {
        std::call_once(flag, [&] {
          if (++tries < 3) throw std::runtime_error("again");
        });
        CHECK_IS(tries, 3);
      } catch (const std::runtime_error &) {
        failures++;
      }
    }
  });
  CHECK_IS(tries, 3);
  CHECK_IS(failures, 2);
}

CASE(a_latch_opens_once) {
  std::latch begin(1), done(THREADS);
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < THREADS; i++)
    threads.emplace_back([&] {
      begin.wait();
      through++;
      done.count_down();
    });
  CHECK(!begin.try_wait());
  CHECK_IS(through, 0);
  begin.count_down();
  done.wait();
  CHECK_IS(through, THREADS);
  CHECK(done.try_wait());
  for (auto &thread : threads) thread.join();
}

CASE(a_barrier_has_phases_and_a_completion) {
  int phases = 0;
  std::array<int, THREADS> progress{};
  std::barrier barrier(THREADS, [&]() noexcept {
    phases++;
    for (int each : progress) CHECK_IS(each, phases);
  });
  inThreads([&](int number) {
    for (int i = 1; i <= 500; i++) {
      progress[number] = i;
      barrier.arrive_and_wait();
      CHECK_IS(phases, i);
    }
  });
  CHECK_IS(phases, 500);
}

CASE(one_drops_out_of_a_barrier) {
  std::barrier barrier(THREADS);
  std::atomic<int> rounds = 0;
  inThreads([&](int number) {
    if (number == 0) return barrier.arrive_and_drop();
    for (int i = 0; i < 100; i++) {
      barrier.arrive_and_wait();
      rounds++;
    }
  });
  CHECK_IS(rounds, 100 * (THREADS - 1));
}

CASE(a_counting_semaphore_counts) {
  std::counting_semaphore<8> semaphore(2);
  std::atomic<int> inside = 0, most = 0;
  inThreads([&](int) {
    for (int i = 0; i < 500; i++) {
      semaphore.acquire();
      int now = ++inside, seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      if (i % 50 == 0) std::this_thread::yield();
      inside--;
      semaphore.release();
    }
  });
  CHECK(most <= 2);
  semaphore.acquire();
  semaphore.acquire();
  CHECK(!semaphore.try_acquire());
  CHECK(!semaphore.try_acquire_for(2ms));
  semaphore.release(2);
  CHECK(semaphore.try_acquire());
  CHECK(semaphore.try_acquire_for(60s));
}

CASE(two_binary_semaphores_take_turns) {
  std::binary_semaphore ping(0), pong(0);
  std::thread thread([&] {
    for (int i = 0; i < 2000; i++) {
      ping.acquire();
      pong.release();
    }
  });
  for (int i = 0; i < 2000; i++) {
    ping.release();
    pong.acquire();
  }
  thread.join();
  CHECK(!pong.try_acquire());
}

template <typename Value> void waitsAndNotifies() {
  std::atomic<Value> atomic{Value(0)};
  std::thread thread([&] {
    for (int i = 1; i < 500; i += 2) {
      atomic.wait(Value(i - 1));
      atomic = Value(i + 1);
      atomic.notify_one();
    }
  });
  // What it waits for is stored in two steps; the second is answered.
  for (int i = 1; i < 500; i += 2) {
    atomic = Value(i);
    atomic.notify_one();
    for (Value now = atomic; now != Value(i + 1); now = atomic) atomic.wait(now);
  }
  thread.join();
  CHECK(atomic.load() == Value(500));
}
CASE(atomics_of_all_widths_wait) {
  waitsAndNotifies<unsigned short>();
  waitsAndNotifies<int>();
  waitsAndNotifies<unsigned>();
  waitsAndNotifies<long long>();
  waitsAndNotifies<unsigned long>();
}

CASE(notify_all_wakes_all) {
  std::atomic<int> gate = 0, through = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < THREADS; i++)
    threads.emplace_back([&] {
      gate.wait(0);
      through++;
    });
  std::this_thread::yield();
  gate = 1;
  gate.notify_all();
  for (auto &thread : threads) thread.join();
  CHECK_IS(through, THREADS);
}

CASE(flags_and_booleans_wait) {
  std::atomic_flag flag = ATOMIC_FLAG_INIT;
  std::atomic<bool> answer = false;
  std::thread thread([&] {
    flag.wait(false);
    answer = true;
    answer.notify_all();
  });
  flag.test_and_set();
  flag.notify_one();
  answer.wait(false);
  thread.join();
  CHECK(flag.test());
}

CASE(atomic_references_and_floats) {
  double sum = 0;
  long count = 0;
  std::atomic<float> real = 0;
  inThreads([&](int) {
    for (int i = 0; i < 2000; i++) {
      std::atomic_ref<double>(sum) += 0.5;
      std::atomic_ref<long>(count)++;
      real += 1;
    }
  });
  CHECK(sum == THREADS * 1000.0);
  CHECK_IS(count, THREADS * 2000);
  CHECK(real == THREADS * 2000.0f);
}

} // namespace
