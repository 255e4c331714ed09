// C++ as programs use it: exceptions, streams, containers, files, and what comes with them. It checks itself and says "ok"; with
// an argument it ends by an exception that nothing catches.

#include <atomic>
#include <charconv>
#include <chrono>
#include <csetjmp>
#include <exception>
#include <filesystem>
#include <format>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <regex>
#include <semaphore>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <typeinfo>
#include <vector>
#include "check.h"

namespace fs = std::filesystem;

static std::string events;
struct Traced {
  const char *name;
  explicit Traced(const char *name) : name(name) { events += '+', events += name; }
  ~Traced() { events += '-', events += name; }
};
static Traced first("a"), second("b");

struct Base {
  virtual ~Base() = default;
};
struct Derived : Base {};
struct Other : Base {};

static int dive(int depth) {
  Traced traced("f");
  if (depth == 0) throw std::runtime_error("deep");
  return dive(depth - 1) + 1;
}

static int whole(int x) try {
  if (x) throw x;
  return 0;
} catch (int y) {
  return y + 1;
}

static void exceptions() {
  CHECK(events == "+a+b");
  events.clear();
  try {
    dive(2);
    CHECK(false);
  } catch (const std::exception &e) {
    CHECK(e.what() == std::string("deep") && events == "+f+f+f-f-f-f");
  }
  try {
    std::vector<int>(3).at(10) = 1;
    CHECK(false);
  } catch (const std::out_of_range &) {
  }
  try {
    try {
      throw Derived();
    } catch (Base &) {
      throw;
    }
  } catch (Other &) {
    CHECK(false);
  } catch (Derived &) {
  }
  try {
    throw 42;
  } catch (int value) {
    CHECK(value == 42);
  }
  Derived derived;
  Base &base = derived;
  try {
    (void)dynamic_cast<Other &>(base);
    CHECK(false);
  } catch (std::bad_cast &) {
  }
  CHECK(typeid(base) == typeid(Derived));
  std::exception_ptr kept;
  try {
    throw std::logic_error("kept");
  } catch (...) {
    kept = std::current_exception();
  }
  try {
    std::rethrow_exception(kept);
  } catch (std::logic_error &e) {
    CHECK(e.what() == std::string("kept"));
  }
  try {
    volatile std::size_t much = 0xffff0000;
    std::unique_ptr<char[]> block(new char[much]);
    static char *volatile seen; // or the compiler leaves out both new and delete
    seen = block.get();
    CHECK(false);
  } catch (std::bad_alloc &) {
  }
  CHECK(whole(0) == 0 && whole(4) == 5);
  int caught = 0;
  for (int i = 0; i < 1000; i++) {
    try {
      if (i % 2) throw i;
    } catch (...) {
      caught++;
    }
  }
  CHECK(caught == 500 && std::uncaught_exceptions() == 0);
}

static void texts() {
  std::ostringstream out;
  out << 0.5L << ' ' << 1e300 << ' ' << std::hex << 255 << ' ' << std::boolalpha << true;
  CHECK(out.str() == "0.5 1e+300 ff true");
  std::istringstream in("3.25 x 17");
  long double real;
  char letter;
  int number;
  CHECK(in >> real >> letter >> number && real == 3.25L && letter == 'x' && number == 17);
  CHECK(std::format("{:>8.3f}|{}|{:#x}", 3.14159, "text", 255) == "   3.142|text|0xff");
  double parsed;
  std::string digits = "2.5e3";
  CHECK(std::from_chars(digits.data(), digits.data() + digits.size(), parsed).ec == std::errc() && parsed == 2500);
  std::smatch match;
  std::string address = "me@example.com";
  CHECK(std::regex_match(address, match, std::regex("(\\w+)@(\\w+)\\.com")) && match[2] == "example");
  try {
    std::regex bad("(");
    CHECK(false);
  } catch (std::regex_error &) {
  }
  CHECK(std::stoi("12") == 12);
  try {
    (void)std::stoi("none");
    CHECK(false);
  } catch (std::invalid_argument &) {
  }
}

static void files() {
  fs::create_directories("t/x/y");
  std::ofstream("t/x/a.txt") << "data " << 7 << '\n';
  std::string word;
  int number = 0;
  std::ifstream("t/x/a.txt") >> word >> number;
  CHECK(word == "data" && number == 7);
  int entries = 0;
  for (const auto &entry : fs::recursive_directory_iterator("t")) entries += entry.exists();
  CHECK(entries == 3);
  fs::copy_file("t/x/a.txt", "t/b.txt");
  fs::copy_file("t/x/a.txt", "t/b.txt", fs::copy_options::overwrite_existing);
  CHECK(fs::file_size("t/b.txt") == 7 && fs::is_regular_file("t/b.txt"));
  fs::rename("t/b.txt", "t/c.txt");
  fs::permissions("t/c.txt", fs::perms::owner_read);
  CHECK(fs::status("t/c.txt").permissions() == fs::perms::owner_read);
  try {
    fs::copy_file("none", "t/d");
    CHECK(false);
  } catch (fs::filesystem_error &e) {
    CHECK(e.code() == std::errc::no_such_file_or_directory);
  }
  CHECK(fs::remove_all("t") == 5 && !fs::exists("t"));
}

static void jump() {
  std::jmp_buf buffer;
  volatile int turns = 0;
  int value = setjmp(buffer);
  turns = turns + 1;
  if (turns < 3) {
    try {
      longjmp(buffer, turns);
    } catch (...) {
      CHECK(false);
    }
  }
  CHECK(value == 2);
}

static void rest() {
  CHECK(std::mt19937(1)() == 1791095845u);
  std::random_device device;
  CHECK(device() != device() || device() != device());
  using namespace std::chrono;
  CHECK(steady_clock::now().time_since_epoch().count() > 0);
  CHECK(year_month_day(sys_days(days(20000))) == 2024y / October / 4d);
  CHECK(std::thread::hardware_concurrency() >= 1);
  std::mutex mutex;
  std::once_flag flag;
  int once = 0;
  for (int i = 0; i < 3; i++) {
    std::lock_guard lock(mutex);
    std::call_once(flag, [&] { once++; });
  }
  CHECK(once == 1);
  thread_local std::string local = "local";
  CHECK(local == "local");
  CHECK(std::async(std::launch::deferred, [] { return 7; }).get() == 7);
  std::atomic<int> word = 0;
  word.store(1);
  word.wait(0);
  std::counting_semaphore<4> semaphore(1);
  semaphore.acquire();
  CHECK(!semaphore.try_acquire());
}

int main(int argc, char **argv) {
  exceptions();
  texts();
  files();
  jump();
  rest();
  std::cout << "ok" << std::endl;
  std::string how = argc > 1 ? argv[1] : "";
  if (how == "throw") throw std::runtime_error("nobody catches this");
  if (how == "noexcept") [](int value) noexcept { dive(value); }(1);
  if (how == "atexit") std::atexit([] { throw std::logic_error("at exit"); });
}
