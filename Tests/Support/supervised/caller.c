// A process that calls, for tests of what supervises it: says in one line what came of its calls.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct sockaddr_in address_of(const char *text, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1) exit(99);
    return address;
}

static int by_value(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

// connect ADDRESS PORT udp|tcp|later [TIMES]: the last error, the peer, and what a call took.
static int do_connect(char **words, int count) {
    struct sockaddr_in address = address_of(words[0], words[1]);
    int times = count > 3 ? atoi(words[3]) : 1, is_datagram = !strcmp(words[2], "udp"), socket_ = -1, code = 0;
    uint64_t *took = calloc((size_t)times, sizeof *took);
    for (int i = 0; i < times; i++) {
        if (socket_ < 0 || !is_datagram) {
            if (socket_ >= 0) close(socket_);
            socket_ = socket(
                AF_INET, (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | (strcmp(words[2], "later") ? 0 : SOCK_NONBLOCK), 0);
        }
        uint64_t before = now();
        code = connect(socket_, (struct sockaddr *)&address, sizeof address) ? errno : 0;
        took[i] = now() - before;
    }
    char text[INET_ADDRSTRLEN] = "none";
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int has_peer = !getpeername(socket_, (struct sockaddr *)&peer, &size);
    if (has_peer) inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
    qsort(took, (size_t)times, sizeof *took, by_value);
    printf("error %d peer %s:%d p50 %lu p99 %lu\n", code, text, has_peer ? ntohs(peer.sin_port) : 0,
        (unsigned long)took[times / 2], (unsigned long)took[times * 99 / 100]);
    return 0;
}

static struct sockaddr_in raced;
static struct sockaddr_in raced_between[2];
static atomic_int is_over;
static void *rewrite(void *unused) {
    (void)unused;
    while (!is_over) {
        *(volatile uint32_t *)&raced.sin_addr.s_addr = raced_between[0].sin_addr.s_addr;
        *(volatile uint32_t *)&raced.sin_addr.s_addr = raced_between[1].sin_addr.s_addr;
    }
    return 0;
}

// race ALLOWED DENIED PORT TIMES: how often a connection was made to which.
static int do_race(char **words) {
    raced_between[0] = address_of(words[0], words[2]);
    raced_between[1] = address_of(words[1], words[2]);
    raced = raced_between[0];
    int to_allowed = 0, to_denied = 0, refused = 0, other = 0, times = atoi(words[3]);
    pthread_t thread;
    pthread_create(&thread, 0, rewrite, 0);
    int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < times; i++) {
        // What a call before this one had connected to is not there any more.
        struct sockaddr none = {.sa_family = AF_UNSPEC};
        connect(socket_, &none, sizeof none);
        if (connect(socket_, (struct sockaddr *)&raced, sizeof raced)) {
            if (errno == EPERM) refused++;
            else other++;
            if (errno == ENOSYS) break;
        }
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        if (getpeername(socket_, (struct sockaddr *)&peer, &size)) continue;
        if (peer.sin_addr.s_addr == raced_between[0].sin_addr.s_addr) to_allowed++;
        else to_denied++;
    }
    is_over = 1;
    pthread_join(thread, 0);
    printf("allowed %d denied %d refused %d other %d\n", to_allowed, to_denied, refused, other);
    return 0;
}

static int pair_of[2]; // a local socket, and one of IPv4
static void *swap(void *unused) {
    (void)unused;
    while (!is_over) {
        dup2(pair_of[0], 100);
        dup2(pair_of[1], 100);
    }
    return 0;
}

// swap DENIED PORT TIMES: descriptor 100 means a local socket and one of IPv4 in turn, while it is connected to what is denied.
static int do_swap(char **words) {
    struct sockaddr_in address = address_of(words[0], words[1]);
    pair_of[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
    pair_of[1] = socket(AF_INET, SOCK_DGRAM, 0);
    dup2(pair_of[0], 100);
    pthread_t thread;
    pthread_create(&thread, 0, swap, 0);
    int connected = 0, refused = 0, other = 0;
    for (int i = 0; i < atoi(words[2]); i++) {
        if (connect(100, (struct sockaddr *)&address, sizeof address)) {
            if (errno == EPERM) refused++;
            else other++;
        }
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        if (!getpeername(pair_of[1], (struct sockaddr *)&peer, &size)) connected++;
    }
    is_over = 1;
    pthread_join(thread, 0);
    printf("connected %d refused %d other %d\n", connected, refused, other);
    return 0;
}

// A port of the loopback to which a connection is waited for, since nobody takes those that are there.
static struct sockaddr_in full_port(void) {
    struct sockaddr_in address = address_of("127.0.0.1", "0");
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 0)) exit(98);
    getsockname(listener, (struct sockaddr *)&address, &size);
    for (int i = 0; i < 4; i++)
        connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&address, sizeof address);
    usleep(100000);
    return address;
}

static void *wait_for(void *address) {
    connect(socket(AF_INET, SOCK_STREAM, 0), address, sizeof(struct sockaddr_in));
    return 0;
}

// patience: connections of one thread while another waits for one.
static int do_patience(void) {
    struct sockaddr_in full = full_port(), easy = address_of("127.0.0.1", "9");
    pthread_t thread;
    pthread_create(&thread, 0, wait_for, &full);
    usleep(100000);
    int done = 0, socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 100; i++) done += !connect(socket_, (struct sockaddr *)&easy, sizeof easy);
    printf("done %d\n", done);
    fflush(stdout);
    _exit(0);
}

static volatile int rung;
static void ring(int signal) { (void)signal; rung = 1; }

// alarm: what a connection that is waited for gives where a signal comes.
static int do_alarm(void) {
    struct sockaddr_in full = full_port();
    struct sigaction action = {.sa_handler = ring};
    sigaction(SIGALRM, &action, 0);
    alarm(1);
    uint64_t before = now();
    int code = connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&full, sizeof full) ? errno : 0;
    printf("error %d rung %d soon %d\n", code, rung, now() - before < 5000000000);
    return 0;
}

static struct sockaddr_in shared;
static void *connect_shared(void *result) {
    int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    *(int *)result = connect(socket_, (struct sockaddr *)&shared, sizeof shared) ? errno : 0;
    return 0;
}

// threads ADDRESS PORT COUNT
static int do_threads(char **words) {
    int count = atoi(words[2]), refused = 0, done = 0;
    shared = address_of(words[0], words[1]);
    pthread_t threads[64];
    int results[64];
    for (int i = 0; i < count; i++) pthread_create(&threads[i], 0, connect_shared, &results[i]);
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], 0);
        refused += results[i] == EPERM;
        done += results[i] == 0;
    }
    printf("done %d refused %d\n", done, refused);
    return 0;
}

static void *sleep_on(void *unused) {
    (void)unused;
    pause();
    return 0;
}

// local PATH threads|alone: a listener of this process, connected to by its path from its directory.
static int do_local(char **words) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, words[0], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4)) return 97;
    pthread_t thread;
    if (!strcmp(words[1], "threads")) pthread_create(&thread, 0, sleep_on, 0);
    int code = connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) ? errno : 0;
    unlink(words[0]);
    printf("error %d\n", code);
    return 0;
}

// bind ADDRESS PORT: the error, and what it is bound to.
static int do_bind(char **words) {
    struct sockaddr_in address = address_of(words[0], words[1]);
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    int code = bind(socket_, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    socklen_t size = sizeof address;
    getsockname(socket_, (struct sockaddr *)&address, &size);
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    printf("error %d at %s:%d\n", code, text, ntohs(address.sin_port));
    return 0;
}

// around: what the ways around a hook give.
static int do_around(void) {
    struct io_uring_params parameters;
    memset(&parameters, 0, sizeof parameters);
    int ring = syscall(SYS_io_uring_setup, 4, &parameters) < 0 ? errno : 0;
    int smc = socket(43, SOCK_STREAM, 0) < 0 ? errno : 0;
    long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    int shares = child < 0 ? errno : 0;
    struct sockaddr_in address = address_of("127.0.0.1", "9");
    int open = sendto(
        socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    printf("io_uring %d AF_SMC %d CLONE_FILES %d fast open %d\n", ring, smc, shares, open);
    return 0;
}

// old: getpid(2) as 32-bit programs call it.
static int do_old(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    printf("got %ld\n", result);
    return 0;
}

// slowly ADDRESS PORT [TIMES]: connects ten times a second until it gets an error that is neither EPERM nor none, or for ten seconds.
static int do_slowly(char **words, int count) {
    int times = count > 2 ? atoi(words[2]) : 100;
    struct sockaddr_in address = address_of(words[0], words[1]);
    int socket_ = socket(AF_INET, SOCK_DGRAM, 0), done = 0, refused = 0, code = 0;
    printf("begun %d\n", getpid());
    fflush(stdout);
    for (int i = 0; i < times; i++, usleep(100000)) {
        code = connect(socket_, (struct sockaddr *)&address, sizeof address) ? errno : 0;
        done += code == 0;
        refused += code == EPERM;
        if (code != 0 && code != EPERM) break;
    }
    printf("done %d refused %d error %d\n", done, refused, code);
    return 0;
}

static void *use_files(void *path) {
    char bytes[100];
    int file = open(path, O_RDWR | O_CREAT, 0600);
    long wrote = write(file, "hello, you", 10), got = pread(file, bytes, sizeof bytes, 0);
    int missing = open("/nowhere/to/be/found", O_RDONLY) < 0 ? errno : 0;
    int nowhere = syscall(SYS_openat, AT_FDCWD, 16L, O_RDONLY) < 0 ? errno : 0;
    printf("made %d wrote %ld read %ld missing %d nowhere %d\n", file >= 0, wrote, got, missing, nowhere);
    return 0;
}

// files PATH [thread]: what opening, writing and reading gives.
static int do_files(char **words, int count) {
    if (count < 2) return use_files(words[0]), 0;
    pthread_t thread;
    pthread_create(&thread, 0, use_files, words[0]);
    pthread_join(thread, 0);
    return 0;
}

// socket: the error of making one.
static int do_socket(void) {
    printf("error %d\n", socket(AF_INET, SOCK_DGRAM, 0) < 0 ? errno : 0);
    return 0;
}

// behind WORDS…: the same in a process that begins as vfork(2) makes it, by executing this program again.
static int do_behind(char **arguments) {
    fflush(stdout);
    pid_t child = vfork();
    if (child == 0) {
        execv("/proc/self/exe", arguments);
        _exit(96);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 95;
}

// An address of either kind, as it is written.
static socklen_t any_address(const char *text, uint16_t port, struct sockaddr_storage *address) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    if (strchr(text, ':')) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1) exit(99);
        return sizeof *six;
    }
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    if (inet_pton(AF_INET, text, &four->sin_addr) != 1) exit(99);
    return sizeof *four;
}

static uint16_t port_of(int socket_) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    getsockname(socket_, (struct sockaddr *)&address, &size);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

// A datagram socket at a port of an address of this host.
static int bound_to(const char *text) {
    struct sockaddr_storage address;
    socklen_t size = any_address(text, 0, &address);
    int socket_ = socket(address.ss_family, SOCK_DGRAM, 0);
    if (bind(socket_, (struct sockaddr *)&address, size)) exit(98);
    return socket_;
}

// send sendto|sendmsg|sendmmsg AT TO: messages to an address, at the port of a receiver at AT; what arrived there, and who said how much.
static int do_send(char **words) {
    int receiver = bound_to(words[1]);
    struct sockaddr_storage to;
    socklen_t size = any_address(words[2], port_of(receiver), &to);
    int sender = socket(to.ss_family, SOCK_DGRAM, 0), done = 0, code = 0;
    char first[] = "he", second[] = "llo";
    struct iovec parts[] = {{first, 2}, {second, 3}};
    if (!strcmp(words[0], "sendto")) {
        ssize_t sent = sendto(sender, "hello", 5, 0, (struct sockaddr *)&to, size);
        code = sent < 0 ? errno : 0;
        done = sent == 5;
    } else if (!strcmp(words[0], "sendmsg")) {
        struct msghdr message = {.msg_name = &to, .msg_namelen = size, .msg_iov = parts, .msg_iovlen = 2};
        ssize_t sent = sendmsg(sender, &message, 0);
        code = sent < 0 ? errno : 0;
        done = sent == 5;
    } else {
        struct mmsghdr messages[3];
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < 3; i++)
            messages[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = size, .msg_iov = parts, .msg_iovlen = 2};
        // The kernel too may send fewer than it was given.
        while (done < 3) {
            int sent = sendmmsg(sender, messages + done, 3 - (unsigned)done, 0);
            if (sent <= 0) {
                code = errno;
                break;
            }
            for (int i = 0; i < sent; i++) if (messages[done + i].msg_len != 5) exit(97);
            done += sent;
        }
    }
    int arrived = 0;
    char text[16] = "";
    while (recv(receiver, text, sizeof text, MSG_DONTWAIT) == 5) arrived += !memcmp(text, "hello", 5);
    printf("error %d sent %d arrived %d\n", code, done, arrived);
    return 0;
}

// send-race ALLOWED DENIED TIMES: messages whose address changes while they are sent; which of two receivers got them.
static int do_send_race(char **words) {
    int receiver = bound_to(words[0]), other_receiver, arrived = 0, wrong = 0, refused = 0, other = 0;
    raced_between[0] = address_of(words[0], "0");
    raced_between[1] = address_of(words[1], "0");
    raced = raced_between[0];
    raced.sin_port = htons(port_of(receiver));
    struct sockaddr_in denied = raced;
    denied.sin_addr = raced_between[1].sin_addr;
    other_receiver = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(other_receiver, (struct sockaddr *)&denied, sizeof denied)) exit(98);
    pthread_t thread;
    pthread_create(&thread, 0, rewrite, 0);
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < atoi(words[2]); i++) {
        char part[] = "x";
        struct iovec vector = {part, 1};
        struct msghdr message = {.msg_name = &raced, .msg_namelen = sizeof raced, .msg_iov = &vector, .msg_iovlen = 1};
        if (sendmsg(sender, &message, 0) != 1) {
            if (errno == EPERM) refused++;
            else other++;
        }
        char got;
        while (recv(receiver, &got, 1, MSG_DONTWAIT) == 1) arrived++;
        while (recv(other_receiver, &got, 1, MSG_DONTWAIT) == 1) wrong++;
    }
    is_over = 1;
    pthread_join(thread, 0);
    printf("arrived %d wrong %d refused %d other %d\n", arrived, wrong, refused, other);
    return 0;
}

static void print_from(const struct sockaddr_storage *address) {
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    inet_ntop(address->ss_family, address->ss_family == AF_INET ? (void *)&four->sin_addr : (void *)&six->sin6_addr, text, sizeof text);
    printf("from %s port %d ", text, ntohs(four->sin_port));
}

// A connection from an address of this host; the socket, or an error.
static int connect_from(const char *text, uint16_t port) {
    struct sockaddr_storage from, to;
    socklen_t size = any_address(text, 0, &from);
    any_address(strchr(text, ':') ? "::1" : "127.0.0.1", port, &to);
    int socket_ = socket(from.ss_family, SOCK_STREAM, 0);
    if (bind(socket_, (struct sockaddr *)&from, size)) exit(98);
    return connect(socket_, (struct sockaddr *)&to, size) ? -errno : socket_;
}

// connect6 ADDRESS, bind6 ADDRESS: the error of that.
static int do_six(const char *deed, char **words) {
    struct sockaddr_storage address;
    int is_connect = !strcmp(deed, "connect6");
    socklen_t size = any_address(words[0], is_connect ? 9 : 0, &address);
    int socket_ = socket(AF_INET6, SOCK_DGRAM, 0);
    int failed = is_connect ? connect(socket_, (struct sockaddr *)&address, size) : bind(socket_, (struct sockaddr *)&address, size);
    printf("error %d\n", failed ? errno : 0);
    return 0;
}

// serve DENIED ALLOWED accept|accept4|later: who is accepted where a connection from each has come, in that order; and whether the first one's
// maker sees it end.
static int do_serve(char **words) {
    int six = !!strchr(words[0], ':');
    struct sockaddr_storage address;
    socklen_t size = any_address(six ? "::1" : "127.0.0.1", 0, &address);
    int listener = socket(address.ss_family, SOCK_STREAM | (strcmp(words[2], "later") ? 0 : SOCK_NONBLOCK), 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 8)) return 97;
    uint16_t port = port_of(listener);
    int first = connect_from(words[0], port);
    if (!strcmp(words[2], "later")) {
        int got = accept(listener, 0, 0);
        printf("later %d ", got < 0 ? errno : 0);
    }
    int second = connect_from(words[1], port);
    size = sizeof address;
    int got = !strcmp(words[2], "accept4")
        ? accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK)
        : accept(listener, (struct sockaddr *)&address, &size);
    if (got < 0) {
        printf("error %d\n", errno);
        return 0;
    }
    print_from(&address);
    char byte = 0;
    struct timeval soon = {1, 0};
    setsockopt(first, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    ssize_t left = recv(first, &byte, 1, 0);
    int ended = left == 0 || (left < 0 && errno != EAGAIN);
    // Where the first one was accepted, nothing comes.
    struct pollfd arrival = {.fd = got, .events = POLLIN};
    int works = send(second, "y", 1, 0) == 1 && poll(&arrival, 1, 1000) == 1 && recv(got, &byte, 1, 0) == 1 && byte == 'y';
    int flags = fcntl(got, F_GETFD) * 10 + !!(fcntl(got, F_GETFL) & O_NONBLOCK);
    printf("size %d ended %d works %d flags %d\n", (int)size, ended, works, flags);
    return 0;
}

// listen ADDRESS: the error of waiting for connections there.
static int do_listen(char **words) {
    struct sockaddr_storage address;
    socklen_t size = any_address(words[0], 0, &address);
    int listener = socket(address.ss_family, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size)) return 97;
    int code = listen(listener, 8) ? errno : 0, is_listening = 0;
    socklen_t length = sizeof is_listening;
    getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &length);
    printf("error %d listening %d\n", code, is_listening);
    return 0;
}

// receive AT FROM recvfrom|recvmsg|recvmmsg|later: who a message is said to come from, and what it is.
static int do_receive(char **words) {
    int receiver = bound_to(words[0]), sender = bound_to(words[1]);
    struct sockaddr_storage to, from;
    socklen_t size = any_address(words[0], port_of(receiver), &to);
    memset(&from, 0, sizeof from);
    int is_later = !strcmp(words[2], "later");
    pid_t child = 0;
    if (is_later && (child = fork()) == 0) {
        usleep(200000);
        _exit(sendto(sender, "hello, you", 10, 0, (struct sockaddr *)&to, size) != 10);
    }
    if (!is_later && sendto(sender, "hello, you", 10, 0, (struct sockaddr *)&to, size) != 10) return 97;
    char one[5] = "", two[32] = "", room[128];
    struct iovec parts[] = {{one, 4}, {two, sizeof two - 1}};
    struct mmsghdr message = {.msg_hdr = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = parts, .msg_iovlen = 2, .msg_control = room,
        .msg_controllen = sizeof room}};
    int on = 1;
    setsockopt(receiver, to.ss_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, to.ss_family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO, &on, sizeof on);
    ssize_t count;
    size = sizeof from;
    if (!strcmp(words[2], "recvfrom") || is_later) {
        count = recvfrom(receiver, two, sizeof two - 1, 0, (struct sockaddr *)&from, &size);
    } else {
        if (!strcmp(words[2], "recvmsg")) count = recvmsg(receiver, &message.msg_hdr, 0);
        else count = recvmmsg(receiver, &message, 1, 0, 0) == 1 ? (int)message.msg_len : -1;
        size = message.msg_hdr.msg_namelen;
    }
    if (count < 0) {
        printf("error %d\n", errno);
        return 0;
    }
    print_from(&from);
    printf("size %d count %zd text %s%s control %d\n", (int)size, count, one, two,
        message.msg_hdr.msg_controllen > 0 && message.msg_hdr.msg_controllen < sizeof room);
    if (child) waitpid(child, 0, 0);
    return 0;
}

// pass threads|alone: a descriptor handed over by a message between local sockets, and used.
static int do_pass(char **words) {
    int pair[2], pipe_[2], got = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pipe_)) return 97;
    pthread_t thread;
    if (!strcmp(words[0], "threads")) pthread_create(&thread, 0, sleep_on, 0);
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    *control = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(control), &pipe_[1], sizeof(int));
    int code = sendmsg(pair[0], &message, 0) == 1 ? 0 : errno;
    memset(room, 0, sizeof room);
    message.msg_controllen = sizeof room;
    if (!code && recvmsg(pair[1], &message, MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&message))
        memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
    char read_ = 0;
    int works = got >= 0 && got != pipe_[1] && write(got, "y", 1) == 1 && read(pipe_[0], &read_, 1) == 1 && read_ == 'y';
    printf("error %d works %d\n", code, works);
    fflush(stdout);
    _exit(0);
}

// stream: what a connected stream and a socket pair send without an address.
static int do_stream(void) {
    struct sockaddr_in address = address_of("127.0.0.1", "0");
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1)) return 97;
    getsockname(listener, (struct sockaddr *)&address, &size);
    if (connect(client, (struct sockaddr *)&address, size)) return 96;
    int server = accept(listener, 0, 0);
    static char bytes[3 << 20];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 2654435761u >> 24);
    pid_t child = fork();
    if (child == 0) {
        size_t sent = 0;
        while (sent < sizeof bytes) {
            struct iovec part = {bytes + sent, sizeof bytes - sent};
            struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
            ssize_t count = sendmsg(client, &message, 0);
            if (count <= 0) _exit(1);
            sent += (size_t)count;
        }
        _exit(0);
    }
    close(client);
    static char got[sizeof bytes];
    size_t received = 0;
    ssize_t count;
    while (received < sizeof got && (count = read(server, got + received, sizeof got - received)) > 0) received += (size_t)count;
    int status;
    waitpid(child, &status, 0);
    printf("same %d status %d\n", received == sizeof bytes && !memcmp(bytes, got, sizeof bytes), WEXITSTATUS(status));
    return 0;
}

// ran: what executed this says which of two files it is, by its exit status.
static int do_ran(void) {
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size < 0 ? 0 : size] = 0;
    return strstr(path, "denied") ? 20 : 10;
}

// How a process ended that executed a file, or did not.
static int ending_of(pid_t child) {
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// execute PATH WORDS…: what came of it: an error, or how it ended.
static int do_execute(char **words) {
    int *code = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        *code = errno;
        _exit(96);
    }
    if (child < 0) {
        printf("no fork %d\n", errno);
        return 0;
    }
    int ending = ending_of(child);
    printf("error %d ending %d\n", *code, ending);
    return 0;
}

static char *raced_path, *path_between[2];
static void *rewrite_path(void *unused) {
    (void)unused;
    while (!is_over) {
        memcpy(raced_path, path_between[0], strlen(path_between[0]) + 1);
        memcpy(raced_path, path_between[1], strlen(path_between[1]) + 1);
    }
    return 0;
}

// exec-race ALLOWED DENIED TIMES: paths of the same length, in memory that one process changes and another executes by.
static int do_exec_race(char **words) {
    raced_path = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    path_between[0] = words[0];
    path_between[1] = words[1];
    strcpy(raced_path, words[0]);
    pthread_t thread;
    pthread_create(&thread, 0, rewrite_path, 0);
    int allowed = 0, denied = 0, refused = 0, killed = 0, other = 0;
    for (int i = 0; i < atoi(words[2]); i++) {
        pid_t child = fork();
        if (child == 0) {
            char *const arguments[] = {"it", "ran", 0};
            execv(raced_path, arguments);
            _exit(errno == EPERM ? 30 : 40);
        }
        switch (ending_of(child)) {
        case 10: allowed++; break;
        case 20: denied++; break;
        case 30: refused++; break;
        case 128 + SIGKILL: killed++; break;
        default: other++;
        }
    }
    is_over = 1;
    pthread_join(thread, 0);
    printf("allowed %d denied %d refused %d killed %d other %d\n", allowed, denied, refused, killed, other);
    return 0;
}

static void *execute_from(void *path) {
    char *const arguments[] = {"it", "ran", 0};
    execv(path, arguments);
    return (void *)(intptr_t)errno;
}

// exec-thread PATH: executed by a thread that is not the first.
static int do_exec_thread(char **words) {
    pthread_t thread;
    void *code;
    pthread_create(&thread, 0, execute_from, words[0]);
    pthread_join(thread, &code);
    return (intptr_t)code == EPERM ? 30 : 40;
}

// untraced: what a process gets that nobody would hear of.
static int do_untraced(void) {
    long child = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    printf("error %d\n", child < 0 ? errno : 0);
    return 0;
}

// signals: that they arrive, stop and continue processes as they do for others.
static int do_signals(void) {
    struct sigaction action = {.sa_handler = ring};
    sigaction(SIGUSR1, &action, 0);
    kill(getpid(), SIGUSR1);
    pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    int status, stopped, continued;
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    stopped = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    continued = WIFCONTINUED(status);
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    printf("rung %d stopped %d continued %d ended %d\n", rung, stopped, continued, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 0;
}

int main(int count, char **words) {
    if (count < 2) return 94;
    const char *deed = words[1];
    words += 2;
    count -= 2;
    if (!strcmp(deed, "connect") && count >= 3) return do_connect(words, count);
    if (!strcmp(deed, "race") && count == 4) return do_race(words);
    if (!strcmp(deed, "swap") && count == 3) return do_swap(words);
    if (!strcmp(deed, "patience")) return do_patience();
    if (!strcmp(deed, "alarm")) return do_alarm();
    if (!strcmp(deed, "threads") && count == 3) return do_threads(words);
    if (!strcmp(deed, "local") && count == 2) return do_local(words);
    if (!strcmp(deed, "bind") && count == 2) return do_bind(words);
    if (!strcmp(deed, "around")) return do_around();
    if (!strcmp(deed, "files") && count >= 1) return do_files(words, count);
    if (!strcmp(deed, "socket")) return do_socket();
    if ((!strcmp(deed, "connect6") || !strcmp(deed, "bind6")) && count == 1) return do_six(deed, words);
    if (!strcmp(deed, "old")) return do_old();
    if (!strcmp(deed, "slowly") && count >= 2) return do_slowly(words, count);
    if (!strcmp(deed, "behind")) return do_behind(words - 1);
    if (!strcmp(deed, "ran")) return do_ran();
    if (!strcmp(deed, "send") && count == 3) return do_send(words);
    if (!strcmp(deed, "send-race") && count == 3) return do_send_race(words);
    if (!strcmp(deed, "pass") && count == 1) return do_pass(words);
    if (!strcmp(deed, "stream")) return do_stream();
    if (!strcmp(deed, "serve") && count == 3) return do_serve(words);
    if (!strcmp(deed, "listen") && count == 1) return do_listen(words);
    if (!strcmp(deed, "receive") && count == 3) return do_receive(words);
    if (!strcmp(deed, "execute") && count >= 1) return do_execute(words);
    if (!strcmp(deed, "exec-race") && count == 3) return do_exec_race(words);
    if (!strcmp(deed, "exec-thread") && count == 1) return do_exec_thread(words);
    if (!strcmp(deed, "untraced")) return do_untraced();
    if (!strcmp(deed, "signals")) return do_signals();
    return 93;
}
