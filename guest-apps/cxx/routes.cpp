// Shortest routes through a road network, as a C++ program is written: the network is text, read through streams into hash
// tables; what is wrong with a line is an exception that names it; Dijkstra's algorithm on a priority queue. Known answers:
// each fiftieth line is spoilt in one of three ways, and exactly those are refused, each with its type; a distance is right
// when every road keeps to it (none could shorten it) and one road attains it.
// Usage: routes [SIDE], a grid of SIDE x SIDE places
#include "../c/report.h"
#include <algorithm>
#include <array>
#include <limits>
#include <queue>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Road {
  std::size_t to;
  std::uint64_t length;
};

struct UnknownPlace : std::out_of_range {
  using std::out_of_range::out_of_range;
};

class Network {
public:
  // Reads `FROM TO LENGTH`, names and a number; makes both ways.
  void add(const std::string &line) {
    std::istringstream in(line);
    std::string from, to;
    std::uint64_t length = 0;
    if (!(in >> from >> to >> length)) throw std::invalid_argument("no road: " + line);
    if (length == 0) throw std::domain_error("a road of no length: " + line);
    std::size_t a = places_.at(from), b = find(to);
    roads_[a].push_back({b, length});
    roads_[b].push_back({a, length});
  }

  void name(const std::string &place) {
    places_.emplace(place, roads_.size());
    roads_.emplace_back();
  }

  std::vector<std::uint64_t> distances(const std::string &start) const {
    using Step = std::pair<std::uint64_t, std::size_t>;
    std::vector<std::uint64_t> nearest(roads_.size(), std::numeric_limits<std::uint64_t>::max());
    std::priority_queue<Step, std::vector<Step>, std::greater<>> next;
    next.emplace(nearest[find(start)] = 0, find(start));
    while (!next.empty()) {
      auto [distance, place] = next.top();
      next.pop();
      if (distance > nearest[place]) continue;
      for (const auto &[to, length] : roads_[place])
        if (distance + length < nearest[to]) next.emplace(nearest[to] = distance + length, to);
    }
    return nearest;
  }

  // Whether no road could shorten a distance, and each but the start's is attained.
  bool agrees(const std::vector<std::uint64_t> &nearest, const std::string &start) const {
    for (std::size_t place = 0; place < roads_.size(); place++) {
      bool attained = place == find(start) ? nearest[place] == 0 : false;
      for (const auto &[to, length] : roads_[place]) {
        if (nearest[to] + length < nearest[place]) return false;
        attained |= nearest[to] + length == nearest[place];
      }
      if (!attained) return false;
    }
    return true;
  }

  std::size_t roads() const {
    std::size_t count = 0;
    for (const auto &from : roads_) count += from.size();
    return count;
  }

private:
  std::size_t find(const std::string &place) const {
    auto found = places_.find(place);
    if (found == places_.end()) throw UnknownPlace(place);
    return found->second;
  }

  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::vector<Road>> roads_;
};

std::string place_name(long x, long y) { return "p" + std::to_string(x) + "_" + std::to_string(y); }

// A grid with roads of random lengths, and how many lines were spoilt in which way.
std::string write_roads(long side, std::array<long, 3> &spoilt) {
  std::ostringstream out;
  std::mt19937 random(2024);
  long line = 0;
  auto write = [&](const std::string &from, const std::string &to) {
    if (++line % 50 == 0) {
      long kind = line / 50 % 3;
      spoilt[kind]++;
      out << from << ' ' << (kind == 0 ? to + " far" : kind == 1 ? to + " 0" : "nowhere 5") << '\n';
    }
    out << from << ' ' << to << ' ' << 1 + random() % 1000 << '\n';
  };
  for (long y = 0; y < side; y++)
    for (long x = 0; x < side; x++) {
      if (x + 1 < side) write(place_name(x, y), place_name(x + 1, y));
      if (y + 1 < side) write(place_name(x, y), place_name(x, y + 1));
    }
  return out.str();
}

Network read_roads(long side, const std::string &text, std::array<long, 3> &refused) {
  Network network;
  for (long y = 0; y < side; y++)
    for (long x = 0; x < side; x++) network.name(place_name(x, y));
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    try {
      network.add(line);
    } catch (const UnknownPlace &) {
      refused[2]++;
    } catch (const std::domain_error &) {
      refused[1]++;
    } catch (const std::invalid_argument &) {
      refused[0]++;
    }
  }
  return network;
}

} // namespace

int main(int argc, char **argv) {
  long side = size_argument(argc, argv, 1, 120, 8, 2000);
  std::array<long, 3> spoilt{}, refused{};
  std::string text = write_roads(side, spoilt);
  Network network = read_roads(side, text, refused);
  std::string start = place_name(side / 2, side / 3);
  std::vector<std::uint64_t> nearest;
  double best = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    double from = seconds_now();
    nearest = network.distances(start);
    best = std::min(best, seconds_now() - from);
  }
  bool pass = refused == spoilt && network.agrees(nearest, start);
  auto farthest = static_cast<double>(*std::max_element(nearest.begin(), nearest.end()));
  return report("routes", side * side, farthest, pass, 1e-6 * static_cast<double>(network.roads()) / best, "Mroad/s", best);
}
