// Jobs for a pool of std::thread, as a C++ program is written: a queue behind a mutex and a condition variable, a future for each
// result, and an exception where a job goes wrong, thrown in one thread and caught in another. Each job reads an expression of
// numbers, sums and products, and computes it. Known answers: one thread's results, and that exactly each thirtieth job fails, by
// an exception of the type that its fault has.
// Usage: jobs [COUNT]
#include "../c/report.h"
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

class Pool {
public:
  // As many threads as there is room for; with none, jobs run where they are submitted.
  explicit Pool(unsigned wanted) {
    try {
      while (threads_.size() < wanted) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error &) {
    }
  }

  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      isEnding_ = true;
    }
    changed_.notify_all();
    for (auto &thread : threads_) thread.join();
  }

  std::size_t size() const { return threads_.size(); }

  template <typename Function> auto submit(Function function) {
    std::packaged_task<std::invoke_result_t<Function>()> task(std::move(function));
    auto future = task.get_future();
    if (threads_.empty()) {
      task();
      return future;
    }
    {
      std::lock_guard lock(mutex_);
      jobs_.emplace_back([shared = std::make_shared<decltype(task)>(std::move(task))] { (*shared)(); });
    }
    changed_.notify_one();
    return future;
  }

private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return isEnding_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool isEnding_ = false;
};

constexpr std::uint64_t MODULUS = 1'000'000'007;

// Sums of products of numbers and parentheses, modulo MODULUS.
class Reader {
public:
  explicit Reader(const std::string &text) : text_(text) {}

  std::uint64_t whole() {
    std::uint64_t value = sum();
    if (at_ != text_.size()) throw std::invalid_argument("something follows at " + std::to_string(at_));
    return value;
  }

private:
  std::uint64_t sum() {
    std::uint64_t value = product();
    while (accept('+')) value = (value + product()) % MODULUS;
    return value;
  }
  std::uint64_t product() {
    std::uint64_t value = atom();
    while (accept('*')) value = value * atom() % MODULUS;
    return value;
  }
  std::uint64_t atom() {
    if (accept('(')) {
      std::uint64_t value = sum();
      if (!accept(')')) throw std::out_of_range("a parenthesis is not closed");
      return value;
    }
    std::size_t used = 0;
    if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') throw std::domain_error("a number is wanted");
    std::uint64_t value = std::stoul(text_.substr(at_, 9), &used);
    at_ += used;
    return value % MODULUS;
  }
  bool accept(char letter) {
    if (at_ >= text_.size() || text_[at_] != letter) return false;
    at_++;
    return true;
  }

  const std::string &text_;
  std::size_t at_ = 0;
};

constexpr int FAULT_EVERY = 30;

std::string expression(long number) {
  std::string text = "1";
  for (int i = 0; i < 200; i++) {
    text += i % 3 == 0 ? "+(" + std::to_string(number + i) + "*3+7)" : "*" + std::to_string(i + number % 97);
  }
  if (number % FAULT_EVERY != 0) return text;
  return text + (number % (3 * FAULT_EVERY) == 0 ? "+x" : number % (2 * FAULT_EVERY) == 0 ? "+(1" : ")");
}

std::uint64_t evaluate(long number) {
  std::string text = expression(number);
  return Reader(text).whole();
}

struct Tally {
  std::uint64_t sum = 0;
  long domain = 0, range = 0, invalid = 0;
  bool operator==(const Tally &) const = default;
};

template <typename Get> void count(Tally &tally, Get get) {
  try {
    tally.sum = (tally.sum + get()) % MODULUS;
  } catch (const std::domain_error &) {
    tally.domain++;
  } catch (const std::out_of_range &) {
    tally.range++;
  } catch (const std::invalid_argument &) {
    tally.invalid++;
  }
}

} // namespace

int main(int argc, char **argv) {
  long jobs = size_argument(argc, argv, 1, 3000, 1, 1000000);
  Tally one, all;
  double start = seconds_now();
  std::size_t threads;
  {
    Pool pool(std::thread::hardware_concurrency());
    threads = pool.size();
    std::vector<std::future<std::uint64_t>> results;
    for (long i = 1; i <= jobs; i++) results.push_back(pool.submit([i] { return evaluate(i); }));
    for (auto &result : results) count(all, [&] { return result.get(); });
  }
  double middle = seconds_now();
  for (long i = 1; i <= jobs; i++) count(one, [i] { return evaluate(i); });
  double parallel = middle - start, serial = seconds_now() - middle;
  long faults = all.domain + all.range + all.invalid;
  std::printf("%ld jobs, %ld of them threw; 1 thread %.3f s, a pool of %zu %.3f s, speed-up %.2f\n", jobs, faults, serial,
              threads, parallel, serial / parallel);
  bool pass = all == one && faults == jobs / FAULT_EVERY;
  return report("jobs", jobs, double(all.sum), pass, 1e-6 * double(jobs) / parallel, "Mop/s", parallel);
}
