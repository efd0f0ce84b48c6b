#define _GNU_SOURCE
#include "CConfinementProbe.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int64_t probe_call(uint32_t number, const uint64_t a[6]) {
    long value = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return value == -1 ? -errno : value;
}

static int64_t legacy_call(uint32_t number) {
    int64_t value;
    __asm__ volatile("int $0x80"
                     : "=a"(value)
                     : "a"((uint64_t)number), "b"(0ul), "c"(0ul), "d"(0ul)
                     : "memory", "r8", "r9", "r10", "r11");
    return value;
}

static volatile sig_atomic_t handled;
static void note_signal(int signal) { handled = signal; }

// rt_sigreturn means something only at the end of a handler: a timer's signal arrives after the filter is on.
static int64_t return_from_handler(void) {
    for (uint64_t turns = 0; turns < 4000000000u; turns++)
        if (handled) return 0;
    return -ETIME;
}

struct probe_outcome probe_filtered_call(
    const void *instructions, uint16_t count, uint32_t number, const uint64_t arguments[6], int32_t style) {
    static struct probe_outcome *shared;
    if (!shared) shared = probe_shared_page();
    memset(shared, 0, sizeof *shared);
    pid_t child = fork();
    if (child == 0) {
        struct sock_fprog program = {count, (struct sock_filter *)instructions};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (number == SYS_rt_sigreturn && !style) {
            struct sigaction action = {.sa_handler = note_signal};
            struct itimerval soon = {.it_value = {.tv_usec = 20000}};
            sigaction(SIGALRM, &action, NULL);
            setitimer(ITIMER_REAL, &soon, NULL);
        } else {
            alarm(2);
        }
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) _exit(100);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) _exit(101);
        if (style)
            shared->result = legacy_call(number);
        else if (number == SYS_rt_sigreturn)
            shared->result = return_from_handler();
        else
            shared->result = probe_call(number, arguments);
        shared->returned = 1;
        _exit(0);
    }
    struct probe_outcome outcome = {-1, 0, 0};
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) return outcome;
    outcome = *shared;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    // A child that could not be filtered tells nothing about the filter.
    if (WIFEXITED(status) && WEXITSTATUS(status) >= 100) outcome.signal = -WEXITSTATUS(status);
    return outcome;
}

// mov eax, 42; ret
static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3};
static const size_t size = 4096;
static uint8_t *prepared;

static int64_t run(void *page) { return ((int (*)(void))page)(); }
static int failed(const void *page) { return page == MAP_FAILED; }

// Whoever started us may have had signals blocked, as threads of a dispatch queue have, and the mask is inherited.
void probe_unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void probe_prepare(void) {
    // An executable page as every program has them: what the mechanism does to it, it could do to the program's own
    // text.
    prepared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(prepared, 0xc3, size);
    mprotect(prepared, size, PROT_READ | PROT_EXEC);
}

int64_t probe_anonymous_write_execute(void) {
    uint8_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (failed(page)) return -errno;
    memcpy(page, code, sizeof code);
    return run(page);
}

int64_t probe_protect_execute(void) {
    uint8_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (failed(page)) return -errno;
    memcpy(page, code, sizeof code);
    if (mprotect(page, size, PROT_READ | PROT_EXEC)) return -errno;
    return run(page);
}

int64_t probe_anonymous_execute(void) {
    void *page = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return failed(page) ? -errno : 1;
}

int64_t probe_memory_file_twice(void) {
    int file = memfd_create("twice", 0);
    if (file < 0 || ftruncate(file, (off_t)size)) return -errno;
    uint8_t *writable = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (failed(writable)) return -errno;
    void *executable = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    if (failed(executable)) return -errno;
    memcpy(writable, code, sizeof code);
    return run(executable);
}

int64_t probe_own_memory_file(void) {
    int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (memory < 0) return -errno;
    if (pwrite(memory, code, sizeof code, (off_t)(uintptr_t)prepared) != (ssize_t)sizeof code) return -errno;
    return run(prepared);
}

int64_t probe_shared_segment(void) {
    int segment = shmget(IPC_PRIVATE, size, 0700);
    if (segment < 0) return -errno;
    int64_t outcome;
    void *writable = shmat(segment, NULL, 0);
    if (failed(writable)) {
        outcome = -errno;
    } else {
        memcpy(writable, code, sizeof code);
        shmdt(writable);
        void *executable = shmat(segment, NULL, SHM_RDONLY | SHM_EXEC);
        outcome = failed(executable) ? -errno : run(executable);
    }
    shmctl(segment, IPC_RMID, NULL);
    return outcome;
}

int64_t probe_read_implies_execute(void) {
    int file = memfd_create("readable", 0);
    if (file < 0 || write(file, code, sizeof code) != (ssize_t)sizeof code) return -errno;
    if (personality(READ_IMPLIES_EXEC) < 0) return -errno;
    void *page = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (failed(page)) return -errno;
    return run(page);
}

int64_t probe_open(const char *path, int32_t flags) {
    int file = open(path, flags | O_CLOEXEC, 0600);
    if (file < 0) return -errno;
    close(file);
    return 0;
}

int64_t probe_prctl(int32_t operation, uint64_t second) {
    int value = prctl(operation, second, 0ul, 0ul, 0ul);
    return value < 0 ? -errno : value;
}

int64_t probe_event_at(int32_t descriptor) {
    int event = eventfd(0, EFD_NONBLOCK);
    if (event < 0 || dup2(event, descriptor) < 0) return -errno;
    if (event != descriptor) close(event);
    return 0;
}

void *probe_shared_page(void) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }
int64_t probe_fork(void) { return fork(); }

int64_t probe_wait(int32_t process) {
    int status;
    return waitpid(process, &status, 0) == process ? status : -errno;
}

void probe_stay(void) {
    static uint32_t word;
    for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

_Noreturn void probe_exit(int32_t status) { _exit(status); }

static void *sleep_for_ever(void *unused) {
    pause();
    return unused;
}

int64_t probe_start_thread(void) {
    pthread_t thread;
    return -pthread_create(&thread, NULL, sleep_for_ever, NULL);
}
