// The part of a child that stays when everything else of its process is gone: signal handlers that do for a cell what a monitor
// does for a guest, in pages of their own, without a C library, a heap or a global variable.
#pragma once
#include <stdint.h>

// The arena: all that a running child has in memory beside its cell and the code of this module. Its place is random.
//
//   + 0        what the handlers know, and the filter until it is installed
//   + 0x1000   nothing: what runs off the stack faults
//   + 0x2000   the stack of the handlers
//   + 0x10000  the report page, which the broker maps too
enum : uint64_t {
    CCHILD_ARENA_ALIGNMENT = 0x10000, // the handlers find it by their stack pointer
    CCHILD_ARENA_STATE = 0,
    CCHILD_ARENA_STATE_SIZE = 0x1000,
    CCHILD_ARENA_STACK = 0x2000,
    CCHILD_ARENA_STACK_SIZE = 0xe000,
    CCHILD_ARENA_REPORT = 0x10000,
};

// Offsets in the report page. One declaration for both writers, this and the monitor, and for the broker.
enum : uint64_t {
    CCHILD_REPORT_STATUS = 0,
    CCHILD_REPORT_WAKE_COUNTER = 4,
    CCHILD_REPORT_REASON = 8,
    CCHILD_REPORT_DETAIL = 16,
    CCHILD_REPORT_DETAIL2 = 24,
    CCHILD_REPORT_FAULT_KNOWN = 32,
    CCHILD_REPORT_VECTOR = 36,
    CCHILD_REPORT_INSTRUCTION = 40,
    CCHILD_REPORT_ADDRESS = 48,
    CCHILD_REPORT_STACK = 56,
    CCHILD_REPORT_ERROR_CODE = 64,
    CCHILD_REPORT_EXITS = 72,
};

enum : uint32_t {
    CCHILD_STATUS_STARTING = 0,
    CCHILD_STATUS_RUNNING = 1,
    CCHILD_STATUS_ENDED = 2,
};

// Why a cell came off its processor.
enum : uint32_t {
    CCHILD_END_FAULT = 1,
    CCHILD_END_STOPPED = 2,
    CCHILD_END_STRAY_READ = 3,
    CCHILD_END_STRAY_WRITE = 4,
    CCHILD_END_DOORBELL_STORM = 5,
    CCHILD_END_UNEXPECTED_EXIT = 6,
    CCHILD_END_MACHINE = 7,
    CCHILD_END_CONFINEMENT = 8,
    CCHILD_END_SIGNAL = 9,
};

// What of itself a child could not give up.
enum : uint32_t {
    CCHILD_STEP_SIGNALS = 1,
    CCHILD_STEP_THREAD = 2,
    CCHILD_STEP_UNMAP = 3,
    CCHILD_STEP_FILTER = 4,
};

// A cell whose regions are mapped at their own addresses, below 4 GiB.
struct cchild_cell {
    uint64_t entry;          // RIP of the first instruction
    uint64_t stack;          // RSP there
    uint64_t text_start;     // the image's code: a doorbell is a store from there
    uint64_t text_size;
    uint64_t private_memory; // zeroed between runs
    uint64_t private_size;
    // Words of the broker, which the cell reads only.
    uint64_t wake_generation;
    uint64_t park_epoch;
    uint64_t stop_generation;
    uint64_t order;
    // The page without memory.
    uint64_t doorbell;
    uint64_t doorbell_size;
    uint64_t park;
    uint64_t wake_host;
    // Mapped by the caller: state and stack private and writable, the report shared.
    uint64_t arena;
};

// Where this module's code lies, whole pages: the only executable memory of a child that is no cell's.
void cchild_resident(uint64_t *start, uint64_t *size);

// Gives up everything of this process but the cell, the arena and this module's pages, installs the filter (`count` struct
// sock_filter), and enters the cell. Comes back only if the filter has no room in the arena.
int64_t cchild_enter(const struct cchild_cell *cell, const uint64_t *filter, uint32_t count);
