/*
 * sqlite COMMAND DATABASE [ARGUMENT…]: what tests want of SQLite; status 0 when all was as it should be.
 *   load; verify; sort; vacuum                  20,500 items
 *   journal MODE                                transactions in a journal mode
 *   ledger MODE COUNT [CRASH]; fill MODE        COUNT transactions, or until the disk is full; CRASH: the change of a file that is the last
 *   check MODE                                  what a ledger must be
 *   increment COUNT                             beside other processes
 *   measure                                     how long each kind of work takes
 */
#include <stdlib.h>
#include <string.h>

#include "database.h"

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *command = argv[1], *path = argv[2], *argument = argc > 3 ? argv[3] : "";
  if (!strcmp(command, "load")) load(path);
  else if (!strcmp(command, "verify")) verify(path);
  else if (!strcmp(command, "sort")) sort(path);
  else if (!strcmp(command, "vacuum")) vacuum(path);
  else if (!strcmp(command, "journal")) try_journal(path, argument);
  else if (!strcmp(command, "ledger") && argc > 4) {
    if (argc > 5) crash_after(atol(argv[5]));
    write_ledger(path, argument, atol(argv[4]));
  } else if (!strcmp(command, "fill")) fill_ledger(path, argument);
  else if (!strcmp(command, "check")) check_ledger(path, argument);
  else if (!strcmp(command, "increment")) increment(path, atol(argument));
  else if (!strcmp(command, "measure")) measure(path);
  else return 2;
  return 0;
}
