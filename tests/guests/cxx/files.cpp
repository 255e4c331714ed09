// std::filesystem.
#include "case.h"
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {
/** A directory for a case, gone at its end. */
struct Place {
  fs::path path = fs::temp_directory_path() / "cxx-files";
  Place() {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  ~Place() { fs::remove_all(path); }
  fs::path operator/(const char *name) const { return path / name; }
};
void write(const fs::path &path, const std::string &text) { std::ofstream(path) << text; }
std::string read(const fs::path &path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
} // namespace

CASE(directories_made_and_removed) {
  Place place;
  CHECK(fs::create_directories(place / "a/b/c"));
  CHECK(!fs::create_directories(place / "a/b/c"));
  CHECK(fs::is_directory(place / "a/b"));
  write(place / "a/b/file", "x");
  std::error_code error;
  CHECK(!fs::remove(place / "a", error) && error == std::errc::directory_not_empty);
  CHECK(fs::remove_all(place / "a") == 4);
  CHECK(!fs::exists(place / "a"));
}

CASE(a_file_copied_over_another) {
  Place place;
  write(place / "from", "new");
  write(place / "to", "older text");
  std::error_code error;
  CHECK(!fs::copy_file(place / "from", place / "to", error) && error == std::errc::file_exists);
  CHECK(fs::copy_file(place / "from", place / "to", fs::copy_options::overwrite_existing));
  CHECK(read(place / "to") == "new");
  CHECK(!fs::copy_file(place / "from", place / "to", fs::copy_options::skip_existing));
}

CASE(a_tree_copied) {
  Place place;
  fs::create_directories(place / "from/deep");
  write(place / "from/one", "1");
  write(place / "from/deep/two", "22");
  fs::copy(place / "from", place / "to", fs::copy_options::recursive);
  CHECK(read(place / "to/one") == "1" && read(place / "to/deep/two") == "22");
}

CASE(a_directory_listed) {
  Place place;
  for (const char *name : {"b", "a", "c"}) write(place / name, name);
  fs::create_directory(place / "d");
  write(place / "d/e", "");
  std::set<std::string> names, all;
  for (const auto &entry : fs::directory_iterator(place.path)) names.insert(entry.path().filename());
  for (const auto &entry : fs::recursive_directory_iterator(place.path)) all.insert(fs::relative(entry.path(), place.path));
  CHECK((names == std::set<std::string>{"a", "b", "c", "d"}));
  CHECK((all == std::set<std::string>{"a", "b", "c", "d", "d/e"}));
}

CASE(sizes) {
  Place place;
  write(place / "file", "12345");
  CHECK(fs::file_size(place / "file") == 5);
  fs::resize_file(place / "file", 3);
  CHECK(read(place / "file") == "123");
  CHECK(fs::is_empty(place.path) == false);
  CHECK(fs::space(place.path).capacity > 0);
}

CASE(renamed) {
  Place place;
  write(place / "a", "text");
  write(place / "b", "gone");
  fs::rename(place / "a", place / "b");
  CHECK(!fs::exists(place / "a") && read(place / "b") == "text");
}

CASE(permissions_changed) {
  Place place;
  write(place / "file", "");
  fs::permissions(place / "file", fs::perms::owner_read | fs::perms::group_read);
  CHECK(fs::status(place / "file").permissions() == (fs::perms::owner_read | fs::perms::group_read));
  fs::permissions(place / "file", fs::perms::owner_write, fs::perm_options::add);
  CHECK((fs::status(place / "file").permissions() & fs::perms::owner_write) != fs::perms::none);
}

CASE(symbolic_links) {
  Place place;
  write(place / "file", "text");
  fs::create_symlink("file", place / "link");
  CHECK(fs::is_symlink(place / "link") && fs::read_symlink(place / "link") == "file");
  CHECK(read(place / "link") == "text");
  CHECK(fs::canonical(place / "link") == fs::canonical(place / "file"));
  CHECK(fs::equivalent(place / "link", place / "file"));
  fs::create_symlink("nowhere", place / "broken");
  CHECK(!fs::exists(place / "broken") && fs::is_symlink(fs::symlink_status(place / "broken")));
}

CASE(hard_links) {
  Place place;
  write(place / "file", "text");
  fs::create_hard_link(place / "file", place / "second");
  CHECK(fs::hard_link_count(place / "file") == 2);
  fs::remove(place / "file");
  CHECK(read(place / "second") == "text");
}

CASE(times_of_files) {
  Place place;
  write(place / "file", "");
  auto then = fs::last_write_time(place / "file") - std::chrono::hours(48);
  fs::last_write_time(place / "file", then);
  auto difference = fs::last_write_time(place / "file") - then;
  CHECK(difference < std::chrono::seconds(1) && difference > -std::chrono::seconds(1));
}

CASE(the_working_directory) {
  Place place;
  auto before = fs::current_path();
  fs::create_directory(place / "below");
  fs::current_path(place / "below");
  write("here", "relative");
  CHECK(read(place / "below/here") == "relative");
  fs::current_path("..");
  CHECK(fs::current_path() == fs::canonical(place.path));
  CHECK(fs::absolute("x") == fs::current_path() / "x");
  fs::current_path(before);
}

CASE(errors_have_paths) {
  bool isCaught = false;
  try {
    (void)fs::file_size("/no/such/file");
  } catch (const fs::filesystem_error &error) {
    isCaught = error.path1() == "/no/such/file" && error.code() == std::errc::no_such_file_or_directory;
  }
  CHECK(isCaught);
  std::error_code code;
  CHECK(!fs::exists("", code));
}

CASE(paths_taken_apart) {
  fs::path path("/usr/lib/../share/file.tar.gz");
  CHECK(path.filename() == "file.tar.gz" && path.stem() == "file.tar" && path.extension() == ".gz");
  CHECK(path.lexically_normal() == "/usr/share/file.tar.gz");
  CHECK(fs::path("a") / "b" == "a/b" && fs::path("a") / "/b" == "/b");
  CHECK(fs::path("/a/b/c").lexically_relative("/a/d") == "../b/c");
}
