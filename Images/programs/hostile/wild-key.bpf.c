// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Gives a helper a key that is no address.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u64);
    __type(value, __u64);
} target SEC(".maps");

volatile __u64 nowhere = 0x123456789abcdef0;

SEC("xdp")
int wild_key(struct xdp_md *context)
{
    return bpf_map_lookup_elem(&target, (void *)nowhere) ? XDP_PASS : XDP_DROP;
}
