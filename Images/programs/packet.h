// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// What the example programs share: the headers of a packet, each checked against its end before it is looked at.
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define IPV4(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

// An IPv4 header without options, whole and the first of its packet; 0 for anything else.
static __always_inline struct iphdr *plain_ipv4(void *data, void *end)
{
    struct ethhdr *ethernet = data;
    struct iphdr *ip = (void *)(ethernet + 1);

    if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
        return 0;
    if (ip->version != 4 || ip->ihl != 5 || ip->frag_off & bpf_htons(0x1fff))
        return 0;
    return ip;
}

// The TCP or UDP header behind such a header; 0 where the packet ends before it does.
static __always_inline void *transport_of(struct iphdr *ip, void *end, __u32 size)
{
    void *transport = ip + 1;

    return transport + size > end ? 0 : transport;
}

// Adds up an Internet checksum (RFC 1071) whose carries are still in the upper half.
static __always_inline __sum16 folded(__u32 sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__sum16)~sum;
}
