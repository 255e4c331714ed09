/*
 * SQLite's interface for programs that end at the first thing that goes wrong.
 */
#include "database.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void fail_in(sqlite3 *database, const char *sql) {
  fail("%s: %s (%d)", sql, sqlite3_errmsg(database), sqlite3_extended_errcode(database));
}

static sqlite3 *open_with(const char *path, const char *vfs) {
  sqlite3 *database;
  if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs)) fail_in(database, path);
  return database;
}

static void set_journal_mode(sqlite3 *database, const char *mode) {
  char sql[64];
  snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s", mode);
  sqlite3_stmt *statement = prepare(database, sql);
  const char *actual = step(statement) ? (const char *)sqlite3_column_text(statement, 0) : "none";
  if (strcmp(actual, mode)) fail("the journal mode is %s, not %s", actual, mode);
  sqlite3_finalize(statement);
}

sqlite3 *open_database(const char *path, const char *journal_mode) {
  sqlite3 *database = open_with(path, NULL);
  /* Must come first: the index of the log is then in the process's own memory. */
  if (journal_mode && !strcmp(journal_mode, "wal")) execute(database, "PRAGMA locking_mode = exclusive");
  if (journal_mode) set_journal_mode(database, journal_mode);
  execute(database, "PRAGMA cache_size = 20; PRAGMA temp_store = file; PRAGMA synchronous = full");
  return database;
}

sqlite3 *open_plain_database(const char *path) { return open_with(path, NULL); }

sqlite3 *open_shared_database(const char *path) {
  sqlite3 *database = open_with(path, "unix-dotfile");
  sqlite3_busy_timeout(database, 30000);
  return database;
}

void close_database(sqlite3 *database) {
  if (sqlite3_close(database)) fail_in(database, "close");
}

void execute(sqlite3 *database, const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL)) fail_in(database, sql);
}

sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL)) fail_in(database, sql);
  return statement;
}

int step(sqlite3_stmt *statement) {
  int result = sqlite3_step(statement);
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail_in(sqlite3_db_handle(statement), sqlite3_sql(statement));
  return result == SQLITE_ROW;
}

void step_once(sqlite3_stmt *statement) {
  if (step(statement)) fail("%s: gives rows", sqlite3_sql(statement));
  sqlite3_reset(statement);
}

int64_t query_number(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement = prepare(database, sql);
  if (!step(statement)) fail("%s: gives no row", sql);
  int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return number;
}

void check_integrity(sqlite3 *database) {
  sqlite3_stmt *statement = prepare(database, "PRAGMA integrity_check");
  const char *verdict = step(statement) ? (const char *)sqlite3_column_text(statement, 0) : "nothing";
  if (strcmp(verdict, "ok")) fail("integrity_check: %s", verdict);
  sqlite3_finalize(statement);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

void expect_number(const char *what, int64_t actual, int64_t expected) {
  if (actual != expected) fail("%s: %lld, expected %lld", what, (long long)actual, (long long)expected);
}

/* The finaliser of SplitMix64. */
uint64_t mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}
