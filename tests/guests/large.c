// What file systems are bad at, each in parts of equal work that are timed one by one.
// Usage: large append FILE MIB | grow FILE MIB | names DIR COUNT | deep DIR LEVELS
// Prints the seconds of each part on a line; checks what it made.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PARTS 8
#define MIB (1 << 20)

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    fprintf(stderr, "large: %s: %s\n", what, strerror(errno));
    exit(1);
}

/** Writes so many bytes in pieces, at the end of the file. */
static void write_pieces(int fd, long bytes, int piece) {
    static char buffer[MIB];
    memset(buffer, 'x', piece);
    for (long done = 0; done < bytes; done += piece)
        if (write(fd, buffer, piece) != piece) fail("write");
}

static int open_file(const char *path, int flags) {
    int fd = open(path, O_CREAT | O_RDWR | flags, 0644);
    if (fd < 0) fail(path);
    return fd;
}

static void check_size(int fd, long expected) {
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_size != expected) fail("size");
    char last;
    if (pread(fd, &last, 1, expected - 1) != 1 || last != 'x') fail("last byte");
}

static int descriptor;
static const char *directory;
static long amount;

static void append(int part) {
    (void)part;
    write_pieces(descriptor, amount / PARTS * MIB, 64);
}

static void grow(int part) {
    (void)part;
    write_pieces(descriptor, amount / PARTS * MIB, MIB);
}

static void names(int part) {
    char path[256];
    for (long i = part * (amount / PARTS); i < (part + 1) * (amount / PARTS); i++) {
        snprintf(path, sizeof path, "%s/file-%ld", directory, i);
        if (close(open_file(path, O_EXCL)) != 0) fail("close");
    }
}

static void deep(int part) {
    (void)part;
    for (long i = 0; i < amount / PARTS; i++) {
        if (mkdirat(descriptor, "d", 0755) != 0) fail("mkdir");
        int below = openat(descriptor, "d", O_RDONLY | O_DIRECTORY);
        if (below < 0) fail("openat");
        close(descriptor);
        descriptor = below;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    const char *mode = argv[1];
    directory = argv[2];
    amount = atol(argv[3]);
    void (*work)(int) = NULL;
    if (strcmp(mode, "append") == 0) work = append, descriptor = open_file(argv[2], O_APPEND);
    if (strcmp(mode, "grow") == 0) work = grow, descriptor = open_file(argv[2], 0);
    if (strcmp(mode, "names") == 0) work = names;
    if (strcmp(mode, "deep") == 0) work = deep, descriptor = open(argv[2], O_RDONLY | O_DIRECTORY);
    if (work == NULL) return 2;
    for (int part = 0; part < PARTS; part++) {
        double start = now();
        work(part);
        printf("%.6f\n", now() - start);
    }
    if (work == append || work == grow) check_size(descriptor, amount / PARTS * PARTS * MIB);
    return 0;
}
