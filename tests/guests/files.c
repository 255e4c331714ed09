/*
 * files COMMAND PATH…: what each command does to the file, told with the name of the error.
 *   read PATH: prints it; write PATH TEXT; make PATH; open PATH
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *path) {
  fprintf(stderr, "%s: %s\n", path, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  const char *command = argc > 2 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";
  if (!strcmp(command, "read")) {
    char piece[4096];
    ssize_t got;
    int fd = open(path, O_RDONLY);
    if (fd < 0) return fail(path);
    while ((got = read(fd, piece, sizeof piece)) > 0) write(1, piece, (size_t)got);
    return got < 0 ? fail(path) : 0;
  }
  if (!strcmp(command, "write") && argc > 3) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, argv[3], strlen(argv[3])) < 0 || close(fd)) return fail(path);
    return 0;
  }
  if (!strcmp(command, "make")) return mkdir(path, 0755) ? fail(path) : 0;
  return 2;
}
