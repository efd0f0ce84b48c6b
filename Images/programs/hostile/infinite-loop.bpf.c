// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Never ends. Fuel, or the deadline, must end it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int infinite_loop(struct xdp_md *context)
{
    volatile __u64 turns = 0;

    for (;;)
        turns++;
    return XDP_PASS;
}
