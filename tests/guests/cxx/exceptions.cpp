// Exceptions that are thrown, caught, rethrown and carried.
#include "case.h"
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <vector>

namespace {
std::string trail;
struct Mark {
  char letter;
  explicit Mark(char letter) : letter(letter) {}
  ~Mark() { trail += letter; }
};
struct Base {
  virtual ~Base() = default;
  virtual int code() const { return 1; }
};
struct Derived : Base {
  int code() const override { return 2; }
};
struct Other {};

[[gnu::noinline]] int deep(int depth) {
  Mark mark('d');
  if (depth == 0) throw std::runtime_error("deep");
  return deep(depth - 1) + 1;
}
} // namespace

CASE(caught_by_its_type) {
  try {
    throw 42;
  } catch (long) {
    CHECK(false);
  } catch (int value) {
    CHECK(value == 42);
  }
}

CASE(caught_by_its_base) {
  try {
    throw Derived();
  } catch (const Base &base) {
    CHECK(base.code() == 2);
  }
}

CASE(caught_by_value_is_sliced) {
  try {
    throw Derived();
  } catch (Base base) {
    CHECK(base.code() == 1);
  }
}

CASE(the_first_handler_that_fits) {
  int which = 0;
  try {
    throw Derived();
  } catch (Other &) {
    which = 1;
  } catch (Base &) {
    which = 2;
  } catch (...) {
    which = 3;
  }
  CHECK(which == 2);
}

CASE(caught_by_three_dots) {
  bool isCaught = false;
  try {
    throw Other();
  } catch (...) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(a_thrown_pointer) {
  static Derived derived;
  try {
    throw &derived;
  } catch (Base *base) {
    CHECK(base == &derived);
  }
  try {
    throw "text";
  } catch (const char *text) {
    CHECK(std::strcmp(text, "text") == 0);
  }
}

CASE(rethrown_to_the_next_handler) {
  int count = 0;
  try {
    try {
      throw std::out_of_range("far");
    } catch (const std::logic_error &error) {
      count++;
      CHECK(std::string(error.what()) == "far");
      throw;
    }
  } catch (const std::out_of_range &) {
    count++;
  }
  CHECK(count == 2);
}

CASE(rethrown_from_a_function) {
  auto classify = [] {
    try {
      throw;
    } catch (const std::invalid_argument &) {
      return 1;
    } catch (int) {
      return 2;
    }
  };
  try {
    throw 7;
  } catch (...) {
    CHECK(classify() == 2);
  }
  try {
    throw std::invalid_argument("x");
  } catch (...) {
    CHECK(classify() == 1);
  }
}

CASE(thrown_in_a_handler) {
  try {
    try {
      throw 1;
    } catch (int value) {
      throw value + 1.5;
    }
  } catch (double value) {
    CHECK(value == 2.5);
  }
}

CASE(nested_tries) {
  int sum = 0;
  for (int i = 0; i < 100; i++) {
    try {
      try {
        if (i % 2) throw i;
        sum += 1000;
      } catch (int value) {
        if (value % 3 == 0) throw std::string("three");
        sum += 1;
      }
    } catch (const std::string &) {
      sum += 100000;
    }
  }
  CHECK(sum == 50 * 1000 + 33 + 17 * 100000);
}

CASE(destructors_run_in_reverse_order) {
  trail.clear();
  try {
    Mark a('a');
    Mark b('b');
    {
      Mark c('c');
    }
    Mark d('d');
    throw 0;
  } catch (int) {
    trail += '!';
  }
  CHECK(trail == "cdba!");
}

CASE(through_many_frames) {
  trail.clear();
  bool isCaught = false;
  try {
    deep(1000);
  } catch (const std::runtime_error &error) {
    isCaught = std::string(error.what()) == "deep";
  }
  CHECK(isCaught);
  CHECK(trail == std::string(1001, 'd'));
}

CASE(a_constructor_that_throws_destroys_its_members) {
  struct Half {
    Mark first{'1'};
    Mark second{'2'};
    Half() { throw 5; }
    ~Half() { trail += 'x'; }
  };
  trail.clear();
  try {
    Half half;
  } catch (int) {
  }
  CHECK(trail == "21");
}

CASE(an_array_that_throws_destroys_what_was_made) {
  static int made;
  struct Element {
    Element() {
      if (++made == 4) throw made;
    }
    ~Element() { trail += 'e'; }
  };
  made = 0;
  trail.clear();
  try {
    auto array = std::make_unique<Element[]>(6);
  } catch (int count) {
    CHECK(count == 4);
  }
  CHECK(trail == "eee");
}

CASE(a_function_try_block) {
  struct Thrower {
    Thrower() { throw 3; }
  };
  struct Owner {
    Thrower thrower;
    Owner() try : thrower() {
    } catch (int value) {
      throw value * 2;
    }
  };
  try {
    Owner owner;
    CHECK(false);
  } catch (int value) {
    CHECK(value == 6);
  }
}

CASE(uncaught_exceptions_are_counted) {
  struct Counter {
    int *out;
    ~Counter() { *out = std::uncaught_exceptions(); }
  };
  int during = -1, after = -1;
  try {
    Counter counter{&during};
    throw 0;
  } catch (int) {
  }
  { Counter counter{&after}; }
  CHECK(during == 1);
  CHECK(after == 0);
}

CASE(carried_by_exception_ptr) {
  std::exception_ptr carried;
  try {
    throw std::length_error("long");
  } catch (...) {
    carried = std::current_exception();
  }
  for (int i = 0; i < 3; i++) {
    try {
      std::rethrow_exception(carried);
    } catch (const std::length_error &error) {
      CHECK(std::string(error.what()) == "long");
    }
  }
  CHECK(std::current_exception() == nullptr);
}

CASE(made_by_make_exception_ptr) {
  auto made = std::make_exception_ptr(Derived());
  auto copy = made;
  CHECK(made == copy);
  try {
    std::rethrow_exception(copy);
  } catch (const Base &base) {
    CHECK(base.code() == 2);
  }
}

CASE(nested_exceptions) {
  std::string told;
  auto tell = [&](auto &self, const std::exception &error) -> void {
    told += error.what();
    try {
      std::rethrow_if_nested(error);
    } catch (const std::exception &inner) {
      told += " < ";
      self(self, inner);
    }
  };
  try {
    try {
      try {
        throw std::runtime_error("inner");
      } catch (...) {
        std::throw_with_nested(std::logic_error("middle"));
      }
    } catch (...) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (const std::exception &error) {
    tell(tell, error);
  }
  CHECK(told == "outer < middle < inner");
}

CASE(thrown_by_the_library) {
  int count = 0;
  try {
    (void)std::vector<int>(3).at(3);
  } catch (const std::out_of_range &) {
    count++;
  }
  try {
    (void)std::string("abc").substr(4);
  } catch (const std::out_of_range &) {
    count++;
  }
  try {
    (void)std::stoi("none");
  } catch (const std::invalid_argument &) {
    count++;
  }
  try {
    (void)std::stoi("99999999999999999999");
  } catch (const std::out_of_range &) {
    count++;
  }
  try {
    std::function<void()>()();
  } catch (const std::bad_function_call &) {
    count++;
  }
  try {
    std::shared_ptr<int>(std::weak_ptr<int>());
  } catch (const std::bad_weak_ptr &) {
    count++;
  }
  CHECK(count == 6);
}

CASE(no_memory_is_bad_alloc) {
  bool isCaught = false;
  try {
    auto volatile size = static_cast<std::size_t>(-1) / 2;
    // Kept: an allocation that nobody sees may be left out.
    static char *volatile kept;
    kept = new char[size];
  } catch (const std::bad_alloc &) {
    isCaught = true;
  }
  CHECK(isCaught);
  auto volatile size = static_cast<std::size_t>(-1) / 2;
  static char *volatile refused;
  refused = new (std::nothrow) char[size];
  CHECK(refused == nullptr);
}

CASE(system_error_has_code_and_text) {
  try {
    throw std::system_error(ENOENT, std::generic_category(), "open");
  } catch (const std::system_error &error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(std::string(error.what()) == "open: No such file or directory");
  }
}

CASE(through_a_c_function) {
  int values[] = {3, 1, 2};
  bool isCaught = false;
  try {
    std::qsort(values, 3, sizeof values[0], [](const void *, const void *) -> int { throw std::runtime_error("compare"); });
  } catch (const std::runtime_error &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(a_strong_guarantee_holds) {
  struct Copied {
    int value;
    explicit Copied(int value) : value(value) {}
    Copied(const Copied &other) : value(other.value) {
      if (value == 2) throw 2;
    }
    Copied &operator=(const Copied &) = default;
  };
  std::vector<Copied> values;
  values.reserve(3);
  for (int i = 0; i < 3; i++) values.emplace_back(i);
  try {
    values.emplace_back(3);
    CHECK(false);
  } catch (int) {
  }
  CHECK(values.size() == 3 && values[0].value == 0 && values[2].value == 2);
}

CASE(noexcept_is_known) {
  auto quiet = []() noexcept {};
  auto loud = [] {};
  static_assert(noexcept(quiet()));
  static_assert(!noexcept(loud()));
  CHECK(std::is_nothrow_move_constructible_v<std::string>);
}

CASE(thrown_many_times) {
  unsigned count = 0;
  for (unsigned i = 0; i < 20000; i++) {
    try {
      if (i % 2) throw i;
    } catch (unsigned value) {
      count += value & 1;
    }
  }
  CHECK(count == 10000);
}
