// optional, variant, expected, pointers, functions, ranges, coroutines.
#include "case.h"
#include <algorithm>
#include <compare>
#include <coroutine>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

CASE(optionals) {
  std::optional<std::string> none, some("text");
  CHECK(!none && none.value_or("other") == "other" && some->size() == 4);
  bool isCaught = false;
  try {
    (void)none.value();
  } catch (const std::bad_optional_access &) {
    isCaught = true;
  }
  CHECK(isCaught);
  CHECK(some.transform([](const auto &text) { return text.size(); }) == 4u);
}

CASE(variants) {
  using Value = std::variant<int, std::string, std::vector<int>>;
  auto size = [](const Value &value) {
    return std::visit(
        [](const auto &held) -> std::size_t {
          if constexpr (requires { held.size(); }) return held.size();
          else return held;
        },
        value);
  };
  CHECK(size(5) == 5 && size(std::string("abc")) == 3 && size(std::vector{1, 2}) == 2);
  struct Throwing {
    Throwing() = default;
    Throwing(const Throwing &) { throw 1; }
  };
  std::variant<int, Throwing> fragile(1);
  try {
    Throwing throwing;
    fragile.emplace<Throwing>(throwing);
  } catch (int) {
  }
  CHECK(fragile.valueless_by_exception());
  bool isCaught = false;
  try {
    (void)std::get<int>(fragile);
  } catch (const std::bad_variant_access &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(expectations) {
  auto half = [](int value) -> std::expected<int, std::string> {
    if (value % 2) return std::unexpected("odd");
    return value / 2;
  };
  CHECK(half(8).and_then(half).value() == 2);
  CHECK(half(6).and_then(half).error() == "odd");
  bool isCaught = false;
  try {
    (void)half(3).value();
  } catch (const std::bad_expected_access<std::string> &error) {
    isCaught = error.error() == "odd";
  }
  CHECK(isCaught);
}

CASE(pointers_that_own) {
  static int alive;
  struct Counted : std::enable_shared_from_this<Counted> {
    Counted() { alive++; }
    ~Counted() { alive--; }
  };
  auto shared = std::make_shared<Counted>();
  std::weak_ptr<Counted> weak = shared;
  auto second = shared->shared_from_this();
  CHECK(shared.use_count() == 2 && weak.lock() == second);
  shared.reset();
  second.reset();
  CHECK(weak.expired() && alive == 0);
  int closed = 0;
  {
    auto close = [&](int *) { closed++; };
    int value = 0;
    std::unique_ptr<int, decltype(close)> handle(&value, close);
  }
  CHECK(closed == 1);
}

CASE(functions_as_values) {
  std::function<int(int)> factorial = [&](int n) { return n < 2 ? 1 : n * factorial(n - 1); };
  CHECK(factorial(10) == 3628800);
  struct Adder {
    int base;
    int add(int value) const { return base + value; }
  };
  Adder adder{10};
  CHECK(std::bind(&Adder::add, &adder, std::placeholders::_1)(5) == 15);
  CHECK(std::invoke(&Adder::base, adder) == 10);
  CHECK(std::apply([](int a, int b) { return a * b; }, std::tuple(6, 7)) == 42);
}

CASE(ranges) {
  namespace views = std::views;
  auto squares = views::iota(1) | views::filter([](int i) { return i % 2; }) | views::transform([](int i) { return i * i; }) | views::take(4);
  CHECK(std::ranges::equal(squares, std::vector{1, 9, 25, 49}));
  std::string joined;
  for (auto part : std::string_view("a-b-c") | views::split('-')) joined += std::string(part.begin(), part.end()) + ".";
  CHECK(joined == "a.b.c.");
  auto values = views::iota(0, 5) | views::reverse | std::ranges::to<std::vector>();
  CHECK((values == std::vector{4, 3, 2, 1, 0}));
  std::vector<std::string> names{"x", "yyy", "zz"};
  std::ranges::sort(names, {}, &std::string::size);
  CHECK(names[1] == "zz");
}

namespace {
struct Generator {
  struct promise_type {
    int value = 0;
    std::exception_ptr failure;
    Generator get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int next) {
      value = next;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { failure = std::current_exception(); }
  };
  std::coroutine_handle<promise_type> handle;
  ~Generator() { handle.destroy(); }
  std::optional<int> next() {
    handle.resume();
    if (handle.promise().failure) std::rethrow_exception(handle.promise().failure);
    if (handle.done()) return std::nullopt;
    return handle.promise().value;
  }
};
Generator fibonacci(int limit) {
  for (int a = 0, b = 1;; a = std::exchange(b, a + b)) {
    if (a > limit) throw a;
    co_yield a;
  }
}
} // namespace

CASE(coroutines) {
  auto numbers = fibonacci(50);
  int sum = 0, thrown = 0;
  try {
    while (auto value = numbers.next()) sum += *value;
  } catch (int value) {
    thrown = value;
  }
  CHECK(sum == 88 && thrown == 55);
}

CASE(comparisons) {
  struct Version {
    int major, minor;
    auto operator<=>(const Version &) const = default;
  };
  CHECK((Version{1, 2} < Version{1, 10}) && (Version{2, 0} > Version{1, 99}) && (Version{3, 3} == Version{3, 3}));
  CHECK((1.0 <=> __builtin_nan("")) == std::partial_ordering::unordered);
}
