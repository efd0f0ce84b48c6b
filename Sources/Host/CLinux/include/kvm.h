// /dev/kvm: the requests whose numbers Swift cannot import, and ioctl(2) by the shape of its argument.
// Documentation/virt/kvm/api.rst in the Linux source describes every one of them.
#pragma once
#include <linux/kvm.h>
#include <stdint.h>

enum : unsigned long {
    CLINUX_KVM_GET_API_VERSION = KVM_GET_API_VERSION,
    CLINUX_KVM_CREATE_VM = KVM_CREATE_VM,
    CLINUX_KVM_GET_VCPU_MMAP_SIZE = KVM_GET_VCPU_MMAP_SIZE,
    CLINUX_KVM_CREATE_VCPU = KVM_CREATE_VCPU,
    CLINUX_KVM_SET_USER_MEMORY_REGION = KVM_SET_USER_MEMORY_REGION,
    CLINUX_KVM_RUN = KVM_RUN,
    CLINUX_KVM_GET_REGS = KVM_GET_REGS,
    CLINUX_KVM_SET_REGS = KVM_SET_REGS,
    CLINUX_KVM_GET_SREGS = KVM_GET_SREGS,
    CLINUX_KVM_SET_SREGS = KVM_SET_SREGS,
    CLINUX_KVM_GET_VCPU_EVENTS = KVM_GET_VCPU_EVENTS,
    CLINUX_KVM_GET_XSAVE = KVM_GET_XSAVE,
    CLINUX_KVM_SET_XSAVE = KVM_SET_XSAVE,
};

// Newer than the headers of some distributions: guest memory that the host could not provide.
enum { CLINUX_KVM_EXIT_MEMORY_FAULT = 39 };
struct clinux_kvm_memory_fault {
    uint64_t flags;
    uint64_t address;
    uint64_t size;
};

int64_t clinux_kvm(int32_t descriptor, unsigned long request, uint64_t argument);
int64_t clinux_kvm_pointer(int32_t descriptor, unsigned long request, const void *argument);
// Maps the `kvm_run` structure of a vCPU; its address or a negated errno.
int64_t clinux_kvm_map_run(int32_t vcpu, uint64_t size);
// Fields of `kvm_run` that the signal handler or the kernel write while Swift looks on.
static inline void clinux_kvm_clear_immediate_exit(struct kvm_run *run) {
    __atomic_store_n(&run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}
static inline uint8_t *clinux_kvm_immediate_exit(struct kvm_run *run) { return &run->immediate_exit; }
static inline uint64_t clinux_kvm_mmio_data(const struct kvm_run *run) {
    uint64_t value;
    __builtin_memcpy(&value, run->mmio.data, sizeof value);
    return value;
}
static inline struct clinux_kvm_memory_fault clinux_kvm_memory_fault(const struct kvm_run *run) {
    struct clinux_kvm_memory_fault fault;
    __builtin_memcpy(&fault, run->padding, sizeof fault);
    return fault;
}
