#define _GNU_SOURCE
#include "files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
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

static int64_t open_how(int32_t directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    // The kernel asks to try again where a rename elsewhere got in the way of finding out what lies beneath.
    for (int tries = 0; tries < 16; tries++) {
        int64_t result = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0 || (errno != EAGAIN && errno != EINTR)) return result_of(result);
    }
    return -EAGAIN;
}

int64_t clinux_open_directory_strictly(const char *path) { return open_how(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0); }

int64_t clinux_open_beneath(int32_t directory, const char *path, int32_t is_directory) {
    uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV;
    if (is_directory) return open_how(directory, path, O_RDONLY | O_DIRECTORY, resolve);
    // Looked at before it is opened to be read: to open a device can do something already.
    int64_t seen = open_how(directory, path, O_PATH | O_NOFOLLOW, resolve);
    if (seen < 0) return seen;
    struct clinux_file_facts before, after;
    int64_t code = clinux_file_facts((int32_t)seen, &before);
    close((int)seen);
    if (code < 0) return code;
    if ((before.mode & CLINUX_MODE_TYPE) != CLINUX_MODE_REGULAR) return -EINVAL;
    int64_t file = open_how(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, resolve);
    if (file < 0) return file;
    code = clinux_file_facts((int32_t)file, &after);
    if (!code && (after.mode & CLINUX_MODE_TYPE) != CLINUX_MODE_REGULAR) code = -EINVAL;
    if (!code) return file;
    close((int)file);
    return code;
}

static struct clinux_file_facts facts_of(const struct stat *status) {
    int64_t modified = status->st_mtim.tv_sec * 1000000000LL + status->st_mtim.tv_nsec;
    int64_t changed = status->st_ctim.tv_sec * 1000000000LL + status->st_ctim.tv_nsec;
    return (struct clinux_file_facts){
        .size = (uint64_t)status->st_size,
        .device = status->st_dev,
        .inode = status->st_ino,
        .changed_nanoseconds = modified > changed ? modified : changed,
        .mode = status->st_mode,
        .owner = status->st_uid,
        .links = status->st_nlink,
    };
}

int64_t clinux_file_facts(int32_t descriptor, struct clinux_file_facts *facts) {
    struct stat status;
    if (fstat(descriptor, &status)) return -errno;
    *facts = facts_of(&status);
    return 0;
}

int64_t clinux_path_facts(const char *path, struct clinux_file_facts *facts) {
    struct stat status;
    if (lstat(path, &status)) return -errno;
    *facts = facts_of(&status);
    return 0;
}

int64_t clinux_list(int32_t directory, char *names, uint64_t capacity) {
    // A description of its own, so that reading begins at the beginning each time.
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return -errno;
    DIR *stream = fdopendir(copy);
    if (!stream) {
        int code = errno;
        close(copy);
        return -code;
    }
    uint64_t used = 0;
    int64_t result = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(stream);
        if (!entry) {
            result = errno ? -errno : (int64_t)used;
            break;
        }
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        size_t length = strlen(entry->d_name) + 1;
        if (length > capacity - used) {
            result = -EOVERFLOW;
            break;
        }
        memcpy(names + used, entry->d_name, length);
        used += length;
    }
    closedir(stream);
    return result;
}

uint32_t clinux_effective_user(void) { return geteuid(); }

int64_t clinux_make_directory_in(int32_t directory, const char *name) {
    int64_t result = result_of(mkdirat(directory, name, 0700));
    return result == -EEXIST ? 0 : result;
}

int64_t clinux_set_permissions(int32_t descriptor, uint32_t permissions) { return result_of(fchmod(descriptor, permissions)); }

int64_t clinux_wall_seconds(void) {
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) ? -errno : now.tv_sec;
}

int64_t clinux_read_kernel_file(const char *path, char *text, uint64_t capacity) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (descriptor < 0) return -errno;
    int64_t result = result_of(read(descriptor, text, capacity));
    close(descriptor);
    return result;
}
