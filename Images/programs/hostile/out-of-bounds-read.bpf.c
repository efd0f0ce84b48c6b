// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Reads far beyond the packet, and lets what it finds decide.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

volatile __u64 distance = 1 << 20;

SEC("xdp")
int out_of_bounds_read(struct xdp_md *context)
{
    volatile __u8 *byte = (void *)(long)context->data;

    return byte[distance] ? XDP_PASS : XDP_DROP;
}
