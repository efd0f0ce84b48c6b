// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Uses the result of a lookup that finds nothing, without asking whether it did.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} empty SEC(".maps");

SEC("xdp")
int null_value(struct xdp_md *context)
{
    __u32 key = 7;
    volatile __u64 *value = bpf_map_lookup_elem(&empty, &key);

    return *value ? XDP_PASS : XDP_DROP;
}
