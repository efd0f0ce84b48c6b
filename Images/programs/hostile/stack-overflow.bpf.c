// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Writes below its 512 bytes of stack, where another frame's could lie.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

volatile __u32 depth = 4096;

SEC("xdp")
int stack_overflow(struct xdp_md *context)
{
    volatile __u8 stack[256];

    stack[0] = 1;
    *(&stack[0] - depth) = 0x41;
    return stack[0] == 1 ? XDP_PASS : XDP_DROP;
}
