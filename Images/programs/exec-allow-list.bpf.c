// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Says which programs a tree of processes may execute: those whose image is in `allowed`, by its path; all others are denied. It counts how often
// each was executed. Processes may fork as they like, since a fork is what its parent is.
//
// For eBPF for Windows' process hook, in the words of its headers: an image path is UTF-16, without a 0 at its end.
typedef unsigned char uint8_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name

#define BPF_MAP_TYPE_HASH 1

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static int (*bpf_process_get_image_path)(const void *context, uint8_t *path, uint32_t size) = (void *)0x10000;

typedef enum { PROCESS_OPERATION_CREATE, PROCESS_OPERATION_DELETE } process_operation_t;
typedef struct _process_md {
    uint8_t *command_start, *command_end; // the command line, UTF-16
    uint64_t process_id;
    uint64_t parent_process_id;
    uint64_t creating_process_id; // the process itself, where it executes
    uint64_t creating_thread_id;
    uint64_t creation_time, exit_time; // 100 ns since 1601
    uint32_t process_exit_code;
    process_operation_t operation : 8;
    uint32_t token_sid_size;
    uint8_t token_sid[68];
} process_md_t;

#define STATUS_SUCCESS 0
#define STATUS_ACCESS_DENIED ((int)0xc0000022)

// A path of at most 128 units; behind it zeros.
struct image {
    uint8_t path[256];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct image);
    __type(value, uint64_t); // how often it was executed
} allowed SEC(".maps");

SEC("process")
int allow_list(process_md_t *context)
{
    struct image image = {};
    uint64_t *count;

    if (context->operation != PROCESS_OPERATION_CREATE || context->creating_process_id != context->process_id)
        return STATUS_SUCCESS;
    // An image without a path is none that could be in the list, and neither is one whose path is longer than any there.
    if (bpf_process_get_image_path(context, image.path, sizeof(image.path)) <= 0)
        return STATUS_ACCESS_DENIED;
    count = bpf_map_lookup_elem(&allowed, &image);
    if (!count)
        return STATUS_ACCESS_DENIED;
    __sync_fetch_and_add(count, 1);
    return STATUS_SUCCESS;
}
