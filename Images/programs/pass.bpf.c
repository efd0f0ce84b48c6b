// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// The smallest XDP program: every packet passes. What a run of it costs is the cost of the fence.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int pass(struct xdp_md *context)
{
    return XDP_PASS;
}
