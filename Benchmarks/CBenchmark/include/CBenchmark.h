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
