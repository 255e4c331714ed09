/*
 * A ledger whose transactions move money between accounts: a lost, half or doubled one shows in the sums. Each transaction's number is printed
 * once it is committed, so that whoever kills the program knows what must be there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"

enum { ACCOUNTS = 400, START = 1000, MOVES = 20 };

static void create_ledger(sqlite3 *database) {
  execute(database,
          "BEGIN;"
          "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, padding BLOB NOT NULL);"
          "CREATE TABLE move (transfer INTEGER NOT NULL, number INTEGER NOT NULL, source INTEGER NOT NULL,"
          " target INTEGER NOT NULL, amount INTEGER NOT NULL, padding BLOB NOT NULL, PRIMARY KEY (transfer, number));"
          "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399)"
          " INSERT INTO account SELECT i, 1000, randomblob(300) FROM n;"
          "COMMIT");
}

typedef struct {
  sqlite3_stmt *give, *take, *note;
} Statements;

static Statements prepare_moves(sqlite3 *database) {
  return (Statements){
      .give = prepare(database, "UPDATE account SET balance = balance + ?, padding = randomblob(300) WHERE id = ?"),
      .take = prepare(database, "UPDATE account SET balance = balance - ?, padding = randomblob(300) WHERE id = ?"),
      .note = prepare(database, "INSERT INTO move VALUES (?, ?, ?, ?, ?, randomblob(100))"),
  };
}

static void finalize_moves(Statements statements) {
  sqlite3_finalize(statements.give);
  sqlite3_finalize(statements.take);
  sqlite3_finalize(statements.note);
}

/* SQLITE_DONE, or what went wrong. */
static int change(sqlite3_stmt *statement) {
  int result = sqlite3_step(statement);
  sqlite3_reset(statement);
  return result;
}

/* The moves of one transaction. SQLITE_DONE, or what went wrong. */
static int transfer(Statements statements, int64_t number) {
  for (int i = 0; i < MOVES; i++) {
    uint64_t random = mix(number * MOVES + i);
    int source = (int)(random % ACCOUNTS), target = (int)(random / ACCOUNTS % ACCOUNTS), amount = (int)(random >> 48);
    sqlite3_bind_int(statements.take, 1, amount);
    sqlite3_bind_int(statements.take, 2, source);
    sqlite3_bind_int(statements.give, 1, amount);
    sqlite3_bind_int(statements.give, 2, target);
    sqlite3_bind_int64(statements.note, 1, number);
    sqlite3_bind_int(statements.note, 2, i);
    sqlite3_bind_int(statements.note, 3, source);
    sqlite3_bind_int(statements.note, 4, target);
    sqlite3_bind_int(statements.note, 5, amount);
    int result = change(statements.take);
    if (result == SQLITE_DONE) result = change(statements.give);
    if (result == SQLITE_DONE) result = change(statements.note);
    if (result != SQLITE_DONE) return result;
  }
  return SQLITE_DONE;
}

static int64_t last_transfer(sqlite3 *database) {
  return query_number(database, "SELECT coalesce(max(transfer), 0) FROM move");
}

/* stdio would keep the number back. */
static void tell(int64_t number) {
  char line[24];
  int length = snprintf(line, sizeof line, "%lld\n", (long long)number);
  if (write(STDOUT_FILENO, line, length) != length) fail("stdout");
}

/* Goes on where the ledger ends. */
void write_ledger(const char *path, const char *mode, long transactions) {
  sqlite3 *database = open_database(path, mode);
  if (query_number(database, "SELECT count(*) FROM sqlite_schema") == 0) create_ledger(database);
  Statements statements = prepare_moves(database);
  int64_t last = last_transfer(database);
  for (int64_t number = last + 1; number <= last + transactions; number++) {
    execute(database, "BEGIN");
    if (transfer(statements, number) != SQLITE_DONE) fail("transfer: %s", sqlite3_errmsg(database));
    execute(database, "COMMIT");
    tell(number);
  }
  finalize_moves(statements);
  close_database(database);
}

/* Writes until the disk is full, which must be what SQLite says; then nothing of the last transaction may be left. */
void fill_ledger(const char *path, const char *mode) {
  sqlite3 *database = open_database(path, mode);
  create_ledger(database);
  Statements statements = prepare_moves(database);
  int result = SQLITE_OK;
  int64_t number = 0;
  while (result == SQLITE_OK) {
    execute(database, "BEGIN");
    result = transfer(statements, ++number);
    if (result == SQLITE_DONE) result = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
  }
  expect_number("what SQLite says of a full disk", result, SQLITE_FULL);
  if (!sqlite3_get_autocommit(database)) execute(database, "ROLLBACK");
  expect_number("transfers after the roll-back", last_transfer(database), number - 1);
  tell(number - 1);
  finalize_moves(statements);
  close_database(database);
}

static int has_journal(const char *path, const char *suffix) {
  char name[512];
  struct stat found;
  snprintf(name, sizeof name, "%s-%s", path, suffix);
  FILE *file = fopen(name, "r");
  if (!file) return 0;
  int first = fgetc(file);
  fclose(file);
  return !stat(name, &found) && found.st_size > 0 && first > 0;
}

/* Prints the number of the last transaction, and `recovered` when there was a journal to recover from. */
void check_ledger(const char *path, const char *mode) {
  int is_hot = has_journal(path, "journal") || has_journal(path, "wal");
  sqlite3 *database = open_database(path, mode);
  int64_t last = 0;
  if (query_number(database, "SELECT count(*) FROM sqlite_schema") > 0) {
    last = last_transfer(database);
    expect_number("moves", query_number(database, "SELECT count(*) FROM move"), last * MOVES);
    expect_number("accounts", query_number(database, "SELECT count(*) FROM account"), ACCOUNTS);
    expect_number("all money", query_number(database, "SELECT sum(balance) FROM account"), ACCOUNTS * START);
    int64_t wrong = query_number(database,
                                 "SELECT count(*) FROM account LEFT JOIN"
                                 " (SELECT party, sum(change) AS change FROM"
                                 "  (SELECT target AS party, amount AS change FROM move"
                                 "   UNION ALL SELECT source, -amount FROM move) GROUP BY party)"
                                 " ON party = id WHERE balance <> 1000 + coalesce(change, 0)");
    expect_number("accounts that their moves do not explain", wrong, 0);
  }
  check_integrity(database);
  close_database(database);
  printf("%lld%s\n", (long long)last, is_hot ? " recovered" : "");
}

/* Counts in a database that other processes count in at the same time. */
void increment(const char *path, long times) {
  sqlite3 *database = open_shared_database(path);
  execute(database, "CREATE TABLE IF NOT EXISTS counter AS SELECT 0 AS value");
  for (long i = 0; i < times; i++) execute(database, "BEGIN IMMEDIATE; UPDATE counter SET value = value + 1; COMMIT");
  printf("%lld\n", (long long)query_number(database, "SELECT value FROM counter"));
  close_database(database);
}
