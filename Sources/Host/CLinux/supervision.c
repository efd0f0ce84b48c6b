#define _GNU_SOURCE
#include "supervision.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) // Linux 5.19
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1) // Linux 5.14
#endif
#define PIDFD_OF_THREAD O_EXCL // PIDFD_THREAD, Linux 6.9

_Static_assert(CLINUX_NOTIFICATION_RECEIVE == SECCOMP_IOCTL_NOTIF_RECV, "seccomp request");
_Static_assert(CLINUX_NOTIFICATION_ANSWER == SECCOMP_IOCTL_NOTIF_SEND, "seccomp request");
_Static_assert(CLINUX_NOTIFICATION_WAITS == SECCOMP_IOCTL_NOTIF_ID_VALID, "seccomp request");
_Static_assert(CLINUX_NOTIFICATION_ADD == SECCOMP_IOCTL_NOTIF_ADDFD, "seccomp request");

static int64_t result(int64_t value) { return value < 0 ? -errno : value; }

int64_t clinux_notification_receive(int32_t listener, struct clinux_notification *notification) {
    struct seccomp_notif received;
    memset(&received, 0, sizeof received);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &received)) return -errno;
    *notification = (struct clinux_notification){
        .id = received.id, .thread = received.pid, .call = received.data.nr,
        .first = received.data.args[0], .second = received.data.args[1], .third = received.data.args[2],
        .fourth = received.data.args[3], .fifth = received.data.args[4], .sixth = received.data.args[5]};
    return 0;
}

int64_t clinux_notification_answer(int32_t listener, uint64_t id, int64_t value) {
    struct seccomp_notif_resp answer = {.id = id};
    if (value < 0) answer.error = (int32_t)value;
    else answer.val = value;
    return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

int64_t clinux_notification_let_go(int32_t listener, uint64_t id) {
    struct seccomp_notif_resp answer = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

int64_t clinux_notification_waits(int32_t listener, uint64_t id) {
    return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
}

int64_t clinux_notification_answer_with(int32_t listener, uint64_t id, int32_t descriptor, int32_t closes_on_exec) {
    struct seccomp_notif_addfd add = {
        .id = id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (uint32_t)descriptor,
        .newfd_flags = closes_on_exec ? O_CLOEXEC : 0};
    return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
}

int64_t clinux_pidfd_of_thread(uint32_t thread) { return result(syscall(SYS_pidfd_open, thread, PIDFD_OF_THREAD)); }

int64_t clinux_take_descriptor(int32_t pidfd, int32_t number) {
    return result(syscall(SYS_pidfd_getfd, pidfd, number, 0));
}

int64_t clinux_read_memory(uint32_t thread, uint64_t address, void *bytes, uint64_t size) {
    struct iovec own = {bytes, size}, theirs = {(void *)(uintptr_t)address, size};
    return result(process_vm_readv((pid_t)thread, &own, 1, &theirs, 1, 0));
}

int64_t clinux_write_memory(uint32_t thread, uint64_t address, const void *bytes, uint64_t size) {
    struct iovec own = {(void *)bytes, size}, theirs = {(void *)(uintptr_t)address, size};
    return result(process_vm_writev((pid_t)thread, &own, 1, &theirs, 1, 0));
}

int64_t clinux_open_read_only_plainly(const char *path) { return result(open(path, O_RDONLY | O_CLOEXEC)); }
int64_t clinux_read(int32_t descriptor, void *bytes, uint64_t size) { return result(read(descriptor, bytes, size)); }
int64_t clinux_open_place(const char *path) { return result(open(path, O_PATH | O_CLOEXEC)); }
int64_t clinux_open_without_waiting(const char *path) {
    return result(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

int64_t clinux_file_identity(int32_t descriptor, struct clinux_file_identity *identity) {
    struct stat status;
    // As it is: the C library asks by newfstatat(2), whose path a filter cannot read.
    if (syscall(SYS_fstat, descriptor, &status)) return -errno;
    *identity = (struct clinux_file_identity){status.st_dev, status.st_ino, S_ISREG(status.st_mode)};
    return 0;
}

int64_t clinux_read_link(const char *path, char *text, uint64_t capacity) {
    return result(readlink(path, text, capacity));
}

int64_t clinux_socket_facts(int32_t socket, struct clinux_socket_facts *facts) {
    socklen_t size = sizeof(int);
    if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &facts->domain, &size)) return -errno;
    size = sizeof(int);
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &facts->type, &size)) return -errno;
    size = sizeof(int);
    if (getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &facts->protocol, &size)) return -errno;
    size = sizeof(uint64_t);
    if (getsockopt(socket, SOL_SOCKET, SO_COOKIE, &facts->cookie, &size)) return -errno;
    return 0;
}

int64_t clinux_socket_name(int32_t socket, void *address, uint32_t capacity) {
    socklen_t size = capacity;
    return getsockname(socket, address, &size) ? -errno : (int64_t)size;
}

int64_t clinux_socket_peer(int32_t socket, void *address, uint32_t capacity) {
    socklen_t size = capacity;
    return getpeername(socket, address, &size) ? -errno : (int64_t)size;
}

int64_t clinux_connect(int32_t socket, const void *address, uint32_t size) {
    return result(connect(socket, address, size));
}
int64_t clinux_bind(int32_t socket, const void *address, uint32_t size) { return result(bind(socket, address, size)); }
int64_t clinux_listen(int32_t socket, int32_t backlog) { return result(listen(socket, backlog)); }
int64_t clinux_accept(int32_t socket, int32_t flags) { return result(accept4(socket, 0, 0, flags)); }

int64_t clinux_send_to(
    int32_t socket, const void *bytes, uint64_t size, const void *address, uint32_t address_size, const void *control,
    uint64_t control_size, int32_t flags) {
    struct iovec part = {(void *)bytes, size};
    struct msghdr message = {
        .msg_name = address_size ? (void *)address : 0, .msg_namelen = address_size, .msg_iov = &part, .msg_iovlen = 1,
        .msg_control = control_size ? (void *)control : 0, .msg_controllen = control_size};
    return result(sendmsg(socket, &message, flags));
}

int64_t clinux_socket(int32_t domain, int32_t type, int32_t protocol) {
    return result(socket(domain, type | SOCK_CLOEXEC, protocol));
}

int64_t clinux_receive_message(
    int32_t socket, void *bytes, uint64_t size, void *address, void *control, struct clinux_received *received,
    int32_t flags) {
    struct iovec part = {bytes, size};
    struct msghdr message = {
        .msg_name = address, .msg_namelen = received->address_size, .msg_iov = &part, .msg_iovlen = 1,
        .msg_control = received->control_size ? control : 0, .msg_controllen = received->control_size};
    int64_t count = result(recvmsg(socket, &message, flags));
    *received = (struct clinux_received){message.msg_namelen, message.msg_flags, message.msg_controllen};
    return count;
}

int64_t clinux_limit_receive(int32_t socket, uint64_t nanoseconds) {
    struct timeval limit = {(time_t)(nanoseconds / 1000000000), (suseconds_t)(nanoseconds / 1000 % 1000000)};
    return result(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
}

int64_t clinux_poll_several(const int32_t *descriptors, int32_t count, int32_t timeout) {
    struct pollfd entries[4];
    if (count < 0 || count > 4) return -EINVAL;
    for (int32_t i = 0; i < count; i++) entries[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    if (poll(entries, count, timeout) < 0) return -errno;
    int64_t bits = 0;
    for (int32_t i = 0; i < count; i++) {
        if (entries[i].revents & POLLIN) bits |= 1ll << i;
        if (entries[i].revents & (POLLHUP | POLLERR | POLLNVAL)) bits |= 1ll << (32 + i);
    }
    return bits;
}

struct start { void (*work)(void *); void *context; };
static void *begin(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    start.work(start.context);
    return 0;
}

int64_t clinux_thread_start(void (*work)(void *), void *context) {
    struct start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct start){work, context};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    pthread_t thread;
    int code = pthread_create(&thread, &attributes, begin, start);
    pthread_attr_destroy(&attributes);
    if (code) free(start);
    return -code;
}

int64_t clinux_thread_id(void) { return syscall(SYS_gettid); }
int64_t clinux_thread_interrupt(int32_t thread) { return result(syscall(SYS_tgkill, getpid(), thread, SIGUSR1)); }

static void do_nothing(int signal) { (void)signal; }
int64_t clinux_interrupt_signal_wakes(void) {
    // Without SA_RESTART: the call is to end.
    struct sigaction action = {.sa_handler = do_nothing};
    sigset_t all;
    // Everything else waits for ever: this process ends with its socket, or is killed.
    sigfillset(&all);
    sigdelset(&all, SIGUSR1);
    if (sigprocmask(SIG_SETMASK, &all, 0)) return -errno;
    return result(sigaction(SIGUSR1, &action, 0));
}

struct clinux_mutex { pthread_mutex_t mutex; };
struct clinux_mutex *clinux_mutex_make(void) {
    struct clinux_mutex *mutex = malloc(sizeof *mutex);
    if (mutex) pthread_mutex_init(&mutex->mutex, 0);
    return mutex;
}
void clinux_mutex_lock(struct clinux_mutex *mutex) { pthread_mutex_lock(&mutex->mutex); }
void clinux_mutex_unlock(struct clinux_mutex *mutex) { pthread_mutex_unlock(&mutex->mutex); }

static int64_t fail(int32_t socket, int code) {
    int32_t word = code;
    (void)!write(socket, &word, sizeof word);
    _exit(127);
}

// What the command's process says and hears before it begins.
static struct {
    int32_t listener;
} words;

uint64_t clinux_supervised_words(void) { return (uint64_t)(uintptr_t)&words; }

int64_t clinux_supervised_start(
    int32_t socket, char *const *arguments, const void *filter, uint16_t filter_length, int32_t keeps_interrupts) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) return result(child);

    // A command that nobody supervises any more does not go on. Asked again, in case the parent is gone already.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) _exit(127);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail(socket, errno);
    struct sock_fprog program = {.len = filter_length, .filter = (struct sock_filter *)filter};
    // Once its supervisor has it, a call is interrupted by nothing but death: otherwise a signal would make the process do again what was
    // done already.
    words.listener = (int32_t)syscall(
        SYS_seccomp, SECCOMP_SET_MODE_FILTER,
        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
    if (words.listener < 0) {
        words.listener = -errno;
        (void)!write(socket, &words, sizeof words.listener);
        _exit(127);
    }
    int32_t listener = words.listener;
    if (write(socket, &words, sizeof words.listener) != sizeof words.listener) _exit(127);
    ssize_t count;
    while ((count = read(socket, &words, 1)) < 0 && errno == EINTR) {}
    if (count != 1) _exit(127);
    close(listener);
    if (!keeps_interrupts) {
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    execvp(arguments[0], arguments);
    return fail(socket, errno);
}

int64_t clinux_ignore_interrupts(void) {
    struct sigaction before, ignored = {.sa_handler = SIG_IGN};
    if (sigaction(SIGINT, &ignored, &before) || sigaction(SIGQUIT, &ignored, 0)) return -errno;
    return before.sa_handler == SIG_IGN;
}

int64_t clinux_ended(int32_t process, int32_t *status) {
    int64_t child = waitpid(process, status, WNOHANG);
    return child == 0 ? -EAGAIN : result(child);
}

int64_t clinux_keep_capabilities(uint64_t permitted, uint64_t effective) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) return -errno;
    for (int half = 0; half < 2; half++) {
        data[half].permitted &= (uint32_t)(permitted >> (32 * half));
        data[half].effective = data[half].permitted & (uint32_t)(effective >> (32 * half));
        data[half].inheritable = 0;
    }
    return result(syscall(SYS_capset, &header, data));
}
