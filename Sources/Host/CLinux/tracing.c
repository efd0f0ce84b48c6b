#define _GNU_SOURCE
#include "tracing.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(CLINUX_TRACE_SEIZE == PTRACE_SEIZE, "ptrace request");
_Static_assert(CLINUX_TRACE_GO_ON == PTRACE_CONT, "ptrace request");
_Static_assert(CLINUX_TRACE_MESSAGE == PTRACE_GETEVENTMSG, "ptrace request");
_Static_assert(CLINUX_TRACE_LISTEN == PTRACE_LISTEN, "ptrace request");
_Static_assert(CLINUX_TRACE_INTERRUPT == PTRACE_INTERRUPT, "ptrace request");
_Static_assert(CLINUX_TRACE_TO_CALL == PTRACE_SYSCALL, "ptrace request");
_Static_assert(CLINUX_TRACE_REGISTERS == PTRACE_GETREGS, "ptrace request");
_Static_assert(CLINUX_TRACE_CALL_STAGE == PTRACE_GET_SYSCALL_INFO, "ptrace request");
_Static_assert(CLINUX_TRACE_CALL_BEGINS == PTRACE_SYSCALL_INFO_ENTRY, "stage of a call");
_Static_assert(CLINUX_TRACE_CALL_ENDS == PTRACE_SYSCALL_INFO_EXIT, "stage of a call");

static int64_t result(int64_t value) { return value < 0 ? -errno : value; }

int64_t clinux_trace_seize(int32_t process) {
    long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
                   | PTRACE_O_TRACESYSGOOD;
    return result(ptrace(PTRACE_SEIZE, process, NULL, (void *)options));
}

static int is_halting(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

int64_t clinux_trace_next(struct clinux_trace_stop *stop, int32_t waits) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL | (waits ? 0 : WNOHANG));
    if (thread < 0) return -errno;
    if (thread == 0) return -EAGAIN;
    *stop = (struct clinux_trace_stop){.thread = thread, .status = status};
    if (!WIFSTOPPED(status)) {
        stop->why = CLINUX_TRACE_ENDED;
        stop->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        return 0;
    }
    int event = status >> 16;
    stop->code = WSTOPSIG(status);
    switch (event) {
    case 0:
        // PTRACE_O_TRACESYSGOOD
        stop->why = stop->code == (SIGTRAP | 0x80) ? CLINUX_TRACE_CALLS : CLINUX_TRACE_SIGNALLED;
        return 0;
    case PTRACE_EVENT_STOP:
        stop->why = is_halting(stop->code) ? CLINUX_TRACE_HALTED : CLINUX_TRACE_BEGUN;
        return 0;
    case PTRACE_EVENT_EXEC: stop->why = CLINUX_TRACE_EXECUTED; break;
    default: stop->why = CLINUX_TRACE_MADE; break;
    }
    unsigned long message = 0;
    // Who was killed meanwhile has nothing to say, and its end is yet to be heard of.
    if (ptrace(PTRACE_GETEVENTMSG, thread, NULL, &message)) message = 0;
    stop->message = message;
    return 0;
}

int64_t clinux_trace_go_on(int32_t thread, int32_t signal) {
    return result(ptrace(PTRACE_CONT, thread, NULL, (void *)(long)signal));
}

int64_t clinux_trace_to_call(int32_t thread, int32_t signal) {
    return result(ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(long)signal));
}

int64_t clinux_trace_interrupt(int32_t thread) { return result(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL)); }

int64_t clinux_trace_registers(int32_t thread, uint64_t registers[21]) {
    struct user_regs_struct own;
    struct __ptrace_syscall_info info = {0};
    if (ptrace(PTRACE_GETREGS, thread, NULL, &own)) return -errno;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof info, &info) < 0) return -errno;
    // Both begin with the same words, from r15 to ss.
    memcpy(registers, &own, 21 * sizeof *registers);
    return info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_EXIT ? info.op : 0;
}

int64_t clinux_trace_leave_halted(int32_t thread) { return result(ptrace(PTRACE_LISTEN, thread, NULL, NULL)); }

int64_t clinux_kill_process(int32_t process) { return result(syscall(SYS_tgkill, process, process, SIGKILL)); }
