#define _GNU_SOURCE
#include "kvm.h"
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define MAX_CPUID_ENTRIES 256

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

int64_t clinux_kvm(int32_t descriptor, unsigned long request, uint64_t argument) {
    return result_of(ioctl(descriptor, request, argument));
}

int64_t clinux_kvm_pointer(int32_t descriptor, unsigned long request, const void *argument) {
    return result_of(ioctl(descriptor, request, argument));
}

int64_t clinux_kvm_copy_cpuid(int32_t system, int32_t vcpu) {
    static union {
        struct kvm_cpuid2 table;
        char room[sizeof(struct kvm_cpuid2) + MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
    } supported;
    // The table costs 400 µs to ask for and never changes: once per process.
    if (!supported.table.nent) {
        supported.table.nent = MAX_CPUID_ENTRIES;
        if (ioctl(system, KVM_GET_SUPPORTED_CPUID, &supported)) {
            supported.table.nent = 0;
            return -errno;
        }
    }
    return result_of(ioctl(vcpu, KVM_SET_CPUID2, &supported));
}

int64_t clinux_kvm_set_msr(int32_t vcpu, uint32_t index, uint64_t value) {
    union {
        struct kvm_msrs list;
        char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } one;
    memset(&one, 0, sizeof one);
    one.list.nmsrs = 1;
    one.list.entries[0].index = index;
    one.list.entries[0].data = value;
    int written = ioctl(vcpu, KVM_SET_MSRS, &one);
    return written == 1 ? 0 : written < 0 ? -errno : -EINVAL;
}

int64_t clinux_kvm_map_run(int32_t vcpu, uint64_t size) {
    void *run = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    return run == MAP_FAILED ? -errno : (int64_t)(uintptr_t)run;
}
