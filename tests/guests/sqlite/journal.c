/*
 * The journal modes: what is committed stays, what is rolled back is gone, also when its pages had reached the file; and where the journal is
 * meanwhile.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "database.h"

enum { ROWS = 2000 };

/* The size of PATH-SUFFIX; −1: there is no such file. */
static int64_t size_of(const char *path, const char *suffix) {
  char name[512];
  struct stat found;
  snprintf(name, sizeof name, "%s-%s", path, suffix);
  return stat(name, &found) ? -1 : found.st_size;
}

static void expect_rows(sqlite3 *database, int64_t value) {
  char sql[96];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM row WHERE value = %lld AND length(padding) = 200", (long long)value);
  expect_number(sql, query_number(database, sql), ROWS);
}

/* What lies beside the database inside a transaction, whose pages do not all fit into memory, and after it. */
static void expect_journal(const char *path, const char *mode, int is_inside) {
  int64_t journal = size_of(path, "journal"), wal = size_of(path, "wal");
  int is_wal = !strcmp(mode, "wal");
  if (is_wal ? wal <= 0 : wal >= 0) fail("%s: the log has %lld bytes", mode, (long long)wal);
  if (is_wal || !strcmp(mode, "memory")) return expect_number("size of a journal that is no file", journal, -1);
  if (is_inside || !strcmp(mode, "persist")) {
    if (journal < ROWS * 200 / 2) fail("%s: the journal has %lld bytes", mode, (long long)journal);
    return;
  }
  expect_number("size of a journal that is done with", journal, strcmp(mode, "truncate") ? -1 : 0);
}

void try_journal(const char *path, const char *mode) {
  sqlite3 *database = open_database(path, mode);
  execute(database, "CREATE TABLE row (id INTEGER PRIMARY KEY, value INTEGER, padding BLOB)");
  execute(database,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
          " INSERT INTO row SELECT i, 0, randomblob(200) FROM n");

  execute(database, "BEGIN; UPDATE row SET value = 1, padding = randomblob(200)");
  expect_journal(path, mode, 1);
  execute(database, "COMMIT");
  expect_journal(path, mode, 0);
  expect_rows(database, 1);

  execute(database, "BEGIN; UPDATE row SET value = 2, padding = zeroblob(3000); DELETE FROM row WHERE id % 2");
  expect_journal(path, mode, 1);
  execute(database, "ROLLBACK");
  expect_rows(database, 1);

  execute(database,
          "BEGIN; UPDATE row SET value = 3; SAVEPOINT inner_one; UPDATE row SET value = 4, padding = zeroblob(10);"
          "ROLLBACK TO inner_one; COMMIT");
  expect_rows(database, 3);
  check_integrity(database);
  close_database(database);
  expect_number("size of the log after the end", size_of(path, "wal"), -1);

  database = open_database(path, mode);
  expect_rows(database, 3);
  check_integrity(database);
  close_database(database);
}
