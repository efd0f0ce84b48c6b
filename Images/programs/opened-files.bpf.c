// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Tells through a ring buffer which files a process opens, and counts how often each path was opened. Decides nothing.
#include "packet.h"

char LICENSE[] SEC("license") = "GPL";

#define PATH_SIZE 128

// The record of tracepoint/syscalls/sys_enter_openat: the first eight bytes are not for programs.
struct openat {
    __u64 common;
    __u64 number;
    __u64 directory;
    __u64 path;
    __u64 flags;
    __u64 mode;
};

struct path {
    char text[PATH_SIZE];
};

struct opening {
    __u32 process;
    __u32 flags;
    char command[16];
    char path[PATH_SIZE]; // "" where it was not to be had
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct path);
    __type(value, __u64);
} opened SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} told SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int opened_files(struct openat *context)
{
    struct path path = {};
    struct opening *opening;
    __u64 first = 1, *number;

    bpf_probe_read_user_str(path.text, sizeof(path.text), (void *)context->path);
    number = bpf_map_lookup_elem(&opened, &path);
    if (number)
        __sync_fetch_and_add(number, 1);
    else
        bpf_map_update_elem(&opened, &path, &first, BPF_ANY);

    opening = bpf_ringbuf_reserve(&told, sizeof(*opening), 0);
    if (!opening)
        return 0;
    opening->process = bpf_get_current_pid_tgid() >> 32;
    opening->flags = (__u32)context->flags;
    bpf_get_current_comm(opening->command, sizeof(opening->command));
    __builtin_memcpy(opening->path, path.text, sizeof(opening->path));
    bpf_ringbuf_submit(opening, 0);
    return 0;
}
