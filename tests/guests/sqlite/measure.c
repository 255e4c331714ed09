/*
 * How long SQLite takes for each kind of work on files; a line `NAME NANOSECONDS` each.
 */
#include <stdio.h>
#include <time.h>

#include "database.h"

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* COUNT rows of about 200 bytes, in an order that no index has. */
static const char *const bulk_insert =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    " INSERT INTO item SELECT i, i * 7919 % 20011, printf('%0180d', i * 104729 % 1000003) FROM n";

static void insert_singly(sqlite3 *database) {
  sqlite3_stmt *statement = prepare(database, "INSERT INTO item VALUES (?, ?, printf('%0180d', ?))");
  for (int id = 20001; id <= 20500; id++) {
    for (int column = 1; column <= 3; column++) sqlite3_bind_int(statement, column, id);
    step_once(statement);
  }
  sqlite3_finalize(statement);
}

static void look_up(sqlite3 *database) {
  sqlite3_stmt *statement = prepare(database, "SELECT id, length(name) FROM item WHERE key = ?");
  for (int i = 0; i < 5000; i++) {
    sqlite3_bind_int(statement, 1, (int)(mix(i) % 20011));
    step(statement);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
}

static void update_scattered(sqlite3 *database) {
  execute(database, "BEGIN");
  sqlite3_stmt *statement = prepare(database, "UPDATE item SET name = name || 'x' WHERE id = ?");
  for (int i = 0; i < 2000; i++) {
    sqlite3_bind_int(statement, 1, 1 + (int)(mix(i) % 20000));
    step_once(statement);
  }
  sqlite3_finalize(statement);
  execute(database, "COMMIT");
}

static void create(sqlite3 *database) {
  execute(database, "CREATE TABLE item (id INTEGER PRIMARY KEY, key INTEGER, name TEXT)");
}
static void insert_bulk(sqlite3 *database) { execute(database, bulk_insert); }
static void create_index(sqlite3 *database) { execute(database, "CREATE INDEX item_by_key ON item (key)"); }
static void scan(sqlite3 *database) { query_number(database, "SELECT sum(length(name)) FROM item NOT INDEXED"); }
static void sort_all(sqlite3 *database) {
  query_number(database, "SELECT count(*) FROM (SELECT id FROM item ORDER BY name DESC LIMIT -1 OFFSET 10)");
}
static void delete_most(sqlite3 *database) { execute(database, "DELETE FROM item WHERE id % 4 <> 0"); }
static void shrink(sqlite3 *database) { execute(database, "VACUUM"); }

void measure(const char *path) {
  static const struct {
    const char *name;
    void (*run)(sqlite3 *database);
  } phases[] = {
      {"create", create},       {"insert", insert_bulk}, {"singly", insert_singly},    {"index", create_index},
      {"look-up", look_up},     {"scan", scan},          {"update", update_scattered}, {"sort", sort_all},
      {"delete", delete_most},  {"vacuum", shrink},
  };
  sqlite3 *database = open_plain_database(path);
  for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
    int64_t start = now();
    phases[i].run(database);
    printf("%s %lld\n", phases[i].name, (long long)(now() - start));
  }
  check_integrity(database);
  close_database(database);
}
