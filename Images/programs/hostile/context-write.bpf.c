// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Writes to its context, which XDP makes read-only: a program that moves `data` would choose what the next load reads.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int context_write(struct xdp_md *context)
{
    *(volatile __u32 *)&context->data = 0x1000;
    return XDP_PASS;
}
