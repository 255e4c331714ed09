// Clocks, calendars, random numbers, atomics and what of threads works in one.
#include "case.h"
#include <iomanip>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <format>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>

using namespace std::chrono;

CASE(clocks_go_on) {
  auto before = steady_clock::now();
  std::this_thread::sleep_for(milliseconds(20));
  auto passed = steady_clock::now() - before;
  CHECK(passed >= milliseconds(20) && passed < seconds(20));
  CHECK(system_clock::now() > sys_days(2020y / January / 1));
}

CASE(the_calendar) {
  auto day = sys_days(2024y / February / 29);
  CHECK(weekday(day) == Thursday);
  CHECK(!(2023y / February / 29).ok());
  year_month_day next = day + days(1);
  CHECK(next == 2024y / March / 1);
  CHECK(hh_mm_ss(seconds(3725)).minutes() == 2min);
  CHECK(std::format("{:%F %T}", sys_seconds(seconds(86399))) == "1970-01-01 23:59:59");
}

CASE(local_time_by_tz) {
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  std::time_t summer = 1720000000, winter = 1700000000;
  char text[64];
  std::strftime(text, sizeof text, "%F %T %Z", std::localtime(&summer));
  CHECK(std::string(text) == "2024-07-03 11:46:40 CEST");
  std::strftime(text, sizeof text, "%F %T %Z", std::localtime(&winter));
  CHECK(std::string(text) == "2023-11-14 23:13:20 CET");
  std::tm parts = *std::localtime(&summer);
  CHECK(std::mktime(&parts) == summer);
  setenv("TZ", "UTC0", 1);
  tzset();
  std::strftime(text, sizeof text, "%H %Z", std::localtime(&summer));
  CHECK(std::string(text) == "09 UTC");
}

CASE(times_as_text_and_back) {
  std::tm parts{};
  std::istringstream in("2024-05-06 07:08:09");
  in >> std::get_time(&parts, "%Y-%m-%d %H:%M:%S");
  CHECK(!in.fail() && parts.tm_year == 124 && parts.tm_mon == 4 && parts.tm_sec == 9);
}

CASE(engines_give_what_the_standard_says) {
  std::mt19937 engine;
  engine.discard(9999);
  CHECK(engine() == 4123659995u);
  std::mt19937_64 wide;
  wide.discard(9999);
  CHECK(wide() == 9981545732273789042ull);
  std::minstd_rand small;
  small.discard(9999);
  CHECK(small() == 399268537u);
}

CASE(distributions_stay_in_their_range) {
  std::mt19937 engine(7);
  std::uniform_int_distribution<int> dice(1, 6);
  std::set<int> seen;
  for (int i = 0; i < 1000; i++) seen.insert(dice(engine));
  CHECK(seen.size() == 6 && *seen.begin() == 1 && *seen.rbegin() == 6);
  std::normal_distribution<double> normal(10, 2);
  double sum = 0;
  for (int i = 0; i < 10000; i++) sum += normal(engine);
  CHECK(sum / 10000 > 9.8 && sum / 10000 < 10.2);
}

CASE(random_devices_differ) {
  std::random_device device;
  std::set<unsigned> seen;
  for (int i = 0; i < 8; i++) seen.insert(device());
  CHECK(seen.size() > 4);
}

CASE(locks_of_one_thread) {
  std::mutex mutex;
  {
    std::lock_guard guard(mutex);
    std::unique_lock second(mutex, std::defer_lock);
    CHECK(!second.owns_lock());
  }
  std::unique_lock lock(mutex);
  std::condition_variable condition;
  CHECK(condition.wait_for(lock, milliseconds(10)) == std::cv_status::timeout);
  std::recursive_mutex again;
  std::scoped_lock both(again);
  CHECK(again.try_lock());
  again.unlock();
}

CASE(called_once) {
  std::once_flag flag;
  int count = 0;
  for (int i = 0; i < 3; i++) {
    try {
      std::call_once(flag, [&] {
        if (++count == 1) throw 1;
      });
    } catch (int) {
    }
  }
  CHECK(count == 2);
}

CASE(atomics) {
  std::atomic<int> counter = 0;
  counter += 5;
  int expected = 5;
  CHECK(counter.compare_exchange_strong(expected, 9) && counter.exchange(1) == 9);
  std::atomic<long long> wide = 1;
  CHECK(wide.fetch_add(1ll << 40) == 1 && wide == (1ll << 40) + 1);
  std::atomic_flag flag;
  CHECK(!flag.test_and_set() && flag.test());
}
