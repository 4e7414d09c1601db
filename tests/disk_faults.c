/*
 * A disk that fails where a test says so, for a whole process: preloaded, it stands between the
 * program (SQLite's C included) and the C library.
 *
 * THONGSUOT_FAULTS names a file of lines "operation errno part": an operation (write, torn, fsync, open, rename, unlink,
 * or readN: of page N of 4096 bytes) on a path with that part in it fails with that error; the path of an open file ends
 * with "#" and its inode. It is read with each call, so that a test begins and ends a fault while the program runs.
 * THONGSUOT_OPENED names a file to which each path is appended that is opened for writing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The error that an operation on a path has to end in; 0: none. */
static int fault_of(const char *operation, const char *path) {
    const char *file = getenv("THONGSUOT_FAULTS");
    char text[4096];
    if (!file || !path) return 0;
    long there = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0);
    if (there < 0) return 0;
    long size = syscall(SYS_read, there, text, sizeof text - 1);
    syscall(SYS_close, there);
    if (size <= 0) return 0;
    text[size] = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[32], part[256];
        int number;
        if (sscanf(line, "%31s %d %255s", name, &number, part) != 3) continue;
        if (strcmp(name, operation) == 0 && strstr(path, part)) return number;
    }
    return 0;
}

static unsigned long inode_of(int descriptor) {
    struct stat about;
    return fstat(descriptor, &about) ? 0 : about.st_ino;
}

static int fault_of_descriptor(const char *operation, int descriptor) {
    char link[64], path[PATH_MAX];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length <= 0) return 0;
    snprintf(path + length, sizeof path - length, "#%lu", inode_of(descriptor));
    errno = before;
    return fault_of(operation, path);
}

static void note_opened(const char *path, int flags) {
    const char *file = getenv("THONGSUOT_OPENED");
    if (!file || !path || (flags & O_ACCMODE) == O_RDONLY) return;
    int before = errno;
    long there = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (there >= 0) {
        char line[PATH_MAX + 1];
        int length = snprintf(line, sizeof line, "%s\n", path);
        syscall(SYS_write, there, line, length);
        syscall(SYS_close, there);
    }
    errno = before;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *data, size_t size) {
    int number = fault_of_descriptor("write", descriptor);
    if (!number && (number = fault_of_descriptor("torn", descriptor)))
        syscall(SYS_write, descriptor, data, size / 2);
    if (!number) return syscall(SYS_write, descriptor, data, size);
    errno = number;
    return -1;
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
    int number = fault_of_descriptor("write", descriptor);
    if (!number && (number = fault_of_descriptor("torn", descriptor)))
        syscall(SYS_pwrite64, descriptor, data, size / 2, offset);
    if (!number) return syscall(SYS_pwrite64, descriptor, data, size, offset);
    errno = number;
    return -1;
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return pwrite64(descriptor, data, size, offset);
}

ssize_t pread64(int descriptor, void *data, size_t size, off64_t offset) {
    for (off64_t page = offset / 4096; size && page <= (offset + (off64_t)size - 1) / 4096; page++) {
        char operation[32];
        snprintf(operation, sizeof operation, "read%ld", (long)page);
        int number = fault_of_descriptor(operation, descriptor);
        if (!number) continue;
        errno = number;
        return -1;
    }
    return syscall(SYS_pread64, descriptor, data, size, offset);
}

ssize_t pread(int descriptor, void *data, size_t size, off_t offset) {
    return pread64(descriptor, data, size, offset);
}

int fsync(int descriptor) {
    errno = fault_of_descriptor("fsync", descriptor);
    return errno ? -1 : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    errno = fault_of_descriptor("fsync", descriptor);
    return errno ? -1 : REAL(fdatasync)(descriptor);
}

int rename(const char *from, const char *to) {
    if ((errno = fault_of("rename", to))) return -1;
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
    if ((errno = fault_of("unlink", path))) return -1;
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    int number = fault_of("open", path);
    if (number) {
        errno = number;
        return -1;
    }
    note_opened(path, flags);
    return syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE_OF(flags, mode)                             \
    do {                                                 \
        if ((flags) & (O_CREAT | O_TMPFILE)) {           \
            va_list more;                                \
            va_start(more, flags);                       \
            mode = va_arg(more, mode_t);                 \
            va_end(more);                                \
        }                                                \
    } while (0)

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return opened(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return opened(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return opened(folder, path, flags, mode);
}
