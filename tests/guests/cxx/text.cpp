// Strings, numbers as text, regular expressions.
#include "case.h"
#include <algorithm>
#include <charconv>
#include <locale>
#include <cuchar>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

using namespace std::literals;

CASE(a_regex_with_groups) {
  std::smatch match;
  std::string line = "key_1 = some value";
  CHECK(std::regex_match(line, match, std::regex(R"((\w+)\s*=\s*(.*))")));
  CHECK(match[1] == "key_1" && match[2] == "some value");
  CHECK(!std::regex_match("no pair"s, std::regex(R"((\w+)=(.*))")));
}

CASE(a_regex_through_a_text) {
  std::string text = "10 apples, 200 pears and 3 plums";
  std::regex number(R"(\d+)");
  int sum = 0;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), number); it != std::sregex_iterator(); ++it) sum += std::stoi(it->str());
  CHECK(sum == 213);
  CHECK(std::regex_replace(text, std::regex(R"((\d+) (\w+))"), "$2:$1") == "apples:10, pears:200 and plums:3");
}

CASE(a_regex_that_is_none) {
  bool isCaught = false;
  try {
    std::regex("(unclosed");
  } catch (const std::regex_error &error) {
    isCaught = error.code() == std::regex_constants::error_paren;
  }
  CHECK(isCaught);
}

CASE(characters_and_back) {
  char text[40];
  auto [end, error] = std::to_chars(text, text + sizeof text, 0.1);
  CHECK(error == std::errc() && std::string_view(text, end - text) == "0.1");
  double value = 0;
  CHECK(std::from_chars(text, end, value).ec == std::errc() && value == 0.1);
  int number = 0;
  auto hex = "ff"sv;
  CHECK(std::from_chars(hex.data(), hex.data() + 2, number, 16).ec == std::errc() && number == 255);
  auto large = "99999999999"sv;
  CHECK(std::from_chars(large.data(), large.data() + large.size(), number).ec == std::errc::result_out_of_range);
}

CASE(strings_changed) {
  std::string text(100, 'a');
  text.replace(10, 80, "-").insert(0, "<").append(">").erase(1, 5);
  CHECK(text == "<aaaaa-aaaaaaaaaa>");
  CHECK(text.find("-a") == 6 && text.rfind('a') == 16 && text.find_first_not_of("<a") == 6);
  std::string moved = std::move(text);
  CHECK(moved.size() == 18);
  CHECK(moved.starts_with("<a") && moved.ends_with(">") && moved.contains("-"));
  CHECK(std::to_string(-12) + std::to_string(0.5) == "-120.500000");
}

CASE(views_of_strings) {
  auto text = "one,two,,three"sv;
  std::vector<std::string_view> parts;
  while (true) {
    auto at = text.find(',');
    parts.push_back(text.substr(0, at));
    if (at == text.npos) break;
    text.remove_prefix(at + 1);
  }
  CHECK((parts == std::vector{"one"sv, "two"sv, ""sv, "three"sv}));
}

CASE(characters_of_utf8) {
  std::setlocale(LC_ALL, "C.UTF-8");
  std::u8string text = u8"a\u00e4\U0001f600";
  CHECK(text.size() == 7);
  std::mbstate_t state{};
  char32_t character = 0;
  CHECK(std::mbrtoc32(&character, reinterpret_cast<const char *>(text.data()) + 3, 4, &state) == 4);
  CHECK(character == 0x1f600);
  CHECK(std::toupper('q', std::locale::classic()) == 'Q');
}
