#define _GNU_SOURCE
#include "CMapsTesting.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096u

static size_t rounded(size_t size) { return (size + PAGE - 1) & ~(size_t)(PAGE - 1); }

void *mapstest_map(size_t size, int at_end) {
    size_t inner = rounded(size);
    char *all = mmap(NULL, inner + 2 * PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + PAGE, inner, PROT_READ | PROT_WRITE) != 0) abort();
    return all + PAGE + (at_end ? inner - size : 0);
}

void mapstest_unmap(void *storage, size_t size) {
    char *start = (char *)((uintptr_t)storage & ~(uintptr_t)(PAGE - 1));
    munmap(start - PAGE, rounded(size) + 2 * PAGE);
}

void mapstest_sleep(uint64_t nanoseconds) {
    struct timespec duration = {.tv_sec = 0, .tv_nsec = (long)nanoseconds};
    nanosleep(&duration, NULL);
}
