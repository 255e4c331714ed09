// Random operations on one file, several times open, and on files beside it; prints what each gave. Deterministic for a seed.
// Usage: differential SEED STEPS DIRECTORY [CONTENT]      the file is DIRECTORY/data, made with that content if it is told

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define OPEN_FILES 5
#define MOST 9000

static uint32_t state;
static int descriptors[OPEN_FILES];
static char buffer[MOST];

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static uint32_t sum_of(const char *bytes, long count) {
    uint32_t sum = 2166136261u;
    for (long i = 0; i < count; i++) sum = (sum ^ (uint8_t)bytes[i]) * 16777619u;
    return sum;
}

static void told(const char *what, long result) {
    if (result < 0) printf("%s: %s\n", what, strerror(errno));
    else printf("%s: %ld\n", what, result);
}

/** Mostly in and around the file, sometimes far off or nonsense. */
static off_t offset(void) {
    switch (next(12)) {
    case 0: return -(off_t)next(100) - 1;
    case 1: return 1 << 20;
    default: return next(MOST);
    }
}

static void fill(long count) {
    for (long i = 0; i < count; i++) buffer[i] = 'a' + next(26);
}

static void reopen(int *descriptor, const char *path) {
    static const int access[] = {O_RDONLY, O_RDWR, O_RDWR, O_WRONLY};
    static const int extra[] = {0, 0, 0, O_APPEND, O_TRUNC, O_CREAT, O_CREAT | O_EXCL, O_DIRECTORY, O_NOFOLLOW};
    if (*descriptor >= 0) told("close", close(*descriptor));
    *descriptor = open(path, access[next(4)] | extra[next(9)], 0644);
    told("open", *descriptor < 0 ? -1 : 0);
}

static void status(const char *what, int result, const struct stat *of) {
    told(what, result);
    if (result == 0) printf("  size %ld, type %o\n", (long)of->st_size, of->st_mode & S_IFMT);
}

static void step(const char *path) {
    int *descriptor = &descriptors[next(OPEN_FILES)];
    int fd = *descriptor;
    long count = next(8) == 0 ? 0 : next(MOST);
    struct stat of;
    struct iovec parts[3] = {{buffer, count / 3}, {buffer + count / 3, 0}, {buffer + count / 3, count - count / 3}};
    struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
    switch (next(18)) {
    case 0: reopen(descriptor, path); break;
    case 1: fill(count); told("write", write(fd, buffer, count)); break;
    case 2: fill(count); told("pwrite", pwrite(fd, buffer, count, offset())); break;
    case 3: fill(count); told("writev", writev(fd, parts, 3)); break;
    case 4:
    case 5: {
        long got = read(fd, buffer, count);
        told("read", got);
        if (got > 0) printf("  sum %u\n", sum_of(buffer, got));
        break;
    }
    case 6: {
        long got = pread(fd, buffer, count, offset());
        told("pread", got);
        if (got > 0) printf("  sum %u\n", sum_of(buffer, got));
        break;
    }
    case 7: {
        long got = readv(fd, parts, 3);
        told("readv", got);
        if (got > 0) printf("  sum %u\n", sum_of(buffer, got));
        break;
    }
    case 8: told("lseek", lseek(fd, offset(), next(4) == 3 ? 7 : (int)next(3))); break;
    case 9: told("ftruncate", ftruncate(fd, offset())); break;
    case 10: status("fstat", fstat(fd, &of), &of); break;
    case 11: status("stat", stat(path, &of), &of); break;
    case 12: told("fsync", next(2) ? fsync(fd) : fdatasync(fd)); break;
    case 13: told("fcntl", fcntl(fd, F_SETFL, next(2) ? O_APPEND : 0)); break;
    case 14: told("posix_fallocate", posix_fallocate(fd, offset(), next(MOST))); break;
    case 15: told("access", access(path, next(8))); break;
    case 16: told("poll", poll(&ready, 1, 0)); printf("  %x\n", ready.revents); break;
    case 17: told("readlink", readlink(path, buffer, count)); break;
    }
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) return 2;
    state = (uint32_t)strtoul(argv[1], NULL, 10) * 2654435761u | 1;
    char path[256];
    snprintf(path, sizeof path, "%s/data", argv[3]);
    if (argc == 5) {
        int fd = open(path, O_CREAT | O_WRONLY, 0644);
        if (fd < 0 || write(fd, argv[4], strlen(argv[4])) < 0 || close(fd) != 0) return 1;
    }
    for (int i = 0; i < OPEN_FILES; i++) descriptors[i] = -1;
    for (int i = 0; i < OPEN_FILES; i++) reopen(&descriptors[i], path);
    for (long left = strtol(argv[2], NULL, 10); left > 0; left--) step(path);
    return 0;
}
