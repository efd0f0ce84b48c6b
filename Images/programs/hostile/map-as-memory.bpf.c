// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Writes to the map itself, rather than to a value in it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u64);
    __type(value, __u64);
} target SEC(".maps");

SEC("xdp")
int map_as_memory(struct xdp_md *context)
{
    *(volatile __u64 *)&target = 1;
    return XDP_PASS;
}
