// OpenMP in C++: objects that are private, exceptions inside of regions, members, lambdas, iterators, reductions of classes.
#include "../pthread/case.h"
#include <algorithm>
#include <atomic>
#include <complex>
#include <map>
#include <numeric>
#include <omp.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Counted {
  static inline std::atomic<int> alive = 0, copied = 0, made = 0;
  int value;
  std::string text = "a text that is too long to be kept in place";
  explicit Counted(int value = -1) : value(value) { alive++, made++; }
  Counted(const Counted &other) : value(other.value), text(other.text) { alive++, copied++; }
  Counted &operator=(const Counted &) = default;
  ~Counted() { alive--; }
};

CASE(private_objects_are_made_by_their_constructor) {
  {
    Counted object(5);
    int wrong = 0, size = 0, made = Counted::made;
#pragma omp parallel private(object) reduction(+ : wrong, size)
    {
      size++;
      wrong += object.value != -1 || object.text.size() != 43;
      object.value = omp_get_thread_num();
#pragma omp barrier
      wrong += object.value != omp_get_thread_num();
    }
    CHECK_IS(wrong, 0);
    CHECK_IS(Counted::made - made, size);
    CHECK_IS(object.value, 5);
    CHECK_IS(Counted::alive, 1);
  }
  CHECK_IS(Counted::alive, 0);
}

CASE(firstprivate_objects_are_copies) {
  Counted object(7);
  int wrong = 0, size = 0;
  Counted::copied = 0;
#pragma omp parallel firstprivate(object) reduction(+ : wrong, size)
  {
    size++;
    wrong += object.value != 7 || object.text[0] != 'a';
    object.value++;
    object.text[0] = 'b';
  }
  CHECK_IS(wrong, 0);
  CHECK(Counted::copied >= size);
  CHECK(object.value == 7 && object.text[0] == 'a');
  CHECK_IS(Counted::alive, 1);
}

CASE(lastprivate_objects_come_back) {
  Counted object(1);
#pragma omp parallel for lastprivate(object) schedule(static, 3)
  for (int i = 0; i < 100; i++) {
    object.value = i;
    object.text = std::to_string(i);
  }
  CHECK_IS(object.value, 99);
  CHECK(object.text == "99");
  CHECK_IS(Counted::alive, 1);
}

CASE(copyprivate_objects) {
  int wrong = 0;
#pragma omp parallel reduction(+ : wrong)
  {
    std::vector<int> values;
#pragma omp single copyprivate(values)
    values = {1, 2, 3};
    wrong += values.size() != 3 || values[2] != 3;
  }
  CHECK_IS(wrong, 0);
}

CASE(exceptions_are_caught_within_their_thread) {
  std::atomic<int> caught = 0;
#pragma omp parallel for schedule(dynamic)
  for (int i = 0; i < 500; i++) {
    try {
      if (i % 5 == 0) throw std::runtime_error(std::to_string(i));
    } catch (const std::runtime_error &error) {
      if (std::stoi(error.what()) == i) caught++;
    }
  }
  CHECK_IS(caught, 100);
}

CASE(an_exception_leaves_a_region_by_a_pointer) {
  std::exception_ptr first;
#pragma omp parallel
  {
    try {
#pragma omp critical(throwing)
      {
        std::string text = "from a critical section";
        try {
          throw std::out_of_range(text);
        } catch (const std::out_of_range &) {
          if (!first) first = std::current_exception();
        }
      }
      throw 5;
    } catch (int number) {
      CHECK_IS(number, 5);
    }
  }
  try {
    std::rethrow_exception(first);
  } catch (const std::out_of_range &error) {
    CHECK(std::string(error.what()) == "from a critical section");
  }
}

CASE(exceptions_in_tasks) {
  std::atomic<int> caught = 0;
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < 100; i++) {
#pragma omp task
    try {
      std::vector<int>(3).at(i + 3);
    } catch (const std::out_of_range &) {
      caught++;
    }
  }
  CHECK_IS(caught, 100);
}

void mergeInto(std::map<int, int> &into, const std::map<int, int> &from) {
  for (auto &[key, value] : from) into[key] += value;
}
struct Sum {
  long total = 0;
  int count = 0;
  Sum &operator+=(const Sum &other) {
    total += other.total;
    count += other.count;
    return *this;
  }
};
#pragma omp declare reduction(+ : Sum : omp_out += omp_in)
#pragma omp declare reduction(merge : std::vector<int> : omp_out.insert(omp_out.end(), omp_in.begin(), omp_in.end()))
#pragma omp declare reduction(merge : std::map<int, int> : mergeInto(omp_out, omp_in))
CASE(reductions_of_classes) {
  Sum sum;
  std::vector<int> squares;
  std::map<int, int> digits;
#pragma omp parallel for reduction(+ : sum) reduction(merge : squares, digits)
  for (int i = 0; i < 1000; i++) {
    sum += Sum{i, 1};
    if (i < 100) squares.push_back(i * i);
    digits[i % 10]++;
  }
  CHECK(sum.total == 499500 && sum.count == 1000);
  std::sort(squares.begin(), squares.end());
  CHECK(squares.size() == 100 && squares[99] == 9801);
  CHECK(digits.size() == 10 && digits[3] == 100);
}

CASE(a_loop_over_iterators) {
  std::vector<std::string> words(300, "word");
#pragma omp parallel for
  for (auto at = words.begin(); at < words.end(); ++at) *at += std::to_string(at - words.begin());
  CHECK(words[0] == "word0" && words[299] == "word299");
#pragma omp parallel for
  for (auto &word : words) word += "!";
  CHECK(words[150] == "word150!");
}

class Grid {
public:
  explicit Grid(int side) : side_(side), cells_(side * side) {}
  long fill() {
    long sum = 0;
#pragma omp parallel for collapse(2) reduction(+ : sum)
    for (int y = 0; y < side_; y++)
      for (int x = 0; x < side_; x++) {
        cells_[y * side_ + x] = x + y;
        sum += cells_[y * side_ + x];
      }
    return sum;
  }

private:
  int side_;
  std::vector<int> cells_;
};
CASE(a_region_in_a_member) { CHECK_IS(Grid(50).fill(), 50L * 50 * 49); }

template <typename Value, typename Function> Value sumOf(int count, Function function) {
  Value sum{};
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < count; i++) sum += function(i);
  return sum;
}
CASE(regions_in_templates_and_lambdas) {
  int factor = 3;
  CHECK_IS(sumOf<long>(100, [factor](int i) { return long(factor) * i; }), 14850);
  CHECK(sumOf<double>(100, [](int i) { return i / 2.0; }) == 2475);
  int count = 0;
  auto region = [&count] {
#pragma omp parallel
#pragma omp atomic
    count++;
  };
  region();
  CHECK(count >= 1);
}

thread_local Counted perThread(11);
CASE(thread_local_objects_in_regions) {
  int wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
  {
    if (omp_get_thread_num() > 0) wrong += perThread.value != 11 && perThread.value != 12;
    perThread.value = 12;
  }
  CHECK_IS(wrong, 0);
}

Counted ofThread(3);
#pragma omp threadprivate(ofThread)
CASE(threadprivate_objects) {
  int wrong = 0;
  ofThread.value = 30;
#pragma omp parallel num_threads(2) copyin(ofThread) reduction(+ : wrong)
  {
    wrong += ofThread.value != 30 || ofThread.text.size() != 43;
    ofThread.value += omp_get_thread_num();
  }
#pragma omp parallel num_threads(2) reduction(+ : wrong)
  wrong += ofThread.value != 30 + omp_get_thread_num();
  CHECK_IS(wrong, 0);
}

CASE(a_static_in_a_region_is_made_once) {
  static std::atomic<int> made = 0;
  struct Slow {
    Slow() {
      nap();
      made++;
    }
  };
#pragma omp parallel
  { static Slow slow; }
  CHECK_IS(made, 1);
}

void sortTasks(std::vector<int> &values, int first, int last) {
  if (last - first < 2) return;
  int pivot = values[(first + last) / 2], low = first, high = last - 1;
  while (low <= high) {
    while (values[low] < pivot) low++;
    while (values[high] > pivot) high--;
    if (low <= high) std::swap(values[low++], values[high--]);
  }
#pragma omp task shared(values) if (high - first > 100)
  sortTasks(values, first, high + 1);
#pragma omp task shared(values) if (last - low > 100)
  sortTasks(values, low, last);
#pragma omp taskwait
}
CASE(a_sort_by_tasks) {
  std::vector<int> values(5000);
  unsigned random = 1;
  for (int &value : values) value = (random = random * 1103515245 + 12345) >> 8;
#pragma omp parallel
#pragma omp single
  sortTasks(values, 0, int(values.size()));
  CHECK(std::is_sorted(values.begin(), values.end()));
}

CASE(tasks_copy_objects) {
  std::vector<std::string> found(50);
  {
#pragma omp parallel
#pragma omp single
    for (int i = 0; i < 50; i++) {
      std::string text = "task number " + std::to_string(i);
#pragma omp task firstprivate(text, i) shared(found)
      found[i] = text;
    }
  }
  CHECK(found[49] == "task number 49");
}

CASE(complex_numbers_are_reduced) {
  std::complex<double> sum = 0;
#pragma omp declare reduction(+ : std::complex<double> : omp_out += omp_in)
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < 100; i++) sum += std::complex<double>(i, -i);
  CHECK(sum == std::complex<double>(4950, -4950));
}

ENDING(an_exception_that_leaves_a_region_terminates, "134", "terminated") {
  std::set_terminate([] {
    std::puts("terminated");
    std::fflush(stdout);
    std::abort();
  });
#pragma omp parallel num_threads(2)
  if (omp_get_thread_num() == omp_get_num_threads() - 1) throw 1;
  return 1;
}

} // namespace
