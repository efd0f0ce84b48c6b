#define _GNU_SOURCE
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

int64_t clinux_make_directory(const char *path) {
    int64_t result = result_of(mkdir(path, 0700));
    return result == -EEXIST ? 0 : result;
}

int64_t clinux_open_directory(const char *path) { return result_of(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

int64_t clinux_open_in(int32_t directory, const char *name, int32_t how) {
    int flags = how == CLINUX_FILE_READ ? O_RDONLY : O_RDWR;
    if (how == CLINUX_FILE_NEW) flags |= O_CREAT | O_EXCL;
    if (how == CLINUX_FILE_APPEND) flags |= O_CREAT | O_APPEND;
    int descriptor = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (descriptor < 0) return -errno;
    struct stat status;
    int code = fstat(descriptor, &status) ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (!code) return descriptor;
    close(descriptor);
    return -code;
}

int64_t clinux_rename_in(int32_t directory, const char *from, const char *to) {
    return result_of(renameat(directory, from, directory, to));
}

int64_t clinux_unlink_in(int32_t directory, const char *name) { return result_of(unlinkat(directory, name, 0)); }
int64_t clinux_allocate(int32_t descriptor, uint64_t size) { return -posix_fallocate(descriptor, 0, (off_t)size); }
int64_t clinux_synchronise(int32_t descriptor) { return result_of(fsync(descriptor)); }
int64_t clinux_try_lock(int32_t descriptor) { return result_of(flock(descriptor, LOCK_EX | LOCK_NB)); }
int64_t clinux_unlock(int32_t descriptor) { return result_of(flock(descriptor, LOCK_UN)); }
