// Asks the running kernel's verifier: bpf(2) with the requests that tests make. Nothing is ever attached or run.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// What the kernel is told about a program besides its code.
struct kernelverifier_program {
    uint32_t type;
    uint32_t attach_type;
    uint32_t flags;
    /// A type in the kernel's own BTF that the program is for, or 0.
    uint32_t attach_btf_id;
    /// A descriptor of the program's BTF, or 0; pairs of (instruction, type) for its functions, or none.
    int32_t btf;
    uint32_t function_count;
    const uint32_t *_Nullable functions;
    const char *_Nonnull license;
};

struct kernelverifier_map {
    uint32_t type;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t max_entries;
    uint32_t flags;
    int32_t inner;
    int32_t btf;
    uint32_t key_type;
    uint32_t value_type;
};

/// Loads a program and drops it again: 0, or the negative errno. The log ends with 0.
int kernelverifier_load(
    const struct kernelverifier_program *_Nonnull program, const uint64_t *_Nonnull code, size_t count,
    char *_Nonnull log, size_t size);

/// A descriptor, or the negative errno.
int kernelverifier_map(const struct kernelverifier_map *_Nonnull map);
int kernelverifier_types(const uint8_t *_Nonnull bytes, size_t size);

/// Makes a map immutable for user space: 0, or the negative errno.
int kernelverifier_freeze(int map);

void kernelverifier_close(int descriptor);
