#pragma once
#include <stdint.h>

// How often this thread has asked for memory since it began: every malloc, calloc, realloc and aligned allocation of the program that this is
// linked into, of Swift's runtime too.
uint64_t allocations_of_this_thread(void);
