/*
 * What the parts of the SQLite guest share. Each command opens the database anew, ends the program with status 1 and a line on stderr when
 * SQLite or a check says no, and else returns.
 */
#ifndef DATABASE_H
#define DATABASE_H

#include <stdint.h>

#include "sqlite3.h"

/*
 * Opens a database with a small cache, so that transactions reach the file before they end. Nobody else may use it: there are no locks.
 * `journal_mode` NULL: as it is; a database with a write-ahead log has to be opened with `wal`, since nobody shares memory here.
 */
sqlite3 *open_database(const char *path, const char *journal_mode);
/* Opens a database with SQLite's own settings. Nobody else may use it. */
sqlite3 *open_plain_database(const char *path);
/* Opens one that other processes use at the same time: directories `PATH.lock` keep them apart. */
sqlite3 *open_shared_database(const char *path);
void close_database(sqlite3 *database);

/* Runs statements. */
void execute(sqlite3 *database, const char *sql);
sqlite3_stmt *prepare(sqlite3 *database, const char *sql);
/* Whether there is another row. */
int step(sqlite3_stmt *statement);
/* Runs a statement that gives no rows, and makes it ready for the next time. */
void step_once(sqlite3_stmt *statement);
/* The single number that a query gives. */
int64_t query_number(sqlite3 *database, const char *sql);
void check_integrity(sqlite3 *database);

/* Ends the program with a line on stderr. */
_Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *format, ...);
void expect_number(const char *what, int64_t actual, int64_t expected);

/* The same numbers in every run: a hash of its argument. */
uint64_t mix(uint64_t value);

/* Lets the process end by SIGKILL in its `count`th change of a file, half of which is done. */
void crash_after(long count);

void load(const char *path);
void verify(const char *path);
void sort(const char *path);
void vacuum(const char *path);
void try_journal(const char *path, const char *mode);
void write_ledger(const char *path, const char *mode, long transactions);
void fill_ledger(const char *path, const char *mode);
void check_ledger(const char *path, const char *mode);
void increment(const char *path, long times);
void measure(const char *path);

#endif
