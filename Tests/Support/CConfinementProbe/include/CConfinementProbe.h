// What the confinement probe does that no honest process would: raw system calls, and every known way to code of
// one's own.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A system call by number; its result or a negated errno.
int64_t probe_call(uint32_t number, const uint64_t arguments[6]);

// How a process ended that made one system call under a filter.
struct probe_outcome {
    int32_t signal;   // that killed it, or 0
    int32_t returned; // whether the call came back
    int64_t result;   // what it came back with
};
// Forks a child that installs the filter, makes the call and ends. `style` 0: syscall; 1: 32-bit int 0x80.
struct probe_outcome probe_filtered_call(
    const void *instructions, uint16_t count, uint32_t number, const uint64_t arguments[6], int32_t style);

// The ways to executable memory of one's own making. Each gives 42 if the code ran, 1 if only the mapping was to be
// had, or a negated errno.
void probe_unblock_signals(void);
void probe_prepare(void);
int64_t probe_anonymous_write_execute(void);
int64_t probe_protect_execute(void);
int64_t probe_anonymous_execute(void);
int64_t probe_memory_file_twice(void);
int64_t probe_own_memory_file(void);
int64_t probe_shared_segment(void);
int64_t probe_read_implies_execute(void);

int64_t probe_open(const char *path, int32_t flags);
int64_t probe_prctl(int32_t operation, uint64_t second);
// Puts an event descriptor at number `descriptor`.
int64_t probe_event_at(int32_t descriptor);
// A page that children share.
void *probe_shared_page(void);
int64_t probe_fork(void);
int64_t probe_wait(int32_t process);
void probe_stay(void);
_Noreturn void probe_exit(int32_t status);
int64_t probe_start_thread(void);
