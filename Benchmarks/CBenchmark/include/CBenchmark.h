// What benchmarks need of the machine and the kernel, and nothing else in this repository does.
#pragma once
#include <stdint.h>

// The time-stamp counter, read after everything before it has been executed.
static inline uint64_t cbenchmark_ticks(void) {
    uint32_t low, high, processor;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(processor) : : "memory");
    return (uint64_t)high << 32 | low;
}
// `rounds` multiplications that each wait for the one before: the same work, and so the same time, on a quiet processor.
uint64_t cbenchmark_spin(uint64_t rounds);
// Six additions a round that do not wait for each other: as many instructions as a core takes.
uint64_t cbenchmark_wide_spin(uint64_t rounds);
// Binds a process's first thread (0: the calling thread) to one processor. 0 or a negated errno.
int32_t cbenchmark_pin(int32_t process, int32_t processor);
// Lets the calling thread run on any processor again.
int32_t cbenchmark_unpin(void);
// How often the scheduler took the processor away from the calling thread.
int64_t cbenchmark_involuntary_switches(void);
// The same of another process's first thread, from /proc; 0 where it is gone.
int64_t cbenchmark_switches_of(int32_t process);
// Nanoseconds that another process's first thread has had a processor, from /proc; exact while it sleeps.
int64_t cbenchmark_processor_time_of(int32_t process);
void cbenchmark_sleep(uint64_t nanoseconds);

// The running kernel's verifier, asked through bpf(2); nothing is ever attached. Each answers a descriptor, 0, or a negated errno.
// `inner` is the descriptor of the map whose shape the elements of a map of maps have, else 0.
int32_t cbenchmark_map_create(
    uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags, int32_t inner, uint64_t extra);
// Sets the value of key 0, whose bytes must be as many as the map's values have.
int32_t cbenchmark_map_set_first(int32_t map, const void *_Nonnull value);
// Sets the value of a key. A map of one value for each processor takes as many, each padded to eight bytes.
int32_t cbenchmark_map_update(int32_t map, const void *_Nonnull key, const void *_Nonnull value);
// Copies every record out of a ring buffer of `size` bytes that nobody writes to meanwhile; their number.
int64_t cbenchmark_ring_read(int32_t map, uint32_t size);
// Makes a map read-only for good, so that the verifier may believe its contents.
int32_t cbenchmark_map_freeze(int32_t map);
// Verifies and compiles `count` instructions. What the kernel says of it is left in `log`, cut at the front where it is too long.
// `level`: BPF_LOG_LEVEL1 (1) for the reasons of a refusal, BPF_LOG_STATS (4) for counts.
int32_t cbenchmark_program_load(
    uint32_t type, uint32_t attachment, const void *_Nonnull instructions, uint32_t count, const char *_Nonnull licence,
    uint32_t level, char *_Nonnull log, uint32_t size);
// Runs a loaded program on `size` bytes, `repeats` times in a row within one call (BPF_PROG_TEST_RUN). `result` is what the last run
// returned, `nanoseconds` what one took on average by the kernel's own clock, the call around them not included.
int32_t cbenchmark_program_run(
    int32_t program, const void *_Nonnull data, uint32_t size, uint32_t repeats, uint32_t *_Nonnull result,
    uint32_t *_Nonnull nanoseconds);
