#define _GNU_SOURCE
#include "kvm.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

int64_t clinux_kvm(int32_t descriptor, unsigned long request, uint64_t argument) {
    return result_of(ioctl(descriptor, request, argument));
}

int64_t clinux_kvm_pointer(int32_t descriptor, unsigned long request, const void *argument) {
    return result_of(ioctl(descriptor, request, argument));
}

int64_t clinux_kvm_map_run(int32_t vcpu, uint64_t size) {
    void *run = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    return run == MAP_FAILED ? -errno : (int64_t)(uintptr_t)run;
}
