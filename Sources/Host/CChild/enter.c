#define _GNU_SOURCE
#include "resident.h"
#include <errno.h>
#include <linux/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's own structure (arch/x86/include/uapi/asm/signal.h): the C library's wrapper would put its own restorer there.
struct kernel_action {
    void (*handler)(int, void *, void *);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};
enum : uint64_t { HANDLER_FLAGS = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | 0x04000000 /* SA_RESTORER */ };

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

static int64_t set_action(int signal, const struct kernel_action *action) {
    return result_of(syscall(SYS_rt_sigaction, signal, action, 0, sizeof action->mask));
}

// No signal is blocked in a handler: nothing would unblock it, for a handler does not return by the kernel.
static int64_t handle_signals(const struct cchild_cell *cell) {
    struct kernel_action none = {0};
    // Handlers that this process inherited would lie in memory that is no more.
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP) set_action(signal, &none);
    struct kernel_action own = {resident_signal, HANDLER_FLAGS, resident_no_return, 0};
    const int handled[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGUSR1};
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        int64_t result = set_action(handled[i], &own);
        if (result < 0) return result;
    }
    stack_t stack = {
        .ss_sp = (void *)(cell->arena + CCHILD_ARENA_STACK), .ss_size = CCHILD_ARENA_STACK_SIZE};
    if (sigaltstack(&stack, 0)) return -errno;
    uint64_t nothing = 0;
    return result_of(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, 0, sizeof nothing));
}

// The kernel forgets what the C library told it of this thread's memory, which is about to go: it would write there, or kill.
static int64_t forget_thread(void) {
    if (__rseq_size) {
        void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
        if (syscall(SYS_rseq, area, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG)) return -errno;
    }
    if (syscall(SYS_set_robust_list, 0, 24)) return -errno;
    syscall(SYS_set_tid_address, 0);
    return 0;
}

int64_t cchild_enter(const struct cchild_cell *cell, const uint64_t *filter, uint32_t count) {
    if (count > RESIDENT_FILTER_CAPACITY) return -E2BIG;
    struct resident_state *state = (struct resident_state *)cell->arena;
    memset(state, 0, CCHILD_ARENA_STATE_SIZE);
    state->cell = *cell;
    memcpy(state->filter, filter, count * sizeof *filter);
    state->program.len = (unsigned short)count;
    state->program.filter = (struct sock_filter *)state->filter;
    state->first_wake_generation = __atomic_load_n((uint32_t *)cell->wake_generation, __ATOMIC_ACQUIRE);
    state->first_park_epoch = __atomic_load_n((uint32_t *)cell->park_epoch, __ATOMIC_ACQUIRE);
    state->run = __atomic_load_n((uint32_t *)cell->order, __ATOMIC_ACQUIRE);
    int64_t result = handle_signals(cell);
    if (result < 0) resident_refuse(state, CCHILD_STEP_SIGNALS, -result);
    result = forget_thread();
    if (result < 0) resident_refuse(state, CCHILD_STEP_THREAD, -result);
    // A cell needs no clock. Where the processor cannot refuse it, it keeps one, as in a guest.
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
    __asm__ volatile("movq %0, %%rsp\n"
                     "xorl %%ebp, %%ebp\n"
                     "call *%1\n"
                     "ud2\n"
                     :
                     : "r"(cell->arena + CCHILD_ARENA_STACK + CCHILD_ARENA_STACK_SIZE), "r"(resident_start), "D"(state)
                     : "memory");
    __builtin_unreachable();
}
