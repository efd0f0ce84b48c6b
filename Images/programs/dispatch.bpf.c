// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// One program for each protocol, chosen by tail calls: what a packet is decides where it goes on.
//
//   dispatch    by EtherType: ARP, IPv4, IPv6; anything else passes
//   ipv4, ipv6  by protocol: ICMP, TCP, UDP; anything else passes
//   icmp        sends echo requests back with their addresses exchanged
//   tcp         drops telnet
//   udp         drops what goes to or comes from port 0
//
// A slot that the operator has emptied lets its packets pass. Every program counts what it saw. A program that a tail call enters begins
// anew: it parses for itself, as Linux's verifier wants it.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum stage { STAGE_DISPATCH, STAGE_ARP, STAGE_IPV4, STAGE_IPV6, STAGE_ICMP, STAGE_TCP, STAGE_UDP, STAGE_COUNT };

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, STAGE_COUNT);
    __type(key, __u32);
    __type(value, __u64);
} seen SEC(".maps");

int arp(struct xdp_md *context);
int ipv4(struct xdp_md *context);
int ipv6(struct xdp_md *context);
int icmp(struct xdp_md *context);
int tcp(struct xdp_md *context);
int udp(struct xdp_md *context);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, STAGE_COUNT);
    __type(key, __u32);
    __array(values, int(struct xdp_md *));
} stages SEC(".maps") = {
    .values = {
        [STAGE_ARP] = (void *)&arp,
        [STAGE_IPV4] = (void *)&ipv4,
        [STAGE_IPV6] = (void *)&ipv6,
        [STAGE_ICMP] = (void *)&icmp,
        [STAGE_TCP] = (void *)&tcp,
        [STAGE_UDP] = (void *)&udp,
    },
};

static __always_inline void count(__u32 stage)
{
    __u64 *counter = bpf_map_lookup_elem(&seen, &stage);

    if (counter)
        __sync_fetch_and_add(counter, 1);
}

static __always_inline void *data(struct xdp_md *context)
{
    return (void *)(long)context->data;
}

static __always_inline void *end(struct xdp_md *context)
{
    return (void *)(long)context->data_end;
}

// Where the transport header of an IPv4 or IPv6 packet without options and extensions begins.
static __always_inline void *transport(struct xdp_md *context)
{
    struct ethhdr *ethernet = data(context);

    if ((void *)(ethernet + 1) > end(context))
        return 0;
    if (ethernet->h_proto == bpf_htons(ETH_P_IP))
        return (void *)(ethernet + 1) + sizeof(struct iphdr);
    return (void *)(ethernet + 1) + sizeof(struct ipv6hdr);
}

SEC("xdp")
int dispatch(struct xdp_md *context)
{
    struct ethhdr *ethernet = data(context);

    count(STAGE_DISPATCH);
    if ((void *)(ethernet + 1) > end(context))
        return XDP_DROP;
    switch (ethernet->h_proto) {
    case bpf_htons(ETH_P_ARP):
        bpf_tail_call(context, &stages, STAGE_ARP);
        break;
    case bpf_htons(ETH_P_IP):
        bpf_tail_call(context, &stages, STAGE_IPV4);
        break;
    case bpf_htons(ETH_P_IPV6):
        bpf_tail_call(context, &stages, STAGE_IPV6);
        break;
    }
    return XDP_PASS;
}

static __always_inline void go_on(struct xdp_md *context, __u8 protocol)
{
    switch (protocol) {
    case IPPROTO_ICMP:
        bpf_tail_call(context, &stages, STAGE_ICMP);
        break;
    case IPPROTO_TCP:
        bpf_tail_call(context, &stages, STAGE_TCP);
        break;
    case IPPROTO_UDP:
        bpf_tail_call(context, &stages, STAGE_UDP);
        break;
    }
}

SEC("xdp")
int arp(struct xdp_md *context)
{
    (void)context;
    count(STAGE_ARP);
    return XDP_PASS;
}

SEC("xdp")
int ipv4(struct xdp_md *context)
{
    struct ethhdr *ethernet = data(context);
    struct iphdr *ip = (void *)(ethernet + 1);

    count(STAGE_IPV4);
    if ((void *)(ip + 1) > end(context) || ip->version != 4)
        return XDP_DROP;
    if (ip->ihl == 5)
        go_on(context, ip->protocol);
    return XDP_PASS;
}

SEC("xdp")
int ipv6(struct xdp_md *context)
{
    struct ethhdr *ethernet = data(context);
    struct ipv6hdr *ip = (void *)(ethernet + 1);

    count(STAGE_IPV6);
    if ((void *)(ip + 1) > end(context) || ip->version != 6)
        return XDP_DROP;
    go_on(context, ip->nexthdr);
    return XDP_PASS;
}

SEC("xdp")
int icmp(struct xdp_md *context)
{
    struct ethhdr *ethernet = data(context);
    struct iphdr *ip = (void *)(ethernet + 1);
    __u8 *type = (void *)(ip + 1);

    count(STAGE_ICMP);
    if ((void *)(type + 1) > end(context))
        return XDP_DROP;
    if (ethernet->h_proto != bpf_htons(ETH_P_IP) || *type != 8)
        return XDP_PASS;

    __be32 source = ip->saddr;
    ip->saddr = ip->daddr;
    ip->daddr = source;
    *type = 0;
    return XDP_TX;
}

SEC("xdp")
int tcp(struct xdp_md *context)
{
    struct tcphdr *header = transport(context);

    count(STAGE_TCP);
    if (!header || (void *)(header + 1) > end(context))
        return XDP_DROP;
    return header->dest == bpf_htons(23) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int udp(struct xdp_md *context)
{
    struct udphdr *header = transport(context);

    count(STAGE_UDP);
    if (!header || (void *)(header + 1) > end(context))
        return XDP_DROP;
    return header->dest && header->source ? XDP_PASS : XDP_DROP;
}
