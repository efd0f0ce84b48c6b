#define _GNU_SOURCE
#include "CKernelRun.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { pages = 16 };

int kernelrun_stay(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int kernelrun_roam(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int processor = 0; processor < CPU_SETSIZE; processor++) CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int kernelrun_open_events(int processor, kernelrun_events *events) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
    attributes.sample_type = PERF_SAMPLE_RAW;
    attributes.sample_period = 1;
    attributes.wakeup_events = 1;
    int descriptor =
        (int)syscall(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
    if (descriptor < 0) return -errno;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page * (pages + 1), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED || ioctl(descriptor, PERF_EVENT_IOC_ENABLE, 0)) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    events->descriptor = descriptor;
    events->memory = memory;
    return 0;
}

void kernelrun_close_events(kernelrun_events *events) {
    munmap(events->memory, (size_t)sysconf(_SC_PAGESIZE) * (pages + 1));
    close(events->descriptor);
}

int kernelrun_next_event(kernelrun_events *events, void *record) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = page * pages;
    struct perf_event_mmap_page *control = events->memory;
    const uint8_t *data = (const uint8_t *)events->memory + page;
    uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE), tail = control->data_tail;
    while (tail < head) {
        struct perf_event_header header;
        uint8_t bytes[4096];
        for (size_t i = 0; i < sizeof(header); i++) ((uint8_t *)&header)[i] = data[(tail + i) % size];
        if (header.size > sizeof(bytes)) return -EMSGSIZE;
        for (size_t i = 0; i < header.size; i++) bytes[i] = data[(tail + i) % size];
        tail += header.size;
        __atomic_store_n(&control->data_tail, tail, __ATOMIC_RELEASE);
        if (header.type != PERF_RECORD_SAMPLE) continue;
        uint32_t raw;
        memcpy(&raw, bytes + sizeof(header), sizeof(raw));
        memcpy(record, bytes + sizeof(header) + sizeof(raw), raw);
        return (int)raw;
    }
    return -1;
}
