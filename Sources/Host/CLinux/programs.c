#define _GNU_SOURCE
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int64_t clinux_connect_local(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

int64_t clinux_send_all(int32_t socket, const uint8_t *bytes, uint64_t count) {
    for (uint64_t done = 0; done < count;) {
        ssize_t sent = send(socket, bytes + done, count - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return -errno;
        done += (uint64_t)sent;
    }
    return 0;
}

int64_t clinux_receive_all(int32_t socket, uint8_t *bytes, uint64_t count) {
    for (uint64_t done = 0; done < count;) {
        ssize_t received = recv(socket, bytes + done, count - done, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0) return -errno;
        if (received == 0) return -ENODATA;
        done += (uint64_t)received;
    }
    return 0;
}

// The input as a file and not as a pipe: a program that does not read it does not raise SIGPIPE here.
static int file_of(const uint8_t *bytes, uint64_t size) {
    int file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0) return -errno;
    for (uint64_t done = 0; done < size;) {
        ssize_t count = write(file, bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            int error = errno;
            close(file);
            return -error;
        }
        done += (uint64_t)count;
    }
    if (lseek(file, 0, SEEK_SET) == 0) return file;
    int error = errno;
    close(file);
    return -error;
}

static int read_all(int descriptor, uint8_t *output, uint64_t capacity, uint64_t *length) {
    *length = 0;
    for (;;) {
        uint8_t beyond[4096];
        uint64_t done = *length;
        ssize_t count = done < capacity ? read(descriptor, output + done, capacity - done)
                                        : read(descriptor, beyond, sizeof beyond);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) return 0;
        *length += (uint64_t)count;
        // Whoever writes on finds nobody reading.
        if (*length > capacity) return 0;
    }
}

int64_t clinux_run_filter(
    const char *command, const uint8_t *input, uint64_t size, uint8_t *output, uint64_t capacity, uint64_t *length) {
    int file = file_of(input, size);
    if (file < 0) return file;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        int error = errno;
        close(file);
        return -error;
    }
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, file, 0);
        if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        pid_t child = -1;
        char *const arguments[] = {"sh", "-c", (char *)command, 0};
        if (error == 0) error = posix_spawn(&child, "/bin/sh", &actions, 0, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        if (error == 0) {
            error = -read_all(ends[0], output, capacity, length);
            close(ends[0]);
            int status = 0;
            while (waitpid(child, &status, 0) < 0) {
                if (errno != EINTR) {
                    error = errno;
                    break;
                }
            }
            close(file);
            return error == 0 ? status : -error;
        }
    } else {
        close(ends[1]);
    }
    close(ends[0]);
    close(file);
    return -error;
}
