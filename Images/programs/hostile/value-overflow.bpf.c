// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Writes past the value that a lookup returned, into what lies next to it in the map.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} single SEC(".maps");

volatile __u32 distance = 1 << 16;

SEC("xdp")
int value_overflow(struct xdp_md *context)
{
    __u32 key = 0;
    volatile __u8 *value = bpf_map_lookup_elem(&single, &key);

    if (!value)
        return XDP_DROP;
    value[distance] = 0x41;
    return XDP_PASS;
}
