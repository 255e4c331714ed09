// Types that are known at run time.
#include "case.h"
#include <any>
#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <typeinfo>

namespace {
struct Animal {
  virtual ~Animal() = default;
};
struct Swimmer {
  virtual ~Swimmer() = default;
  int depth = 7;
};
struct Duck : Animal, Swimmer {
  int feathers = 3;
};
struct Cat : Animal {};

struct Top {
  virtual ~Top() = default;
  int top = 1;
};
struct Left : virtual Top {
  int left = 2;
};
struct Right : virtual Top {
  int right = 3;
};
struct Bottom : Left, Right {
  int bottom = 4;
};
} // namespace

CASE(cast_down_and_across) {
  std::unique_ptr<Animal> animal = std::make_unique<Duck>();
  auto *duck = dynamic_cast<Duck *>(animal.get());
  CHECK(duck && duck->feathers == 3);
  auto *swimmer = dynamic_cast<Swimmer *>(animal.get());
  CHECK(swimmer && swimmer->depth == 7);
  CHECK(dynamic_cast<Animal *>(swimmer) == animal.get());
  CHECK(dynamic_cast<void *>(swimmer) == duck);
}

CASE(cast_to_what_it_is_not) {
  Cat cat;
  Animal *animal = &cat;
  CHECK(dynamic_cast<Duck *>(animal) == nullptr);
  CHECK(dynamic_cast<Swimmer *>(animal) == nullptr);
  bool isCaught = false;
  try {
    (void)dynamic_cast<Duck &>(*animal);
  } catch (const std::bad_cast &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(cast_through_virtual_bases) {
  Bottom bottom;
  Top *top = &bottom;
  CHECK(dynamic_cast<Bottom *>(top)->bottom == 4);
  CHECK(dynamic_cast<Left *>(top)->left == 2);
  Left *left = &bottom;
  CHECK(dynamic_cast<Right *>(left)->right == 3);
}

CASE(typeid_of_what_it_is) {
  Duck duck;
  Animal &animal = duck;
  CHECK(typeid(animal) == typeid(Duck));
  CHECK(typeid(Animal) != typeid(Duck));
  CHECK(std::string(typeid(int).name()) == "i");
  Animal *volatile none = nullptr;
  bool isCaught = false;
  try {
    (void)typeid(*none).name();
  } catch (const std::bad_typeid &) {
    isCaught = true;
  }
  CHECK(isCaught);
}

CASE(types_as_keys) {
  std::map<std::type_index, std::string> names{{typeid(int), "int"}, {typeid(Duck), "duck"}};
  Duck duck;
  Animal &animal = duck;
  CHECK(names.at(typeid(animal)) == "duck");
  CHECK(names.count(typeid(long)) == 0);
}

CASE(any_knows_its_type) {
  std::any any = std::string("text");
  CHECK(any.type() == typeid(std::string));
  CHECK(std::any_cast<std::string>(any) == "text");
  CHECK(std::any_cast<int>(&any) == nullptr);
  bool isCaught = false;
  try {
    (void)std::any_cast<int>(any);
  } catch (const std::bad_any_cast &) {
    isCaught = true;
  }
  CHECK(isCaught);
  any.reset();
  CHECK(!any.has_value());
}
