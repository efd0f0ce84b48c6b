// Stopping other processes where one of them becomes another program, is made, or ends: ptrace(2). All of it is for one thread to call, the
// tracer.
#pragma once
#include <stdint.h>

// What the filter of a tracer allows of ptrace(2).
enum : uint64_t {
    CLINUX_TRACE_SEIZE = 0x4206,
    CLINUX_TRACE_GO_ON = 7,
    CLINUX_TRACE_MESSAGE = 0x4201,
    CLINUX_TRACE_LISTEN = 0x4208,
    CLINUX_TRACE_INTERRUPT = 0x4207,
    CLINUX_TRACE_TO_CALL = 24,
    CLINUX_TRACE_REGISTERS = 12,
    CLINUX_TRACE_CALL_STAGE = 0x420e,
};

// From then on the process, its threads and its children stop where they execute, fork, make threads and take signals, and are killed if this
// process ends.
int64_t clinux_trace_seize(int32_t process);
// Why a thread stopped or ended.
enum : uint32_t {
    CLINUX_TRACE_ENDED = 1,    // `code`: as a shell says it
    CLINUX_TRACE_EXECUTED = 2, // `message`: the thread id that it had before
    CLINUX_TRACE_MADE = 3,     // `message`: the thread that it made
    CLINUX_TRACE_BEGUN = 4,    // a thread that was made, before its first instruction
    CLINUX_TRACE_HALTED = 5,   // by a signal that stops processes
    CLINUX_TRACE_SIGNALLED = 6,
    CLINUX_TRACE_CALLS = 7, // at the beginning or the end of a system call, where it was let go on to that
};
struct clinux_trace_stop {
    int32_t thread;
    uint32_t why;
    int32_t code; // an end's, or the signal
    int32_t status; // as waitpid(2) gives it
    uint64_t message;
};
// The next one; -EAGAIN where none is there and `waits` is 0, -ECHILD where nobody is left.
int64_t clinux_trace_next(struct clinux_trace_stop *stop, int32_t waits);
int64_t clinux_trace_go_on(int32_t thread, int32_t signal);
// The same, up to the beginning or the end of its next system call.
int64_t clinux_trace_to_call(int32_t thread, int32_t signal);
// Stops a thread that runs or waits, which then says that it has begun.
int64_t clinux_trace_interrupt(int32_t thread);
// The registers of a thread that stopped at a call, as struct pt_regs has them: 1 where the call begins, 2 where it ends, 0 where there is none.
enum : uint32_t { CLINUX_TRACE_CALL_BEGINS = 1, CLINUX_TRACE_CALL_ENDS = 2 };
int64_t clinux_trace_registers(int32_t thread, uint64_t registers[21]);
// Leaves a thread halted, until somebody continues it.
int64_t clinux_trace_leave_halted(int32_t thread);
int64_t clinux_kill_process(int32_t process);
