// A process that calls, for tests of what supervises it: says in one line what came of its calls.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

// slowly ADDRESS PORT: connects ten times a second until it gets an error that is neither EPERM nor none, or for ten seconds.
static int do_slowly(char **words) {
    struct sockaddr_in address = address_of(words[0], words[1]);
    int socket_ = socket(AF_INET, SOCK_DGRAM, 0), done = 0, refused = 0, code = 0;
    printf("begun %d\n", getpid());
    fflush(stdout);
    for (int i = 0; i < 100; i++, usleep(100000)) {
        code = connect(socket_, (struct sockaddr *)&address, sizeof address) ? errno : 0;
        done += code == 0;
        refused += code == EPERM;
        if (code != 0 && code != EPERM) break;
    }
    printf("done %d refused %d error %d\n", done, refused, code);
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
    if (!strcmp(deed, "old")) return do_old();
    if (!strcmp(deed, "slowly") && count == 2) return do_slowly(words);
    if (!strcmp(deed, "behind")) return do_behind(words - 1);
    return 93;
}
