#define _GNU_SOURCE
#include "service.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t address_of(const char *path, struct sockaddr_un *address, socklen_t *size) {
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 0;
}

static int64_t closed(int descriptor, int code) {
    close(descriptor);
    return -code;
}

int64_t clinux_serve_at(const char *path, uint32_t mode, int64_t group) {
    struct sockaddr_un address;
    socklen_t size;
    int64_t code = address_of(path, &address, &size);
    if (code < 0) return code;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return -errno;
    int is_served = connect(probe, (struct sockaddr *)&address, size) == 0;
    int is_left = !is_served && errno == ECONNREFUSED;
    close(probe);
    if (is_served) return -EADDRINUSE;
    if (is_left && unlink(path) < 0) return -errno;

    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    // Nobody connects before the socket has its permissions: until listen(2) nobody can.
    if (bind(descriptor, (struct sockaddr *)&address, size) < 0) return closed(descriptor, errno);
    if (chmod(path, mode) < 0) return closed(descriptor, errno);
    if (group >= 0 && lchown(path, (uid_t)-1, (gid_t)group) < 0) return closed(descriptor, errno);
    if (listen(descriptor, 128) < 0) return closed(descriptor, errno);
    return descriptor;
}

int64_t clinux_connect_service(const char *path, uint32_t patience_seconds) {
    struct sockaddr_un address;
    socklen_t size;
    int64_t code = address_of(path, &address, &size);
    if (code < 0) return code;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    struct timeval patience = {.tv_sec = patience_seconds};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        connect(descriptor, (struct sockaddr *)&address, size) < 0)
        return closed(descriptor, errno);
    return descriptor;
}

int64_t clinux_send_bytes(int32_t descriptor, const void *bytes, uint64_t size) {
    int64_t count = send(descriptor, bytes, size, MSG_NOSIGNAL);
    return count < 0 ? -errno : count;
}

int64_t clinux_inherited_socket(void) {
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!process || !count || strtol(process, NULL, 10) != (long)getpid()) return 0;
    long number = strtol(count, NULL, 10);
    if (number == 0) return 0;
    if (number != 1) return -EINVAL;
    int accepts = 0;
    socklen_t size = sizeof accepts;
    if (getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) < 0) return -errno;
    if (!accepts) return -EINVAL;
    if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0 || fcntl(3, F_SETFL, O_NONBLOCK) < 0) return -errno;
    return 3;
}

int64_t clinux_connect_manager(const char *path) {
    struct sockaddr_un address;
    socklen_t size;
    int64_t code = address_of(path, &address, &size);
    if (code < 0) return code;
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    return connect(descriptor, (struct sockaddr *)&address, size) < 0 ? closed(descriptor, errno) : descriptor;
}

int64_t clinux_tell_manager(int32_t descriptor, const char *text) {
    return send(descriptor, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}
