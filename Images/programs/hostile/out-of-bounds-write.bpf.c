// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Writes one byte past the end of the packet.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int out_of_bounds_write(struct xdp_md *context)
{
    volatile __u8 *end = (void *)(long)context->data_end;

    *end = 0x41;
    return XDP_PASS;
}
