#define _GNU_SOURCE
#include "resident.h"
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

// Selectors of a 64-bit process (arch/x86/include/asm/segment.h), which are the guest's too.
#define CODE_SELECTOR 0x33
#define DATA_SELECTOR 0x2b

#define USER_END 0x7ffffffff000ul
#define WINDOW_END 0x100000000ul

// The section is whole pages: it starts on one, and what stands last in it, wherever the compiler puts the functions, fills one up.
__asm__(".section resident,\"ax\",@progbits\n"
        ".balign 4096\n"
        "resident_begin:\n"
        ".subsection 8191\n"
        ".balign 4096, 0xcc\n"
        "resident_after:\n"
        ".text\n");
extern const char resident_begin[] __attribute__((visibility("hidden")));
extern const char resident_after[] __attribute__((visibility("hidden")));

RESIDENT static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    register uint64_t fourth __asm__("r10") = d;
    register uint64_t fifth __asm__("r8") = 0;
    register uint64_t sixth __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return number;
}

RESIDENT static uint32_t load(uint64_t address) { return __atomic_load_n((uint32_t *)address, __ATOMIC_ACQUIRE); }

// A cell's handler may be interrupted by the signal that stops it; whoever waits looks again at what it waits for.
RESIDENT static void sleep_on(uint64_t address, uint32_t value) { call(SYS_futex, address, FUTEX_WAIT, value, 0); }

RESIDENT static void put32(const struct resident_state *state, uint64_t offset, uint32_t value) {
    __atomic_store_n((uint32_t *)(state->cell.arena + CCHILD_ARENA_REPORT + offset), value, __ATOMIC_RELAXED);
}
RESIDENT static void put64(const struct resident_state *state, uint64_t offset, uint64_t value) {
    __atomic_store_n((uint64_t *)(state->cell.arena + CCHILD_ARENA_REPORT + offset), value, __ATOMIC_RELAXED);
}
RESIDENT static void put_status(const struct resident_state *state, uint32_t status) {
    __atomic_store_n(
        (uint32_t *)(state->cell.arena + CCHILD_ARENA_REPORT + CCHILD_REPORT_STATUS), status, __ATOMIC_RELEASE);
}

RESIDENT static void wake_broker(const struct resident_state *state) {
    uint64_t word = state->cell.arena + CCHILD_ARENA_REPORT + CCHILD_REPORT_WAKE_COUNTER;
    __atomic_fetch_add((uint32_t *)word, 1, __ATOMIC_SEQ_CST);
    call(SYS_futex, word, FUTEX_WAKE, 0x7fffffff, 0);
}

// Where the cell is, into the report; `registers` may be missing.
RESIDENT static void put_place(const struct resident_state *state, const greg_t *registers) {
    put32(state, CCHILD_REPORT_FAULT_KNOWN, registers != 0);
    if (!registers) return;
    uint32_t is_page_fault = registers[REG_TRAPNO] == 14;
    put32(state, CCHILD_REPORT_VECTOR, (uint32_t)registers[REG_TRAPNO]);
    put64(state, CCHILD_REPORT_INSTRUCTION, (uint64_t)registers[REG_RIP]);
    put64(state, CCHILD_REPORT_ADDRESS, is_page_fault ? (uint64_t)registers[REG_CR2] : 0);
    put64(state, CCHILD_REPORT_STACK, (uint64_t)registers[REG_RSP]);
    put32(state, CCHILD_REPORT_ERROR_CODE, (uint32_t)registers[REG_ERR]);
}

RESIDENT static void publish(
    const struct resident_state *state, uint32_t reason, uint64_t detail, uint64_t detail2, const greg_t *registers) {
    put32(state, CCHILD_REPORT_REASON, reason);
    put64(state, CCHILD_REPORT_DETAIL, detail);
    put64(state, CCHILD_REPORT_DETAIL2, detail2);
    put_place(state, registers);
    put_status(state, CCHILD_STATUS_ENDED);
    wake_broker(state);
}

RESIDENT _Noreturn static void leave(uint64_t status) {
    for (;;) call(SYS_exit_group, status, 0, 0, 0);
}

RESIDENT _Noreturn static void end(
    const struct resident_state *state, uint32_t reason, uint64_t detail, uint64_t detail2, const greg_t *registers) {
    publish(state, reason, detail, detail2, registers);
    leave(0);
}

RESIDENT _Noreturn void resident_refuse(struct resident_state *state, uint32_t step, int64_t errno_value) {
    publish(state, CCHILD_END_CONFINEMENT, step, (uint64_t)errno_value, 0);
    leave(4);
}

// Goes on where a signal came in, as rt_sigreturn(2) would, but without the call: a filter that allows it lets a cell choose the
// signals that reach it. The kernel has set the vector registers back (arch/x86/kernel/signal.c, handle_signal), and the image
// has none in use.
RESIDENT _Noreturn static void resume(const greg_t *registers) {
    _Static_assert(REG_R8 == 0 && REG_R15 == 7 && REG_RDI == 8 && REG_RSI == 9 && REG_RBP == 10 && REG_RBX == 11, "gregs");
    _Static_assert(REG_RDX == 12 && REG_RAX == 13 && REG_RCX == 14 && REG_RSP == 15 && REG_RIP == 16 && REG_EFL == 17, "gregs");
    __asm__ volatile("pushq $0x2b\n"
                     "pushq 15*8(%%rdi)\n"
                     "pushq 17*8(%%rdi)\n"
                     "pushq $0x33\n"
                     "pushq 16*8(%%rdi)\n"
                     "movq 0*8(%%rdi), %%r8\n"
                     "movq 1*8(%%rdi), %%r9\n"
                     "movq 2*8(%%rdi), %%r10\n"
                     "movq 3*8(%%rdi), %%r11\n"
                     "movq 4*8(%%rdi), %%r12\n"
                     "movq 5*8(%%rdi), %%r13\n"
                     "movq 6*8(%%rdi), %%r14\n"
                     "movq 7*8(%%rdi), %%r15\n"
                     "movq 9*8(%%rdi), %%rsi\n"
                     "movq 10*8(%%rdi), %%rbp\n"
                     "movq 11*8(%%rdi), %%rbx\n"
                     "movq 12*8(%%rdi), %%rdx\n"
                     "movq 13*8(%%rdi), %%rax\n"
                     "movq 14*8(%%rdi), %%rcx\n"
                     "movq 8*8(%%rdi), %%rdi\n"
                     "iretq\n"
                     :
                     : "D"(registers)
                     : "memory");
    __builtin_unreachable();
}

// Starts the image as a guest is started: every general register 0 but RSP, flags 2, flat segments. Loading the data selectors also
// sets the bases of FS and GS to 0. Vector registers are as the kernel hands them to every handler, and this is one.
RESIDENT _Noreturn static void enter_image(struct resident_state *state) {
    state->runs++;
    put_status(state, CCHILD_STATUS_RUNNING);
    wake_broker(state);
    __asm__ volatile("movl $0x2b, %%ecx\n"
                     "movl %%ecx, %%ds\n"
                     "movl %%ecx, %%es\n"
                     "movl %%ecx, %%fs\n"
                     "movl %%ecx, %%gs\n"
                     "pushq $0x2b\n"
                     "pushq %%rdx\n"
                     "pushq $2\n"
                     "pushq $0x33\n"
                     "pushq %%rax\n"
                     "xorl %%eax, %%eax\n"
                     "xorl %%ebx, %%ebx\n"
                     "xorl %%ecx, %%ecx\n"
                     "xorl %%edx, %%edx\n"
                     "xorl %%esi, %%esi\n"
                     "xorl %%edi, %%edi\n"
                     "xorl %%ebp, %%ebp\n"
                     "xorl %%r8d, %%r8d\n"
                     "xorl %%r9d, %%r9d\n"
                     "xorl %%r10d, %%r10d\n"
                     "xorl %%r11d, %%r11d\n"
                     "xorl %%r12d, %%r12d\n"
                     "xorl %%r13d, %%r13d\n"
                     "xorl %%r14d, %%r14d\n"
                     "xorl %%r15d, %%r15d\n"
                     "iretq\n"
                     :
                     : "a"(state->cell.entry), "d"(state->cell.stack)
                     : "memory");
    __builtin_unreachable();
}

// The cell is off its processor because the broker wanted it. Waits for the next order and carries it out with nothing left of
// the run before: private memory here, registers at the entry, the channel by the broker.
RESIDENT _Noreturn static void stop(struct resident_state *state, const greg_t *registers) {
    publish(state, CCHILD_END_STOPPED, 0, 0, registers);
    // A cell is mostly stopped to be run again: about as long as a wake takes is spent looking for the order.
    for (uint32_t polls = 0; polls < 1000 && load(state->cell.order) == state->run; polls++) __builtin_ia32_pause();
    while (load(state->cell.order) == state->run) sleep_on(state->cell.order, state->run);
    state->run = load(state->cell.order);
    uint64_t to = state->cell.private_memory;
    uint64_t count = state->cell.private_size;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    enter_image(state);
}

RESIDENT static uint32_t is_stopped(const struct resident_state *state) {
    return load(state->cell.stop_generation) == state->run;
}

// A sound image parks at most once per generation that the broker raises, and wakes it at most once per epoch, and once more in
// each run. Beyond is a storm.
RESIDENT static void count_doorbell(struct resident_state *state, const greg_t *registers) {
    state->doorbells++;
    uint32_t wakes = load(state->cell.wake_generation) - state->first_wake_generation;
    uint32_t epochs = load(state->cell.park_epoch) - state->first_park_epoch;
    uint64_t limit = (uint64_t)wakes + epochs + state->runs;
    if (state->doorbells > limit) end(state, CCHILD_END_DOORBELL_STORM, state->doorbells, limit, registers);
}

// A ring is one instruction, `movl %eax, (%rdx)`, in the image's own code, and nothing else is.
RESIDENT static uint32_t is_ring(const struct resident_state *state, const greg_t *registers) {
    uint64_t place = (uint64_t)registers[REG_RIP];
    uint64_t address = (uint64_t)registers[REG_CR2];
    if (place < state->cell.text_start || place - state->cell.text_start > state->cell.text_size - 2) return 0;
    if (*(const uint8_t *)place != 0x89 || *(const uint8_t *)(place + 1) != 0x02) return 0;
    return (address == state->cell.park || address == state->cell.wake_host)
        && (uint64_t)registers[REG_RDX] == address;
}

RESIDENT _Noreturn static void access_fault(struct resident_state *state, int signal, greg_t *registers) {
    uint64_t address = (uint64_t)registers[REG_CR2];
    if (address < state->cell.doorbell || address - state->cell.doorbell >= state->cell.doorbell_size)
        end(state, CCHILD_END_SIGNAL, (uint64_t)signal, 0, registers);
    state->exits++;
    put64(state, CCHILD_REPORT_EXITS, state->exits);
    if (!is_ring(state, registers)) {
        uint32_t is_write = registers[REG_ERR] >> 1 & 1;
        end(state, is_write ? CCHILD_END_STRAY_WRITE : CCHILD_END_STRAY_READ, address, 0, registers);
    }
    count_doorbell(state, registers);
    uint32_t value = (uint32_t)registers[REG_RAX];
    registers[REG_RIP] += 2;
    if (address == state->cell.wake_host) {
        wake_broker(state);
        resume(registers);
    }
    while (load(state->cell.wake_generation) == value && !is_stopped(state)) sleep_on(state->cell.wake_generation, value);
    if (is_stopped(state)) stop(state, registers);
    resume(registers);
}

RESIDENT void resident_signal(int signal, void *info, void *context) {
    struct resident_state *state =
        (struct resident_state *)((uint64_t)__builtin_frame_address(0) & ~(CCHILD_ARENA_ALIGNMENT - 1));
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t place = (uint64_t)registers[REG_RIP];
    uint32_t is_own = place >= (uint64_t)resident_begin && place < (uint64_t)resident_after;
    if (signal == SIGILL && is_own && !state->entered) {
        state->entered = 1;
        enter_image(state);
    }
    // Not the segment that the image was entered with: code for another kind of processor.
    if ((registers[REG_CSGSFS] & 0xffff) != CODE_SELECTOR)
        end(state, CCHILD_END_SIGNAL, (uint64_t)signal, 1, registers);
    if (signal == SIGUSR1) {
        // Where a handler was interrupted, that one sees that it is to stop, or the broker asks again.
        if (is_own || !is_stopped(state)) resume(registers);
        stop(state, registers);
    }
    // Not one that somebody sent: of those the registers say nothing.
    uint32_t is_fault = ((siginfo_t *)info)->si_code > 0;
    if (signal == SIGSEGV && is_fault && !is_own && registers[REG_TRAPNO] == 14) access_fault(state, signal, registers);
    end(state, CCHILD_END_SIGNAL, (uint64_t)signal, 0, registers);
}

RESIDENT void resident_no_return(void) {
    for (;;) __asm__ volatile("ud2");
}

RESIDENT static void unmap(struct resident_state *state, uint64_t from, uint64_t to) {
    if (from >= to) return;
    int64_t result = call(SYS_munmap, from, to - from, 0, 0);
    if (result < 0) resident_refuse(state, CCHILD_STEP_UNMAP, -result);
}

RESIDENT _Noreturn void resident_start(struct resident_state *state) {
    uint64_t code = (uint64_t)resident_begin, code_end = (uint64_t)resident_after;
    uint64_t arena = state->cell.arena, arena_end = arena + CCHILD_ARENA_REPORT + 0x1000;
    uint32_t code_first = code < arena;
    unmap(state, WINDOW_END, code_first ? code : arena);
    unmap(state, code_first ? code_end : arena_end, code_first ? arena : code);
    unmap(state, code_first ? arena_end : code_end, USER_END);
    int64_t result = call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (uint64_t)&state->program, 0);
    if (result < 0) resident_refuse(state, CCHILD_STEP_FILTER, -result);
    // Into the first handler, which finds the vector registers cleared.
    resident_no_return();
    __builtin_unreachable();
}

void cchild_resident(uint64_t *start, uint64_t *size) {
    *start = (uint64_t)resident_begin;
    *size = (uint64_t)resident_after - (uint64_t)resident_begin;
}
