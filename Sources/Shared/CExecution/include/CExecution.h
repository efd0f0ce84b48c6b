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

/// Executes one operation (Swift). 0: go on at `cursor`; otherwise why not.
uint32_t cexecution_step(
    uint8_t operation, cexecution_cursor *_Nonnull cursor, uint64_t *_Nonnull registers, void *_Nonnull runner);

/// Looks into why a step stopped (Swift). True: do the instruction at `cursor` once more; false: the program has ended.
bool cexecution_settle(uint32_t stop, const cexecution_cursor *_Nonnull cursor, void *_Nonnull runner);

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

static __attribute__((preserve_none, noinline, cold)) void cexecution_interrupt(CEXECUTION_PARAMETERS) {
    cexecution_cursor cursor = {address, limit, detail};
    if (!cexecution_settle(stop, &cursor, runner)) return;
    CEXECUTION_DISPATCH(address, limit, detail, stop);
}

// A section for each keeps Swift's optimiser from merging handlers that differ in a constant: what it makes of two such has one
// parameter more, which a `musttail` call cannot have.
#define CEXECUTION_DEFINE(operation)                                                                                 \
    static __attribute__((preserve_none, section(".text.cexecution." #operation)))                                   \
    void cexecution_handle_##operation(CEXECUTION_PARAMETERS) {                                                      \
        cexecution_cursor cursor = {address, limit, 0};                                                              \
        uint32_t stopped;                                                                                            \
        [[clang::always_inline]] stopped = cexecution_step(operation, &cursor, registers, runner);                   \
        if (__builtin_expect(stopped != 0, 0)) {                                                                     \
            [[clang::musttail]] return cexecution_interrupt(                                                         \
                cursor.address, cursor.limit, registers, runner, handlers, cursor.detail, stopped);                  \
        }                                                                                                            \
        CEXECUTION_DISPATCH(cursor.address, cursor.limit, detail, stop);                                             \
    }

/// The operations: as many as Swift's `Operation` has cases, which a test holds.
enum { CEXECUTION_OPERATION_COUNT = 165 };
#define CEXECUTION_ALL(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) \
    X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) \
    X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) \
    X(45) X(46) X(47) X(48) X(49) X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59) \
    X(60) X(61) X(62) X(63) X(64) X(65) X(66) X(67) X(68) X(69) X(70) X(71) X(72) X(73) X(74) \
    X(75) X(76) X(77) X(78) X(79) X(80) X(81) X(82) X(83) X(84) X(85) X(86) X(87) X(88) X(89) \
    X(90) X(91) X(92) X(93) X(94) X(95) X(96) X(97) X(98) X(99) X(100) X(101) X(102) X(103) X(104) \
    X(105) X(106) X(107) X(108) X(109) X(110) X(111) X(112) X(113) X(114) X(115) X(116) X(117) X(118) X(119) \
    X(120) X(121) X(122) X(123) X(124) X(125) X(126) X(127) X(128) X(129) X(130) X(131) X(132) X(133) X(134) \
    X(135) X(136) X(137) X(138) X(139) X(140) X(141) X(142) X(143) X(144) X(145) X(146) X(147) X(148) X(149) \
    X(150) X(151) X(152) X(153) X(154) X(155) X(156) X(157) X(158) X(159) X(160) X(161) X(162) X(163) X(164)
CEXECUTION_ALL(CEXECUTION_DEFINE)

/// By the byte of the operation; a byte that is none has the handler of the last operation, which control may never reach.
static const cexecution_handler cexecution_handlers[256] = {
#define CEXECUTION_ENTRY(operation) cexecution_handle_##operation,
    CEXECUTION_ALL(CEXECUTION_ENTRY)
#undef CEXECUTION_ENTRY
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
    cexecution_handle_164, cexecution_handle_164, cexecution_handle_164,
};

/// Begins with the instruction at `cursor`, to end when `cexecution_settle` says so. Only `cexecution_enter` calls it: the handlers
/// are compiled into each module that does, and only in the module of `cexecution_step` can that be inlined.
static inline void cexecution_dispatch(
    cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner
) {
    cexecution_handlers[*(const uint8_t *)cursor.address](
        cursor.address, cursor.limit, registers, runner, cexecution_handlers, 0, 0);
}

/// `cexecution_dispatch` (Swift), where it belongs.
void cexecution_enter(cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner);

/// Runs from `cursor` until `cexecution_settle` says that the program has ended.
static inline void cexecution_run(cexecution_cursor cursor, uint64_t *_Nonnull registers, void *_Nonnull runner) {
    cexecution_enter(cursor, registers, runner);
}
