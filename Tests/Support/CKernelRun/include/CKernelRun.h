// Has the running kernel load and run programs: bpf(2) with BPF_PROG_TEST_RUN. Nothing is ever attached.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// An array of one value: a descriptor, or the negative errno.
int kernelrun_map(uint32_t value_size);
int kernelrun_set(int map, const void *_Nonnull value);
int kernelrun_get(int map, void *_Nonnull value);

/// Any map, by the kernel's numbers: a descriptor, or the negative errno.
int kernelrun_make_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries, uint32_t flags);
/// Puts a program into an array of programs: 0, or the negative errno.
int kernelrun_set_program(int map, uint32_t index, int program);

/// Loads a socket filter: a descriptor, or the negative errno where the kernel does not accept it.
int kernelrun_load(const uint64_t *_Nonnull code, size_t count);
/// The same of another type.
int kernelrun_load_as(uint32_t type, const uint64_t *_Nonnull code, size_t count);
/// Runs it once on a packet, of which `after` takes what became: 0 and R0, or the negative errno.
int kernelrun_run_on(
    int program, const void *_Nonnull packet, uint32_t size, void *_Nonnull after, uint32_t *_Nonnull after_size,
    uint32_t *_Nonnull result);
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
/// An operation on many elements: 0 looks up, 1 takes out, 2 updates, 3 deletes. 0 or the negative errno; `count` takes how many it was. `in` is
/// where the call before came to an end, `out` takes where this one does.
int kernelrun_batch(
    int operation, int map, const void *_Nullable in, void *_Nullable out, void *_Nonnull keys, void *_Nullable values,
    uint32_t *_Nonnull count, uint64_t flags);
/// An array of one value that nobody can change any more: a descriptor, or the negative errno.
int kernelrun_constant(const void *_Nonnull value, uint32_t size);
/// As `kernelrun_load` for a program of any type (`enum bpf_prog_type`, `enum bpf_attach_type`).
int kernelrun_load_attached(uint32_t type, uint32_t attach_type, const uint64_t *_Nonnull code, size_t count);
/// Runs it once on a packet and a context, if there is one; 0, or the negative errno. What it left of the packet is put into `out`, which has
/// room for `*out_size` bytes, of the context into `context_out`.
int kernelrun_test(int program, const void *_Nonnull data, uint32_t size, void *_Nonnull out,
                   uint32_t *_Nonnull out_size, const void *_Nullable context, uint32_t context_size,
                   void *_Nullable context_out, uint32_t *_Nonnull result);

/// A map of maps like `inner`; a descriptor, or a negated errno.
int kernelrun_make_map_of(uint32_t type, uint32_t key_size, uint32_t entries, int inner);

/// A ring buffer as its reader maps it.
typedef struct {
    uint64_t *_Nullable consumer;
    uint64_t *_Nullable producer;
    uint8_t *_Nullable data;
    uint32_t size;
} kernelrun_ring;
int kernelrun_open_ring(int map, uint32_t size, kernelrun_ring *_Nonnull ring);
void kernelrun_close_ring(kernelrun_ring *_Nonnull ring);
/// Takes the next record out: its size, or -1 where there is none. `record` has room for any.
int kernelrun_next_record(kernelrun_ring *_Nonnull ring, void *_Nonnull record);

/// Has the calling thread run on one processor; on all again. 0 or the negative errno.
int kernelrun_stay(int processor);
int kernelrun_roam(void);

/// The events of BPF programs on one processor (PERF_COUNT_SW_BPF_OUTPUT), as their reader maps them: what an element of a perf event
/// array stands for.
typedef struct {
    int descriptor;
    void *_Nullable memory;
} kernelrun_events;
int kernelrun_open_events(int processor, kernelrun_events *_Nonnull events);
void kernelrun_close_events(kernelrun_events *_Nonnull events);
/// Takes the next record out, of at most 4,096 bytes: its size with what the kernel has put behind it, or -1 where there is none.
int kernelrun_next_event(kernelrun_events *_Nonnull events, void *_Nonnull record);

void kernelrun_close(int descriptor);

/// How many programs of the kernel have a name that begins like this; or the negative errno.
int kernelrun_count_programs(const char *_Nonnull prefix);

/// From here on what the calling thread opens is in that network namespace, of which this is a descriptor.
int kernelrun_enter_network(int network);
