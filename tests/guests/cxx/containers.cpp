// Containers, iterators, algorithms and allocators.
#include "case.h"
#include <algorithm>
#include <array>
#include <bitset>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <queue>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

CASE(vectors) {
  std::vector<std::string> values;
  for (int i = 0; i < 1000; i++) values.push_back(std::to_string(i));
  values.insert(values.begin() + 500, 3, "new");
  std::erase_if(values, [](const auto &text) { return text.size() == 1; });
  CHECK(values.size() == 993 && values[490] == "new" && values.back() == "999");
  std::vector<bool> bits(70);
  bits[69] = true;
  bits.flip();
  CHECK(std::count(bits.begin(), bits.end(), true) == 69);
}

CASE(lists_and_deques) {
  std::list<int> list{5, 1, 4};
  list.sort();
  list.splice(list.begin(), std::list<int>{9, 8});
  CHECK((std::vector(list.begin(), list.end()) == std::vector{9, 8, 1, 4, 5}));
  std::deque<int> deque;
  for (int i = 0; i < 100; i++) i % 2 ? deque.push_back(i) : deque.push_front(i);
  CHECK(deque.front() == 98 && deque.back() == 99 && deque[50] == 1);
  std::forward_list<int> forward{1, 2, 3};
  forward.reverse();
  CHECK(forward.front() == 3);
}

CASE(maps_and_sets) {
  std::map<std::string, int, std::less<>> map;
  for (const char *word : {"b", "a", "b", "c", "b"}) map[word]++;
  CHECK(map.find(std::string_view("b"))->second == 3 && map.begin()->first == "a");
  auto node = map.extract("b");
  node.key() = "z";
  map.insert(std::move(node));
  CHECK(map.rbegin()->second == 3);
  std::multiset<int> multi{3, 1, 3, 2};
  CHECK(multi.count(3) == 2 && *multi.lower_bound(2) == 2);
}

CASE(hash_tables) {
  std::unordered_map<std::string, int> table;
  for (int i = 0; i < 10000; i++) table["key" + std::to_string(i)] = i;
  CHECK(table.size() == 10000 && table.at("key777") == 777 && table.load_factor() <= table.max_load_factor());
  for (int i = 0; i < 10000; i += 2) table.erase("key" + std::to_string(i));
  CHECK(table.size() == 5000 && !table.contains("key10"));
  std::unordered_multiset<int> multi{1, 1, 2};
  CHECK(multi.count(1) == 2);
}

CASE(queues) {
  std::priority_queue<int, std::vector<int>, std::greater<>> queue;
  for (int value : {5, 2, 8, 1}) queue.push(value);
  int last = 0;
  for (; !queue.empty(); queue.pop()) {
    CHECK(queue.top() > last);
    last = queue.top();
  }
  CHECK(last == 8);
}

CASE(algorithms) {
  std::vector<int> values(1000);
  std::iota(values.begin(), values.end(), 0);
  std::reverse(values.begin(), values.end());
  std::stable_partition(values.begin(), values.end(), [](int value) { return value % 2 == 0; });
  CHECK(values[0] == 998 && values[500] == 999);
  std::sort(values.begin(), values.end());
  CHECK(std::binary_search(values.begin(), values.end(), 500));
  std::nth_element(values.begin(), values.begin() + 10, values.end(), std::greater());
  CHECK(values[10] == 989);
  CHECK(std::accumulate(values.begin(), values.end(), 0L) == 499500);
  std::string letters = "abc";
  int permutations = 1;
  while (std::next_permutation(letters.begin(), letters.end())) permutations++;
  CHECK(permutations == 6);
}

namespace {
long allocated;
template <class T> struct Counting {
  using value_type = T;
  Counting() = default;
  template <class U> Counting(const Counting<U> &) {}
  T *allocate(std::size_t count) {
    allocated += count * sizeof(T);
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T *pointer, std::size_t count) {
    allocated -= count * sizeof(T);
    std::allocator<T>().deallocate(pointer, count);
  }
  bool operator==(const Counting &) const { return true; }
};
} // namespace

CASE(an_allocator_of_our_own) {
  {
    std::vector<int, Counting<int>> values(100);
    CHECK(allocated == 400);
    std::list<int, Counting<int>> list(values.begin(), values.end());
    CHECK(allocated > 800);
  }
  CHECK(allocated == 0);
}

CASE(memory_resources) {
  std::array<std::byte, 4096> room;
  std::pmr::monotonic_buffer_resource buffer(room.data(), room.size(), std::pmr::null_memory_resource());
  std::pmr::vector<std::pmr::string> values(&buffer);
  values.emplace_back("a text that is too long for the string itself");
  auto *at = reinterpret_cast<std::byte *>(values[0].data());
  CHECK(at >= room.data() && at < room.data() + room.size());
  bool isCaught = false;
  try {
    for (int i = 0; i < 1000; i++) values.emplace_back("a text that is too long for the string itself");
  } catch (const std::bad_alloc &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(spans_and_bits) {
  int values[] = {1, 2, 3, 4};
  std::span<int> span(values);
  for (int &value : span.subspan(1, 2)) value *= 10;
  CHECK(values[1] == 20 && values[2] == 30 && values[3] == 4);
  std::bitset<100> bits("1011");
  CHECK(bits.count() == 3 && (bits << 90).test(93) && bits.to_ulong() == 11);
}

CASE(large_alignment) {
  struct alignas(256) Wide {
    char bytes[256];
  };
  auto wide = std::make_unique<Wide>();
  std::vector<Wide> many(3);
  CHECK(reinterpret_cast<std::uintptr_t>(wide.get()) % 256 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(&many[1]) % 256 == 0);
}
