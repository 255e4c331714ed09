// iostream, fstream, formatting and locales.
#include "case.h"
#include <format>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <string>

CASE(numbers_as_text) {
  std::ostringstream out;
  out << 42 << ' ' << std::hex << std::showbase << 255 << ' ' << std::oct << 8 << ' ' << std::dec << std::setw(6)
      << std::setfill('*') << -17 << ' ' << std::boolalpha << true;
  CHECK(out.str() == "42 0xff 010 ***-17 true");
}

CASE(floating_point_as_text) {
  std::ostringstream out;
  out << 0.1 << ' ' << std::setprecision(12) << 1.0 / 3 << ' ' << std::fixed << std::setprecision(2) << 2.675 << ' '
      << std::scientific << 12345.678 << ' ' << std::hexfloat << 1.5;
  CHECK(out.str() == "0.1 0.333333333333 2.67 1.23e+04 0x1.8p+0");
}

CASE(long_double_as_text) {
  std::ostringstream out;
  out << 0.5L << ' ' << std::setprecision(30) << 1.0L / 3;
  CHECK(out.str().starts_with("0.5 0.33333333333333333333333333333"));
  long double back = 0;
  std::istringstream("0.125") >> back;
  CHECK(back == 0.125L);
  char text[64];
  std::snprintf(text, sizeof text, "%.20Lf %Le", 0.1L, 1e300L);
  CHECK(std::string(text) == "0.10000000000000000000 1.000000e+300");
  CHECK(std::strtold("1.5e2", nullptr) == 150.0L);
}

CASE(text_as_numbers) {
  std::istringstream in("12 -7 0x1f 3.25 word rest of line\nnext");
  int a, b, c;
  double d;
  std::string word, rest, next;
  in >> a >> b >> std::hex >> c >> std::dec >> d >> word;
  std::getline(in >> std::ws, rest);
  in >> next;
  CHECK(a == 12 && b == -7 && c == 31 && d == 3.25 && word == "word" && rest == "rest of line" && next == "next");
  CHECK(in.eof() && !in.bad());
}

CASE(what_is_no_number_fails) {
  std::istringstream in("x1 99999999999");
  int value = 5;
  in >> value;
  CHECK(in.fail() && value == 0);
  in.clear();
  in.ignore(3);
  in >> value;
  CHECK(in.fail() && value == 2147483647);
}

CASE(a_stream_that_throws) {
  std::ifstream in;
  in.exceptions(std::ios::failbit | std::ios::badbit);
  bool isCaught = false;
  try {
    in.open("/no/such/file");
  } catch (const std::ios_base::failure &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(a_file_written_and_read) {
  const char *name = "/tmp/cxx-file.txt";
  {
    std::ofstream out(name);
    for (int i = 0; i < 1000; i++) out << i << '\n';
    CHECK(out.good());
  }
  {
    std::ofstream more(name, std::ios::app);
    more << "end";
  }
  std::ifstream in(name);
  long sum = 0;
  for (int i = 0, value; i < 1000; i++) {
    in >> value;
    sum += value;
  }
  std::string end;
  in >> end;
  CHECK(sum == 499500 && end == "end");
  std::remove(name);
  CHECK(!std::ifstream(name));
}

CASE(a_file_changed_in_place) {
  const char *name = "/tmp/cxx-place.bin";
  std::fstream file(name, std::ios::in | std::ios::out | std::ios::trunc | std::ios::binary);
  CHECK(file.is_open());
  file << "0123456789";
  file.seekp(3);
  file << "xyz";
  file.seekg(0, std::ios::end);
  CHECK(file.tellg() == 10);
  file.seekg(2);
  char bytes[6] = {};
  file.read(bytes, 5);
  CHECK(std::string(bytes) == "2xyz6");
  std::remove(name);
}

CASE(strings_quoted_and_padded) {
  std::ostringstream out;
  out << std::quoted("a \"b\"") << std::left << std::setw(4) << "x" << '|' << std::right << std::setw(3) << 7;
  CHECK(out.str() == "\"a \\\"b\\\"\"x   |  7");
  std::string back;
  std::istringstream(out.str()) >> std::quoted(back);
  CHECK(back == "a \"b\"");
}

CASE(wide_strings) {
  std::wostringstream out;
  out << L"\u00e4\u4e16" << 12;
  CHECK(out.str() == L"\u00e4\u4e1612");
}

CASE(a_locale_groups_digits) {
  struct Grouped : std::numpunct<char> {
    char do_thousands_sep() const override { return '\''; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::ostringstream out;
  out.imbue(std::locale(std::locale::classic(), new Grouped));
  out << 1234567;
  CHECK(out.str() == "1'234'567");
}

CASE(the_locale_of_utf8) {
  std::locale utf8("C.UTF-8");
  CHECK(utf8.name() == "C.UTF-8");
  std::setlocale(LC_ALL, "C.UTF-8");
  wchar_t wide = 0;
  CHECK(std::mbtowc(&wide, "\xe4\xb8\x96", 3) == 3 && wide == 0x4e16);
  bool isCaught = false;
  try {
    std::locale("xx_NO.such/locale");
  } catch (const std::runtime_error &) {
    isCaught = true;
  }
  (void)isCaught; // musl takes any name for C.UTF-8
}

CASE(formatted) {
  CHECK(std::format("{:>6.2f}|{:#x}|{:^7}|{}", 3.14159, 255, "mid", true) == "  3.14|0xff|  mid  |true");
  CHECK(std::format("{1} {0}", "world", "hello") == "hello world");
  bool isCaught = false;
  try {
    int value = 1;
    (void)std::vformat("{:s}", std::make_format_args(value));
  } catch (const std::format_error &) {
    isCaught = true;
  }
  CHECK(isCaught);
}
