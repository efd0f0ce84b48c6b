// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// A function that calls itself, once for each byte of the packet: the ninth frame must be refused.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __noinline __u64 descend(__u64 remaining)
{
    volatile __u64 here = remaining; // used after the call, so that it is not turned into a loop

    if (remaining == 0)
        return 0;
    return descend(remaining - 1) ^ here;
}

SEC("xdp")
int deep_calls(struct xdp_md *context)
{
    return descend(context->data_end - context->data) ? XDP_PASS : XDP_DROP;
}
