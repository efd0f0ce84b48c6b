// Single, ordered accesses to words in memory that another party may write at the same time.
// Swift may split or repeat a plain load; these may not be.
#pragma once
#include <stdint.h>

static inline uint32_t cchannel_load_acquire_u32(const void *word) { return __atomic_load_n((const uint32_t *)word, __ATOMIC_ACQUIRE); }
static inline uint64_t cchannel_load_acquire_u64(const void *word) { return __atomic_load_n((const uint64_t *)word, __ATOMIC_ACQUIRE); }
static inline uint32_t cchannel_load_u32(const void *word) { return __atomic_load_n((const uint32_t *)word, __ATOMIC_RELAXED); }
static inline uint64_t cchannel_load_u64(const void *word) { return __atomic_load_n((const uint64_t *)word, __ATOMIC_RELAXED); }
static inline void cchannel_store_u32(void *word, uint32_t value) { __atomic_store_n((uint32_t *)word, value, __ATOMIC_RELAXED); }
static inline void cchannel_store_u64(void *word, uint64_t value) { __atomic_store_n((uint64_t *)word, value, __ATOMIC_RELAXED); }
static inline void cchannel_store_release_u32(void *word, uint32_t value) { __atomic_store_n((uint32_t *)word, value, __ATOMIC_RELEASE); }
static inline void cchannel_store_release_u64(void *word, uint64_t value) { __atomic_store_n((uint64_t *)word, value, __ATOMIC_RELEASE); }
static inline void cchannel_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void cchannel_pause(void) { __builtin_ia32_pause(); }

// Rings the doorbell: one store to a page without memory, of `movl %eax, (%rdx)` and nothing else, so that who runs the cell can
// tell a ring from a stray store, and step over it, by the two bytes of the instruction.
static inline void cchannel_ring(uint64_t doorbell, uint32_t value) {
    __asm__ volatile("movl %%eax, (%%rdx)" : : "a"(value), "d"(doorbell) : "memory");
}

// Read-modify-write operations; each returns the value before it (sequentially consistent, RFC 9669 section 5.3).
#define CCHANNEL_RMW(name, builtin) \
    static inline uint32_t cchannel_##name##_u32(void *word, uint32_t value) { return builtin((uint32_t *)word, value, __ATOMIC_SEQ_CST); } \
    static inline uint64_t cchannel_##name##_u64(void *word, uint64_t value) { return builtin((uint64_t *)word, value, __ATOMIC_SEQ_CST); }
CCHANNEL_RMW(fetch_add, __atomic_fetch_add)
CCHANNEL_RMW(fetch_or, __atomic_fetch_or)
CCHANNEL_RMW(fetch_and, __atomic_fetch_and)
CCHANNEL_RMW(fetch_xor, __atomic_fetch_xor)
CCHANNEL_RMW(exchange, __atomic_exchange_n)
#undef CCHANNEL_RMW

// Stores `desired` where the word equals `expected`; returns the value before, whether it stored or not.
static inline uint32_t cchannel_compare_exchange_u32(void *word, uint32_t expected, uint32_t desired) {
    __atomic_compare_exchange_n((uint32_t *)word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
static inline uint64_t cchannel_compare_exchange_u64(void *word, uint64_t expected, uint64_t desired) {
    __atomic_compare_exchange_n((uint64_t *)word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
