#define _GNU_SOURCE
#include "memory.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static int64_t result_of(int64_t result) { return result < 0 ? -errno : result; }

static int64_t mapping(void *address, uint64_t size, int protection, int flags, int32_t descriptor) {
    void *mapped = mmap(address, size, protection, flags, descriptor, 0);
    return mapped == MAP_FAILED ? -errno : (int64_t)(uintptr_t)mapped;
}

int64_t clinux_reserve(uint64_t size) {
    return mapping(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

int64_t clinux_map_at(uint64_t address, uint64_t size, int32_t writable, int32_t descriptor) {
    int flags = MAP_FIXED | (descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    return mapping((void *)(uintptr_t)address, size, PROT_READ | (writable ? PROT_WRITE : 0), flags, descriptor);
}

int64_t clinux_map(uint64_t size, int32_t writable, int32_t descriptor) {
    return mapping(0, size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, descriptor);
}

int64_t clinux_map_again(uint64_t address, uint64_t size, int32_t descriptor, uint64_t offset) {
    void *mapped = mmap(
        (void *)(uintptr_t)address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, (off_t)offset);
    return mapped == MAP_FAILED ? -errno : (int64_t)(uintptr_t)mapped;
}

int64_t clinux_map_exactly(uint64_t address, uint64_t size, int32_t access, int32_t descriptor, uint64_t offset) {
    int protection = PROT_READ | (access == CLINUX_WRITE ? PROT_WRITE : 0) | (access == CLINUX_EXECUTE ? PROT_EXEC : 0);
    int flags = MAP_FIXED_NOREPLACE | (descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    void *mapped = mmap((void *)(uintptr_t)address, size, protection, flags, descriptor, (off_t)offset);
    return mapped == MAP_FAILED ? -errno : (int64_t)(uintptr_t)mapped;
}

int64_t clinux_unmap(uint64_t address, uint64_t size) { return result_of(munmap((void *)(uintptr_t)address, size)); }

int64_t clinux_memfd(const char *name, uint64_t size) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (descriptor < 0) return -errno;
    if (ftruncate(descriptor, (off_t)size)) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    return descriptor;
}

int64_t clinux_seal(int32_t descriptor) {
    return result_of(fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
}

int64_t clinux_seal_size(int32_t descriptor) {
    return result_of(fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
}

int64_t clinux_is_sealed(int32_t descriptor) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    return seals < 0 ? -errno : (seals & (F_SEAL_WRITE | F_SEAL_SEAL)) == (F_SEAL_WRITE | F_SEAL_SEAL);
}

int64_t clinux_file_size(int32_t descriptor) {
    struct stat status;
    return fstat(descriptor, &status) ? -errno : status.st_size;
}

int64_t clinux_futex_wait(uint64_t address, uint32_t value, uint64_t timeout_nanoseconds) {
    struct timespec timeout = {(time_t)(timeout_nanoseconds / 1000000000), (long)(timeout_nanoseconds % 1000000000)};
    return result_of(syscall(
        SYS_futex, (uint32_t *)(uintptr_t)address, FUTEX_WAIT, value, timeout_nanoseconds ? &timeout : 0, 0, 0));
}

int64_t clinux_futex_wake(uint64_t address) {
    return result_of(syscall(SYS_futex, (uint32_t *)(uintptr_t)address, FUTEX_WAKE, 0x7fffffff, 0, 0, 0));
}
