// Dispatch of the interpreter: one handler for each operation, each of which jumps to the next.
//
// A `switch` in a loop sends all instructions through one indirect jump and keeps the interpreter's state wherever the register
// allocator likes. Here each handler ends in a tail call that the compiler must make a jump (`musttail`), so the processor sees
// one indirect jump per operation, the state stays in the same machine registers throughout, and nothing piles up on the stack,
// optimised or not. What an operation does is not here: `cexecution_step` is Swift, inlined into each handler with a constant
// operation, so that of its `switch` one case is left.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Where the interpreter is, as one operation sees and changes it.
typedef struct {
    /// Address of the instruction under way, of the next one once it is done.
    uint64_t address;
    /// Address at which the fuel would end if the program ran straight on.
    uint64_t limit;
    /// What the step stopped for: an address, a helper.
    uint64_t detail;
} cexecution_cursor;

/// The registers r0...r10, in a room of 256, so that no register number, whatever its byte, leads out of it.
///
/// Both accessors keep the address in a machine register of its own, and the read keeps load and arithmetic apart. Written as one
/// instruction with an index (`add %rcx, (%r14,%rax,8)`) a result takes 7 cycles until the next instruction has it; written so, 1 to 6.
static inline uint64_t *_Nonnull cexecution_register(uint64_t *_Nonnull registers, uint8_t number) {
    uint64_t *pointer = registers + number;
    __asm__("" : "+r"(pointer));
    return pointer;
}
static inline uint64_t cexecution_read(uint64_t *_Nonnull registers, uint8_t number) {
    uint64_t value = *cexecution_register(registers, number);
    __asm__("" : "+r"(value));
    return value;
}
static inline void cexecution_write(uint64_t *_Nonnull registers, uint8_t number, uint64_t value) {
    *cexecution_register(registers, number) = value;
}

/// What the engine checks: the values of Swift's `ExecutionMode`, which a test holds. The names are parts of handlers' names.
enum { CEXECUTION_checked = 0, CEXECUTION_metered = 1, CEXECUTION_verified = 2, CEXECUTION_MODE_COUNT = 3 };

/// Executes one operation (Swift). 0: go on at `cursor`; otherwise why not.
uint32_t cexecution_step(
    uint8_t operation, uint32_t mode, cexecution_cursor *_Nonnull cursor, uint64_t *_Nonnull registers, void *_Nonnull runner);

/// What `cexecution_settle` says: the values of Swift's `Settlement`.
enum { CEXECUTION_ended = 0, CEXECUTION_again = 1, CEXECUTION_again_closely = 2 };
/// The stop of an instruction for which there is no fuel: the word of Swift's `Stop`.
enum { CEXECUTION_NO_FUEL = 4 << 16 | 5 };

/// Looks into why a step stopped (Swift), and may move the limit.
uint32_t cexecution_settle(uint32_t stop, cexecution_cursor *_Nonnull cursor, void *_Nonnull runner);

/// `preserve_none` keeps all of these in machine registers, and in ones that a call to an ordinary function leaves alone.
/// `detail` and `stop` mean something to `cexecution_interrupt` only; `musttail` wants one signature.
#define CEXECUTION_PARAMETERS                                                                                        \
    uint64_t address, uint64_t limit, uint64_t *_Nonnull registers, void *_Nonnull runner,                           \
        const void *_Nonnull handlers, uint64_t detail, uint32_t stop
typedef __attribute__((preserve_none)) void (*_Nonnull cexecution_handler)(CEXECUTION_PARAMETERS);

/// Goes on with the instruction at `address`, whose first byte is its operation.
#define CEXECUTION_DISPATCH(address, limit, detail, stop)                                                            \
    [[clang::musttail]] return ((const cexecution_handler *)handlers)[*(const uint8_t *)(address)](                  \
        address, limit, registers, runner, handlers, detail, stop)

static const void *_Nonnull cexecution_close_handlers(void);

static __attribute__((preserve_none, noinline, cold)) void cexecution_interrupt(CEXECUTION_PARAMETERS) {
    cexecution_cursor cursor = {address, limit, detail};
    uint32_t settlement = cexecution_settle(stop, &cursor, runner);
    if (settlement == CEXECUTION_ended) return;
    if (settlement == CEXECUTION_again_closely) handlers = cexecution_close_handlers();
    CEXECUTION_DISPATCH(cursor.address, cursor.limit, detail, stop);
}

// A section for each keeps Swift's optimiser from merging handlers that differ in a constant: what it makes of two such has one
// parameter more, which a `musttail` call cannot have. Those that do not differ at all, because an operation does the same in two
// modes, the linker of the image makes one.
#define CEXECUTION_DEFINE(mode, operation)                                                                           \
    static __attribute__((preserve_none, section(".text.cexecution." #mode "." #operation)))                         \
    void cexecution_##mode##_##operation(CEXECUTION_PARAMETERS) {                                                    \
        cexecution_cursor cursor = {address, limit, 0};                                                              \
        uint32_t stopped;                                                                                            \
        [[clang::always_inline]] stopped =                                                                           \
            cexecution_step(operation, CEXECUTION_##mode, &cursor, registers, runner);                               \
        if (__builtin_expect(stopped != 0, 0)) {                                                                     \
            [[clang::musttail]] return cexecution_interrupt(                                                         \
                cursor.address, cursor.limit, registers, runner, handlers, cursor.detail, stopped);                  \
        }                                                                                                            \
        CEXECUTION_DISPATCH(cursor.address, cursor.limit, detail, stop);                                             \
    }

/// The operations: as many as Swift's `Operation` has cases, which a test holds.
enum { CEXECUTION_OPERATION_COUNT = 165 };
#define CEXECUTION_ALL(X, m) \
    X(m, 0) X(m, 1) X(m, 2) X(m, 3) X(m, 4) X(m, 5) X(m, 6) X(m, 7) X(m, 8) X(m, 9) X(m, 10) X(m, 11) X(m, 12) \
    X(m, 13) X(m, 14) X(m, 15) X(m, 16) X(m, 17) X(m, 18) X(m, 19) X(m, 20) X(m, 21) X(m, 22) X(m, 23) X(m, 24) \
    X(m, 25) X(m, 26) X(m, 27) X(m, 28) X(m, 29) X(m, 30) X(m, 31) X(m, 32) X(m, 33) X(m, 34) X(m, 35) X(m, 36) \
    X(m, 37) X(m, 38) X(m, 39) X(m, 40) X(m, 41) X(m, 42) X(m, 43) X(m, 44) X(m, 45) X(m, 46) X(m, 47) X(m, 48) \
    X(m, 49) X(m, 50) X(m, 51) X(m, 52) X(m, 53) X(m, 54) X(m, 55) X(m, 56) X(m, 57) X(m, 58) X(m, 59) X(m, 60) \
    X(m, 61) X(m, 62) X(m, 63) X(m, 64) X(m, 65) X(m, 66) X(m, 67) X(m, 68) X(m, 69) X(m, 70) X(m, 71) X(m, 72) \
    X(m, 73) X(m, 74) X(m, 75) X(m, 76) X(m, 77) X(m, 78) X(m, 79) X(m, 80) X(m, 81) X(m, 82) X(m, 83) X(m, 84) \
    X(m, 85) X(m, 86) X(m, 87) X(m, 88) X(m, 89) X(m, 90) X(m, 91) X(m, 92) X(m, 93) X(m, 94) X(m, 95) X(m, 96) \
    X(m, 97) X(m, 98) X(m, 99) X(m, 100) X(m, 101) X(m, 102) X(m, 103) X(m, 104) X(m, 105) X(m, 106) X(m, 107) \
    X(m, 108) X(m, 109) X(m, 110) X(m, 111) X(m, 112) X(m, 113) X(m, 114) X(m, 115) X(m, 116) X(m, 117) X(m, 118) \
    X(m, 119) X(m, 120) X(m, 121) X(m, 122) X(m, 123) X(m, 124) X(m, 125) X(m, 126) X(m, 127) X(m, 128) X(m, 129) \
    X(m, 130) X(m, 131) X(m, 132) X(m, 133) X(m, 134) X(m, 135) X(m, 136) X(m, 137) X(m, 138) X(m, 139) X(m, 140) \
    X(m, 141) X(m, 142) X(m, 143) X(m, 144) X(m, 145) X(m, 146) X(m, 147) X(m, 148) X(m, 149) X(m, 150) X(m, 151) \
    X(m, 152) X(m, 153) X(m, 154) X(m, 155) X(m, 156) X(m, 157) X(m, 158) X(m, 159) X(m, 160) X(m, 161) X(m, 162) \
    X(m, 163) X(m, 164)
CEXECUTION_ALL(CEXECUTION_DEFINE, checked)
CEXECUTION_ALL(CEXECUTION_DEFINE, metered)
CEXECUTION_ALL(CEXECUTION_DEFINE, verified)

/// In the place of every handler where a checked program has less fuel than it has instructions: looks at the fuel, then does what
/// the handler does, which comes back here with the next instruction, because the table stays.
static __attribute__((preserve_none)) void cexecution_closely(CEXECUTION_PARAMETERS);

/// By mode, then by the byte of the operation; a byte that is none has the handler of the last operation, which control may never
/// reach. A run goes from handler to handler of one row, so that the mode itself is looked at once. The last row is of `closely`.
static const cexecution_handler cexecution_handlers[CEXECUTION_MODE_COUNT + 1][256] = {
#define CEXECUTION_ENTRY(mode, operation) [operation] = cexecution_##mode##_##operation,
#define CEXECUTION_TABLE(mode)                                                                                       \
    [CEXECUTION_##mode] = {                                                                                          \
        CEXECUTION_ALL(CEXECUTION_ENTRY, mode)                                                                       \
        [CEXECUTION_OPERATION_COUNT ... 255] = cexecution_##mode##_164,                                              \
    },
    CEXECUTION_TABLE(checked) CEXECUTION_TABLE(metered) CEXECUTION_TABLE(verified)
    [CEXECUTION_MODE_COUNT] = {[0 ... 255] = cexecution_closely},
#undef CEXECUTION_TABLE
#undef CEXECUTION_ENTRY
};

static const void *_Nonnull cexecution_close_handlers(void) {
    return cexecution_handlers[CEXECUTION_MODE_COUNT];
}

static __attribute__((preserve_none)) void cexecution_closely(CEXECUTION_PARAMETERS) {
    if (__builtin_expect(address >= limit, 0)) {
        [[clang::musttail]] return cexecution_interrupt(
            address, limit, registers, runner, handlers, 0, CEXECUTION_NO_FUEL);
    }
    [[clang::musttail]] return cexecution_handlers[CEXECUTION_checked][*(const uint8_t *)address](
        address, limit, registers, runner, handlers, detail, stop);
}

/// Begins with the instruction at `cursor`, to end when `cexecution_settle` says so. Only `cexecution_enter` calls it: the handlers
/// are compiled into each module that does, and only in the module of `cexecution_step` can that be inlined.
static inline void cexecution_dispatch(
    cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner, uint32_t mode, bool closely
) {
    const cexecution_handler *handlers = closely ? cexecution_close_handlers() : cexecution_handlers[mode];
    handlers[*(const uint8_t *)cursor.address](cursor.address, cursor.limit, registers, runner, handlers, 0, 0);
}

/// `cexecution_dispatch` (Swift), where it belongs.
void cexecution_enter(
    cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner, uint32_t mode, bool closely);

/// Runs from `cursor` until `cexecution_settle` says that the program has ended.
static inline void cexecution_run(
    cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner, uint32_t mode, bool closely
) {
    cexecution_enter(cursor, registers, runner, mode, closely);
}
