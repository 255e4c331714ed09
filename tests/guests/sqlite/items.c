/*
 * A table of 20,500 items whose contents follow from their numbers: what SQLite answers is compared with what loops over those numbers find.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"

enum { BULK = 20000, SINGLE = 500, ITEMS = BULK + SINGLE, CATEGORIES = 16, BODY_MAX = 256 };

typedef struct {
  int category;
  int64_t price;
  char name[24];
  int length;
  unsigned char body[BODY_MAX];
} Item;

static Item make_item(int id) {
  Item item = {.category = (int)(mix(4 * id) % CATEGORIES), .price = (int64_t)(mix(4 * id + 1) % 1000000)};
  snprintf(item.name, sizeof item.name, "item-%016llx", (unsigned long long)mix(4 * id + 2));
  uint64_t random = mix(4 * id + 3);
  item.length = 64 + (int)(random % (BODY_MAX - 64));
  for (int i = 0; i < item.length; i++) item.body[i] = (unsigned char)(mix(random + i / 8) >> (8 * (i % 8)));
  return item;
}

static Item *make_items(void) {
  Item *items = malloc(ITEMS * sizeof *items);
  if (!items) fail("no memory");
  for (int id = 0; id < ITEMS; id++) items[id] = make_item(id);
  return items;
}

static void insert(sqlite3_stmt *statement, int id) {
  Item item = make_item(id);
  sqlite3_bind_int(statement, 1, id);
  sqlite3_bind_int(statement, 2, item.category);
  sqlite3_bind_int64(statement, 3, item.price);
  sqlite3_bind_text(statement, 4, item.name, -1, SQLITE_TRANSIENT);
  sqlite3_bind_blob(statement, 5, item.body, item.length, SQLITE_TRANSIENT);
  step_once(statement);
}

static void create_table(sqlite3 *database) {
  execute(database,
          "CREATE TABLE item (id INTEGER PRIMARY KEY, category INTEGER NOT NULL, price INTEGER NOT NULL,"
          " name TEXT NOT NULL, body BLOB NOT NULL)");
}

/* One transaction for all of them, or one for each. */
static void insert_items(sqlite3 *database, int from, int to, int is_one_transaction) {
  sqlite3_stmt *statement = prepare(database, "INSERT INTO item VALUES (?, ?, ?, ?, ?)");
  if (is_one_transaction) execute(database, "BEGIN");
  for (int id = from; id < to; id++) insert(statement, id);
  if (is_one_transaction) execute(database, "COMMIT");
  sqlite3_finalize(statement);
}

static void create_indexes(sqlite3 *database) {
  execute(database,
          "CREATE INDEX item_by_price ON item (category, price);"
          "CREATE UNIQUE INDEX item_by_name ON item (name)");
}

void load(const char *path) {
  sqlite3 *database = open_database(path, NULL);
  create_table(database);
  insert_items(database, 0, BULK, 1);
  create_indexes(database);
  insert_items(database, BULK, ITEMS, 0);
  close_database(database);
}

/* Counts and sums over ranges of the index (category, price). */
static void verify_ranges(sqlite3 *database, const Item *items) {
  sqlite3_stmt *statement =
      prepare(database, "SELECT count(*), sum(price) FROM item WHERE category = ? AND price BETWEEN ? AND ?");
  for (int category = 0; category < CATEGORIES; category++) {
    for (int64_t from = 0; from < 1000000; from += 125000) {
      int64_t to = from + 99999, count = 0, sum = 0;
      for (int id = 0; id < ITEMS; id++) {
        if (items[id].category != category || items[id].price < from || items[id].price > to) continue;
        count++;
        sum += items[id].price;
      }
      sqlite3_bind_int(statement, 1, category);
      sqlite3_bind_int64(statement, 2, from);
      sqlite3_bind_int64(statement, 3, to);
      step(statement);
      expect_number("count of a range", sqlite3_column_int64(statement, 0), count);
      expect_number("sum of a range", sqlite3_column_int64(statement, 1), sum);
      sqlite3_reset(statement);
    }
  }
  sqlite3_finalize(statement);
}

static void verify_names(sqlite3 *database, const Item *items) {
  sqlite3_stmt *statement = prepare(database, "SELECT id FROM item WHERE name = ?");
  for (int id = 0; id < ITEMS; id += 41) {
    sqlite3_bind_text(statement, 1, items[id].name, -1, SQLITE_STATIC);
    if (!step(statement)) fail("no item is called %s", items[id].name);
    expect_number("id by name", sqlite3_column_int64(statement, 0), id);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
}

/* Each item's bytes, for ids that `stride` divides. */
static void verify_bodies(sqlite3 *database, const Item *items, int stride) {
  sqlite3_stmt *statement = prepare(database, "SELECT id, category, price, name, body FROM item ORDER BY id");
  int id = 0;
  for (; step(statement); id += stride) {
    expect_number("id", sqlite3_column_int64(statement, 0), id);
    expect_number("category", sqlite3_column_int64(statement, 1), items[id].category);
    expect_number("price", sqlite3_column_int64(statement, 2), items[id].price);
    if (strcmp((const char *)sqlite3_column_text(statement, 3), items[id].name)) fail("name of item %d", id);
    expect_number("length of a body", sqlite3_column_bytes(statement, 4), items[id].length);
    if (memcmp(sqlite3_column_blob(statement, 4), items[id].body, items[id].length)) fail("body of item %d", id);
  }
  expect_number("end of the items", id, (ITEMS + stride - 1) / stride * stride);
  sqlite3_finalize(statement);
}

/* Pairs of items with the same price in different categories: a join by the table itself. */
static void verify_join(sqlite3 *database, const Item *items) {
  enum { PRICES = 5000 };
  static int counts[PRICES][CATEGORIES];
  for (int id = 0; id < ITEMS; id++) {
    if (items[id].price < PRICES) counts[items[id].price][items[id].category]++;
  }
  int64_t pairs = 0;
  for (int price = 0; price < PRICES; price++) {
    for (int first = 0; first < CATEGORIES; first++) {
      for (int second = first + 1; second < CATEGORIES; second++) pairs += counts[price][first] * counts[price][second];
    }
  }
  int64_t found = query_number(database,
                               "SELECT count(*) FROM item a JOIN item b ON a.price = b.price AND a.category < b.category"
                               " WHERE a.price < 5000 AND b.price < 5000");
  expect_number("pairs of the same price", found, pairs);
}

void verify(const char *path) {
  Item *items = make_items();
  sqlite3 *database = open_database(path, NULL);
  expect_number("count", query_number(database, "SELECT count(*) FROM item"), ITEMS);
  verify_ranges(database, items);
  verify_names(database, items);
  verify_bodies(database, items, 1);
  verify_join(database, items);
  check_integrity(database);
  close_database(database);
  free(items);
}

static const Item *sorted_items;

static int compare_bodies(const void *left, const void *right) {
  const Item *a = &sorted_items[*(const int *)left], *b = &sorted_items[*(const int *)right];
  int shorter = a->length < b->length ? a->length : b->length;
  int order = memcmp(a->body, b->body, shorter);
  return order != 0 ? order : a->length - b->length;
}

static void verify_order(sqlite3 *database, const Item *items) {
  int *order = malloc(ITEMS * sizeof *order);
  if (!order) fail("no memory");
  for (int id = 0; id < ITEMS; id++) order[id] = id;
  sorted_items = items;
  qsort(order, ITEMS, sizeof *order, compare_bodies);
  sqlite3_stmt *statement = prepare(database, "SELECT id FROM item ORDER BY body, id");
  int count = 0;
  for (; step(statement); count++) expect_number("id in order", sqlite3_column_int64(statement, 0), order[count]);
  expect_number("items in order", count, ITEMS);
  sqlite3_finalize(statement);
  free(order);
}

/* Sorts more than SQLite keeps in memory: it merges runs in a temporary file. */
void sort(const char *path) {
  Item *items = make_items();
  sqlite3 *database = open_database(path, NULL);
  verify_order(database, items);
  close_database(database);
  free(items);
}

/* Drops all items but each fourth, and gives their pages back. */
void vacuum(const char *path) {
  Item *items = make_items();
  sqlite3 *database = open_database(path, NULL);
  int64_t before = query_number(database, "PRAGMA page_count");
  execute(database, "DELETE FROM item WHERE id % 4 <> 0");
  expect_number("pages after deleting", query_number(database, "PRAGMA page_count"), before);
  execute(database, "VACUUM");
  int64_t after = query_number(database, "PRAGMA page_count");
  if (after > before / 3) fail("VACUUM left %lld of %lld pages", (long long)after, (long long)before);
  verify_bodies(database, items, 4);
  check_integrity(database);
  close_database(database);
  free(items);
}
