// What both halves of this module know.
#pragma once
#include "CChild.h"
#include <linux/filter.h>
#include <stdint.h>

// Whatever a child still executes of this process lies in one section, whole pages, and refers to nothing outside of it: no
// library, no constant, no table of jumps. The registers that a kernel clears for handlers stay clear.
#define RESIDENT __attribute__((section("resident"), no_stack_protector, target("general-regs-only"), noinline))

// At the start of the arena.
struct resident_state {
    struct cchild_cell cell;
    uint64_t doorbells;
    uint64_t exits;
    uint64_t runs;
    uint32_t first_wake_generation;
    uint32_t first_park_epoch;
    uint32_t run;     // the order that is being carried out
    uint32_t entered; // whether the filter is in place and the next SIGILL is the way into the cell
    struct sock_fprog program;
    uint64_t filter[];
};

enum : uint64_t { RESIDENT_FILTER_CAPACITY = (CCHILD_ARENA_STATE_SIZE - sizeof(struct resident_state)) / 8 };

// Carries on from `cchild_enter` on the arena's stack.
_Noreturn void resident_start(struct resident_state *state);
// The handler of every signal of a child, as the kernel calls it. Never returns by rt_sigreturn.
void resident_signal(int signal, void *info, void *context);
// Where a handler would return to.
void resident_no_return(void);
// Ends the process with a report of a step that failed.
_Noreturn void resident_refuse(struct resident_state *state, uint32_t step, int64_t errno_value);
