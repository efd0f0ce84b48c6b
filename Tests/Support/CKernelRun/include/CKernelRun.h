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

void kernelrun_close(int descriptor);
