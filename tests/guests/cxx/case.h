// Cases of one program: each is a function that checks its own results, run by its name in a process of its own. Without a name
// the program lists them: name, exit status that is right, and what stderr must then contain.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

struct Case {
  const char *name;
  void (*run)();
  int status;
  const char *says;
  Case *next;

  Case(const char *name, void (*run)(), int status = 0, const char *says = "")
      : name(name), run(run), status(status), says(says), next(nullptr) {
    Case **end = &first();
    while (*end) end = &(*end)->next;
    *end = this;
  }

  static Case *&first() {
    static Case *list = nullptr;
    return list;
  }
};

#define CASE_ENDING(name, status, says)                 \
  static void name();                                   \
  static Case case_##name(#name, name, status, says);   \
  static void name()
#define CASE(name) CASE_ENDING(name, 0, "")

/** The status of a process that a signal ended, as a shell shows it. */
constexpr int ENDED_BY_ABORT = 134;

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      std::_Exit(1);                                                                \
    }                                                                               \
  } while (0)

int main(int argc, char **argv) {
  for (Case *one = Case::first(); one; one = one->next) {
    if (argc < 2) std::printf("%s\t%d\t%s\n", one->name, one->status, one->says);
    else if (std::strcmp(argv[1], one->name) == 0) {
      one->run();
      return 0;
    }
  }
  return argc < 2 ? 0 : 99;
}
