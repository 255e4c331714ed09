// new and delete of programs with threads, and what the library allocates.
#include "case.h"
#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <queue>
#include <string>
#include <thread>
#include <vector>

static std::atomic<long> alive{0};
struct Counted {
  explicit Counted(int value) : value(value), text(std::to_string(value) + std::string(static_cast<size_t>(value % 90), 'x')) { alive++; }
  Counted(const Counted &) = delete;
  ~Counted() { alive--; }
  int value;
  std::string text;
};
struct alignas(128) Wide {
  explicit Wide(int value) : value(value) {}
  int value;
};

CASE(deleted_by_another) {
  std::vector<std::unique_ptr<Counted>> made;
  for (int turn = 0; turn < 5; turn++) {
    std::thread([&] { for (int i = 0; i < 5000; i++) made.push_back(std::make_unique<Counted>(i)); }).join();
    std::thread([&] {
      for (int i = 0; i < 5000; i++) CHECK_IS(made[static_cast<size_t>(i)]->value, i);
      made.clear();
      made.shrink_to_fit();
    }).join();
  }
  CHECK_IS(alive.load(), 0);
}

CASE(aligned_new) {
  for (int turn = 0; turn < 20; turn++) {
    std::vector<std::unique_ptr<Wide>> all;
    std::thread([&] { for (int i = 0; i < 100; i++) all.push_back(std::make_unique<Wide>(i)); }).join();
    for (int i = 0; i < 100; i++) {
      CHECK_IS(reinterpret_cast<std::uintptr_t>(all[static_cast<size_t>(i)].get()) % 128, 0);
      CHECK_IS(all[static_cast<size_t>(i)]->value, i);
    }
    std::thread([&] { all.clear(); }).join();
  }
}

CASE(arrays_and_containers_of_all_threads) {
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; number++)
    threads.emplace_back([number] {
      std::map<int, std::string> map;
      for (int i = 0; i < 4000; i++) map[i * 7919 % 4001] = std::string(static_cast<size_t>(i % 200), static_cast<char>('a' + number));
      for (auto &[key, text] : map) CHECK(text.find_first_not_of(static_cast<char>('a' + number)) == std::string::npos);
      for (int i = 0; i < 2000; i++) {
        auto *array = new int[static_cast<size_t>(i)];
        for (int k = 0; k < i; k++) array[k] = number;
        for (int k = 0; k < i; k++) CHECK_IS(array[k], number);
        delete[] array;
      }
    });
  for (auto &thread : threads) thread.join();
}

CASE(a_queue_between_threads) {
  std::mutex mutex;
  std::queue<std::shared_ptr<Counted>> queue;
  std::atomic<long> sum{0};
  constexpr int messages = 20000;
  std::thread producer([&] {
    for (int i = 0; i < messages; i++) {
      auto message = std::make_shared<Counted>(i);
      std::lock_guard lock(mutex);
      queue.push(std::move(message));
    }
  });
  std::vector<std::thread> consumers;
  std::atomic<int> taken{0};
  for (int k = 0; k < 3; k++)
    consumers.emplace_back([&] {
      while (taken < messages) {
        std::shared_ptr<Counted> message;
        {
          std::lock_guard lock(mutex);
          if (!queue.empty()) message = std::move(queue.front()), queue.pop(), taken++;
        }
        if (message) sum += message->value;
        else std::this_thread::yield();
      }
    });
  producer.join();
  for (auto &consumer : consumers) consumer.join();
  CHECK_IS(sum.load(), static_cast<long>(messages) * (messages - 1) / 2);
  CHECK_IS(alive.load(), 0);
}

static thread_local std::vector<std::unique_ptr<Counted>> own;
CASE(what_is_thread_local_is_deleted_when_its_thread_ends) {
  for (int turn = 0; turn < 100; turn++)
    std::thread([] { for (int i = 0; i < 30; i++) own.push_back(std::make_unique<Counted>(i * 5)); }).join();
  CHECK_IS(alive.load(), 0);
}

CASE(an_exception_is_allocated_here_and_freed_there) {
  for (int i = 0; i < 300; i++) {
    auto future = std::async(std::launch::async, [i] { if (i >= 0) throw std::runtime_error("number " + std::to_string(i)); });
    try {
      future.get();
      CHECK(!"an exception came");
    } catch (const std::runtime_error &error) {
      CHECK(error.what() == "number " + std::to_string(i));
    }
  }
}

CASE(too_much_is_bad_alloc) {
  std::thread([] {
    constexpr std::size_t size = std::size_t{3} << 30;
    // By these names: the compiler leaves out an expression whose block nobody uses.
    try {
      ::operator delete(::operator new(size));
      CHECK(!"it is too much");
    } catch (const std::bad_alloc &) {
    }
    CHECK(::operator new(size, std::nothrow) == nullptr);
  }).join();
}
