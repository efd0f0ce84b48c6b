#define _GNU_SOURCE
#include "process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 8

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

// Between fork and exec: nothing that allocates or locks.
static void become(const char *path, const char *const *arguments, const int32_t *kept, int32_t count) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    // First clear of the targets, then onto them: a kept descriptor may already have a target's number.
    int32_t high[MAX_DESCRIPTORS];
    for (int32_t i = 0; i < count; i++)
        if ((high[i] = fcntl(kept[i], F_DUPFD, 64)) < 0) _exit(126);
    for (int32_t i = 0; i < count; i++)
        if (dup2(high[i], 3 + i) < 0) _exit(126);
    if (syscall(SYS_close_range, 3 + count, ~0U, 0)) _exit(126);
    char *const environment[] = {0};
    execve(path, (char *const *)arguments, environment);
    _exit(127);
}

int64_t clinux_spawn(const char *path, const char *const *arguments, const int32_t *kept, int32_t count) {
    if (count < 0 || count > MAX_DESCRIPTORS) return -EINVAL;
    // vfork: the child runs on this stack and memory until it executes, and writes to neither beyond its own frames. A copy of
    // the memory would hold this process's writable mappings for a while, and a memory file with one cannot be sealed.
    pid_t child = vfork();
    if (child == 0) become(path, arguments, kept, count);
    return result_of(child);
}

int64_t clinux_fork(void) { return result_of(fork()); }
int64_t clinux_kill(int32_t process) { return result_of(kill(process, SIGKILL)); }
int64_t clinux_pidfd_open(int32_t process) { return result_of(syscall(SYS_pidfd_open, process, 0)); }
int64_t clinux_pidfd_signal(int32_t pidfd, int32_t signal) {
    return result_of(syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0));
}
int64_t clinux_pidfd_wait(int32_t pidfd, int32_t timeout) { return clinux_poll_readable(pidfd, timeout); }

int64_t clinux_reap(int32_t *status) {
    int64_t child = waitpid(-1, status, WNOHANG);
    return child < 0 && errno == ECHILD ? 0 : result_of(child);
}

int64_t clinux_wait(int32_t process, int32_t *status) { return result_of(waitpid(process, status, 0)); }

static uint8_t *stop_flag;
static void set_stop_flag(int signal) {
    (void)signal;
    __atomic_store_n(stop_flag, 1, __ATOMIC_SEQ_CST);
}
static void do_nothing(int signal) { (void)signal; }

static int64_t handle(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    return result_of(sigaction(signal, &action, 0));
}

int64_t clinux_stop_signal_sets(uint8_t *flag) {
    stop_flag = flag;
    return handle(SIGUSR1, set_stop_flag);
}
int64_t clinux_ignore_interrupt(void) { return handle(SIGINT, SIG_IGN); }

static int32_t was_asked_to_end;
static void note_end(int signal) {
    (void)signal;
    __atomic_store_n(&was_asked_to_end, 1, __ATOMIC_SEQ_CST);
}

int64_t clinux_catch_end(void) {
    int64_t result = handle(SIGINT, note_end);
    if (result >= 0) result = handle(SIGTERM, note_end);
    if (result < 0) return result;
    // Whoever started this process may have blocked them.
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    return result_of(sigprocmask(SIG_UNBLOCK, &end, 0));
}
int32_t clinux_was_asked_to_end(void) { return __atomic_load_n(&was_asked_to_end, __ATOMIC_SEQ_CST); }

static int32_t was_asked_to_renew;
static void note_renewal(int signal) {
    (void)signal;
    __atomic_store_n(&was_asked_to_renew, 1, __ATOMIC_SEQ_CST);
}

int64_t clinux_catch_renewal(void) {
    // What waits for a jail's answer goes on; poll(2) is interrupted all the same.
    struct sigaction action = {.sa_handler = note_renewal, .sa_flags = SA_RESTART};
    if (sigaction(SIGHUP, &action, 0)) return -errno;
    sigset_t renewal;
    sigemptyset(&renewal);
    sigaddset(&renewal, SIGHUP);
    return result_of(sigprocmask(SIG_UNBLOCK, &renewal, 0));
}
int32_t clinux_take_renewal(void) { return __atomic_exchange_n(&was_asked_to_renew, 0, __ATOMIC_SEQ_CST); }

int64_t clinux_child_signal_interrupts(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, 0)) return -errno;
    return handle(SIGCHLD, do_nothing);
}

int64_t clinux_wait_readable_or_child(int32_t descriptor) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    sigset_t none;
    sigemptyset(&none);
    return result_of(ppoll(&entry, 1, 0, &none));
}

int64_t clinux_renumber(int32_t from, int32_t to) {
    if (from == to) return to;
    if (dup3(from, to, O_CLOEXEC) < 0) return -errno;
    close(from);
    return to;
}

_Noreturn void clinux_exit(int32_t status) { _exit(status); }
int64_t clinux_process_id(void) { return getpid(); }

int64_t clinux_socket_pair(int32_t pair[2]) {
    return result_of(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
}

int64_t clinux_send(int32_t socket, const void *bytes, uint64_t size, const int32_t *descriptors, int32_t count) {
    if (count < 0 || count > MAX_DESCRIPTORS) return -EINVAL;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    }
    return result_of(sendmsg(socket, &message, MSG_NOSIGNAL));
}

int64_t clinux_receive(int32_t socket, void *bytes, uint64_t capacity, int32_t *descriptors, int32_t *count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {bytes, capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return -errno;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        int32_t arrived = (int32_t)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (arrived > MAX_DESCRIPTORS) arrived = MAX_DESCRIPTORS;
        memcpy(descriptors, CMSG_DATA(c), arrived * sizeof(int));
        *count = arrived;
    }
    return message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EMSGSIZE : received;
}

int64_t clinux_poll_readable(int32_t descriptor, int32_t timeout) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    return result_of(poll(&entry, 1, timeout));
}

int64_t clinux_open_read_only(const char *path) { return result_of(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)); }
int64_t clinux_open_regular(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    struct stat status;
    int code = fstat(descriptor, &status) ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (!code) return descriptor;
    close(descriptor);
    return -code;
}
int64_t clinux_open_read_write(const char *path) { return result_of(open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)); }
int64_t clinux_own_path(char *path, uint64_t capacity) { return result_of(readlink("/proc/self/exe", path, capacity)); }

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

uint64_t clinux_real_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }

uint64_t clinux_monotonic_nanoseconds(void) {
    return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t clinux_boot_nanoseconds(void) {
    return nanoseconds(CLOCK_BOOTTIME);
}

uint64_t clinux_atomic_nanoseconds(void) {
    return nanoseconds(CLOCK_TAI);
}
int64_t clinux_random(void *bytes, uint64_t size) { return result_of(getrandom(bytes, size, 0)); }
int64_t clinux_yield(void) { return result_of(sched_yield()); }
int64_t clinux_is_terminal(int32_t descriptor) { return isatty(descriptor); }
int64_t clinux_write(int32_t descriptor, const void *bytes, uint64_t size) { return result_of(write(descriptor, bytes, size)); }
int64_t clinux_read_at(int32_t descriptor, void *bytes, uint64_t size, uint64_t offset) {
    return result_of(pread(descriptor, bytes, size, (off_t)offset));
}
int64_t clinux_write_at(int32_t descriptor, const void *bytes, uint64_t size, uint64_t offset) {
    return result_of(pwrite(descriptor, bytes, size, (off_t)offset));
}
