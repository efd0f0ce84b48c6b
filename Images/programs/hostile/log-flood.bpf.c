// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Logs a thousand lines for each packet. The log must stay bounded, and what was dropped must be counted.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int log_flood(struct xdp_md *context)
{
#pragma clang loop unroll(disable)
    for (__u32 line = 0; line < 1000; line++)
        bpf_printk("line %u of a flood that nobody asked for", line);
    return XDP_PASS;
}
