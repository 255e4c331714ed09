// What runs before main and after it.
#include "case.h"
#include <iostream>
#include <string>
#include <vector>

namespace {
std::string &order() {
  static std::string text;
  return text;
}
struct Ordered {
  char letter;
  explicit Ordered(char letter) : letter(letter) { order() += letter; }
};
Ordered first('a');
Ordered second('b');
[[gnu::init_priority(2000)]] Ordered early('0');
[[gnu::constructor]] void construct() { order() += 'c'; }
const std::vector<int> table = [] {
  std::vector<int> values;
  for (int i = 0; i < 10; i++) values.push_back(i * i);
  return values;
}();

std::string farewell;
struct Leaving {
  const char *text;
  ~Leaving() { farewell += text; }
};
void expectFarewell(const char *expected) {
  if (farewell == expected) std::_Exit(0);
  std::fprintf(stderr, "left as %s\n", farewell.c_str());
  std::_Exit(1);
}
} // namespace

CASE(constructors_run_in_order) {
  CHECK(order().find('0') < order().find('a'));
  CHECK(order().find('a') < order().find('b'));
  CHECK(order().find('c') != std::string::npos);
  CHECK(table[9] == 81);
}

CASE_ENDING(destructors_run_in_reverse_order, 0, "") {
  std::atexit([] { expectFarewell("2a1"); });
  static Leaving one{"1"};
  std::atexit([] { farewell += 'a'; });
  static Leaving two{"2"};
}

CASE_ENDING(atexit_runs_in_reverse_order, 0, "") {
  std::atexit([] { expectFarewell("321"); });
  std::atexit([] { farewell += '1'; });
  std::atexit([] { farewell += '2'; });
  std::atexit([] { farewell += '3'; });
}

CASE_ENDING(a_handler_registered_while_leaving_runs_next, 0, "") {
  std::atexit([] { expectFarewell("12"); });
  std::atexit([] {
    farewell += '1';
    std::atexit([] { farewell += '2'; });
  });
}

CASE(a_local_static_is_made_once) {
  static int made;
  struct Counted {
    Counted() { made++; }
  };
  for (int i = 0; i < 5; i++) static Counted counted;
  CHECK(made == 1);
}

CASE(a_local_static_that_throws_is_tried_again) {
  static int tries;
  auto get = [] {
    static int value = [] {
      if (++tries < 3) throw tries;
      return 10;
    }();
    return value;
  };
  int caught = 0;
  for (int i = 0; i < 4; i++) {
    try {
      CHECK(get() == 10);
    } catch (int) {
      caught++;
    }
  }
  CHECK(caught == 2);
  CHECK(tries == 3);
}

CASE(thread_locals_have_constructors) {
  static int made;
  struct Counted {
    int value = 5;
    Counted() { made++; }
  };
  thread_local Counted counted;
  CHECK(counted.value == 5);
  CHECK(made == 1);
}

CASE_ENDING(output_is_written_at_the_end, 0, "last words") { std::clog << "last words"; }
