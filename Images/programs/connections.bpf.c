// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Counts the connections that each process of a cgroup makes, and tells of each through a ring buffer. Decides nothing.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct connection {
    __u64 time; // bpf_ktime_get_ns
    __u32 process;
    __u32 user;
    __be32 address;
    __be16 port;
    __u16 padding;
    __u64 number; // of this process, from 1
    char command[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __type(value, __u64);
} made SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} told SEC(".maps");

// Connections that nobody was told of, because the ring was full.
__u64 untold;

static __always_inline __u64 count(__u32 process)
{
    __u64 *number = bpf_map_lookup_elem(&made, &process);
    __u64 first = 1;

    if (!number) {
        bpf_map_update_elem(&made, &process, &first, BPF_ANY);
        return first;
    }
    return __sync_fetch_and_add(number, 1) + 1;
}

SEC("cgroup/connect4")
int connections(struct bpf_sock_addr *context)
{
    __u32 process = bpf_get_current_pid_tgid() >> 32;
    __u64 number = count(process);
    struct connection *connection = bpf_ringbuf_reserve(&told, sizeof(*connection), 0);

    if (!connection) {
        __sync_fetch_and_add(&untold, 1);
        return 1;
    }
    connection->time = bpf_ktime_get_ns();
    connection->process = process;
    connection->user = (__u32)bpf_get_current_uid_gid();
    connection->address = context->user_ip4;
    connection->port = (__be16)context->user_port;
    connection->padding = 0;
    connection->number = number;
    bpf_get_current_comm(connection->command, sizeof(connection->command));
    bpf_ringbuf_submit(connection, 0);
    return 1;
}
