#define _GNU_SOURCE
#include "CObservation.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int events_in(int mount) {
    int folder = openat(mount, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = errno;
    close(mount);
    errno = code;
    return folder;
}

int64_t cobservation_open_tracepoints(void) {
    const char *places[] = {"/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"};
    for (size_t index = 0; index < sizeof places / sizeof *places; index++) {
        int folder = open(places[index], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0) return folder;
    }
    // Mounted nowhere: a mount that hangs on a descriptor alone, and ends with it.
    int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    int mount = -1;
    if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int code = errno;
    close(context);
    if (mount < 0) return -code;
    int folder = events_in(mount);
    return folder < 0 ? -errno : folder;
}

int64_t cobservation_read_tracepoint(int32_t folder, const char *category, const char *name, const char *file,
                                     char *text, size_t capacity) {
    char path[512];
    int length = snprintf(path, sizeof path, "%s/%s/%s", category, name, file);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    int descriptor = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return -errno;
    size_t used = 0;
    ssize_t count = 1;
    while (count > 0 && used < capacity) {
        count = read(descriptor, text + used, capacity - used);
        if (count > 0) used += (size_t)count;
    }
    int code = errno;
    close(descriptor);
    return count < 0 ? -code : (int64_t)used;
}

int64_t cobservation_open_cgroup(const char *path) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}
