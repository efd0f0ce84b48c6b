// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Counts what each user of a host executes, and remembers which process became what by its last name. Decides nothing.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// events/sched/sched_process_exec/format in tracefs; the first eight bytes are the kernel's.
struct execution {
    __u64 common;
    __u32 filename; // The length of the path above, the offset in the record below.
    __s32 process;
    __s32 before; // The thread that called execve, whose number the process had taken from it.
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} by_user SEC(".maps");

struct name {
    char command[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct name);
} became SEC(".maps");

SEC("tracepoint/sched/sched_process_exec")
int count(struct execution *execution)
{
    __u32 user = bpf_get_current_uid_gid();
    __u32 process = execution->process;
    __u64 first = 1;
    __u64 *number = bpf_map_lookup_elem(&by_user, &user);
    struct name name = {};

    if (number)
        __sync_fetch_and_add(number, 1);
    else
        bpf_map_update_elem(&by_user, &user, &first, BPF_NOEXIST);
    bpf_get_current_comm(name.command, sizeof(name.command));
    bpf_map_update_elem(&became, &process, &name, BPF_ANY);
    return 0;
}
