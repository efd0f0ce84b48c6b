// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Counts packets and bytes, and lets everything pass.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct total {
    __u64 packets;
    __u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct total);
} totals SEC(".maps");

SEC("xdp")
int count(struct xdp_md *context)
{
    __u32 key = 0;
    struct total *total = bpf_map_lookup_elem(&totals, &key);

    if (!total)
        return XDP_ABORTED;
    // Lanes share the array, so the additions are atomic.
    __sync_fetch_and_add(&total->packets, 1);
    __sync_fetch_and_add(&total->bytes, context->data_end - context->data);
    return XDP_PASS;
}
