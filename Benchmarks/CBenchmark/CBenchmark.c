#define _GNU_SOURCE
#include "CBenchmark.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t cbenchmark_spin(uint64_t rounds) {
    uint64_t value = 1;
    for (uint64_t i = 0; i < rounds; i++) {
        value *= 0x5851f42d4c957f2d;
        __asm__ volatile("" : "+r"(value));
    }
    return value;
}

uint64_t cbenchmark_wide_spin(uint64_t rounds) {
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (uint64_t i = 0; i < rounds; i++) {
        a += i, b ^= i, c -= i, d += i, e ^= i, f -= i;
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
    }
    return a ^ b ^ c ^ d ^ e ^ f;
}

int32_t cbenchmark_pin(int32_t process, int32_t processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(process, sizeof set, &set) ? -errno : 0;
}

int32_t cbenchmark_unpin(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int processor = 0; processor < CPU_SETSIZE; processor++) CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set) ? -errno : 0;
}

int64_t cbenchmark_involuntary_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nivcsw;
}

static void read_process_file(int32_t process, const char *name, char *text, size_t capacity) {
    snprintf(text, capacity, "/proc/%d/%s", process, name);
    int descriptor = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t size = descriptor < 0 ? 0 : read(descriptor, text, capacity - 1);
    if (descriptor >= 0) close(descriptor);
    text[size < 0 ? 0 : size] = 0;
}

int64_t cbenchmark_switches_of(int32_t process) {
    char text[4096];
    read_process_file(process, "status", text, sizeof text);
    static const char key[] = "nonvoluntary_ctxt_switches:";
    const char *line = strstr(text, key);
    return line ? strtoll(line + sizeof key - 1, 0, 10) : 0;
}

int64_t cbenchmark_processor_time_of(int32_t process) {
    char text[128];
    read_process_file(process, "schedstat", text, sizeof text);
    return strtoll(text, 0, 10);
}

void cbenchmark_sleep(uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    while (nanosleep(&time, &time) && errno == EINTR) {}
}
