// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Makes pointers of numbers, one for each packet: page 0, the image, the top of the address space.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

volatile __u64 addresses[8] = {
    0, 8, 0x1000, 0x100000, 0x7ffffff8, 0xfffffff8, 0x800000000000, 0xfffffffffffffff8,
};
volatile __u32 turn;

SEC("xdp")
int wild_pointer(struct xdp_md *context)
{
    volatile __u64 *pointer = (void *)addresses[turn++ & 7];

    return *pointer ? XDP_PASS : XDP_DROP;
}
