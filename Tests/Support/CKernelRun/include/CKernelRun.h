// Has the running kernel load and run programs: bpf(2) with BPF_PROG_TEST_RUN. Nothing is ever attached.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// An array of one value: a descriptor, or the negative errno.
int kernelrun_map(uint32_t value_size);
int kernelrun_set(int map, const void *_Nonnull value);
int kernelrun_get(int map, void *_Nonnull value);

/// Loads a socket filter: a descriptor, or the negative errno where the kernel does not accept it.
int kernelrun_load(const uint64_t *_Nonnull code, size_t count);
/// Runs it once on a packet of zeros: 0, or the negative errno.
int kernelrun_run(int program);

/// A map of any type: a descriptor, or the negative errno.
int kernelrun_any_map(
    uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags, uint64_t extra);
/// Commands on one element; a map without keys takes none. Each gives 0 or the negative errno.
int kernelrun_update(int map, const void *_Nullable key, const void *_Nonnull value, uint64_t flags);
int kernelrun_lookup(int map, const void *_Nullable key, void *_Nonnull value, int removes);
int kernelrun_delete(int map, const void *_Nonnull key);
/// The key after another, or the first.
int kernelrun_next(int map, const void *_Nullable key, void *_Nonnull next);

void kernelrun_close(int descriptor);
