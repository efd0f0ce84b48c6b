// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Port knocking over XDP. `door` is closed to everybody who has not sent a packet to each of `knocks`, in that order, each within
// `patience` of the one before. Who has finds it open for `open_time`. A wrong port begins the sequence again; ports that are
// no part of it do not matter. Sources are forgotten, the least recently seen first, when there are too many of them.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define KNOCK_COUNT 3

const volatile __u16 knocks[KNOCK_COUNT] = {7001, 8002, 9003};
const volatile __u16 door = 22;
const volatile __u64 patience = 5000000000;
const volatile __u64 open_time = 600000000000;

struct visitor {
    __u64 last;   // ktime of the last knock
    __u32 heard;  // knocks so far; KNOCK_COUNT: the door is open
    __u32 refused; // packets to the closed door
};

// IPv4 source, in network order.
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __be32);
    __type(value, struct visitor);
} visitors SEC(".maps");

static __always_inline int is_knock(__u16 port)
{
#pragma unroll
    for (int i = 0; i < KNOCK_COUNT; i++)
        if (port == knocks[i])
            return 1;
    return 0;
}

static __always_inline int is_open(struct visitor *visitor, __u64 now)
{
    return visitor->heard == KNOCK_COUNT && now - visitor->last < open_time;
}

static __always_inline void hear(__be32 source, struct visitor *visitor, __u16 port, __u64 now)
{
    struct visitor fresh = {.last = now, .heard = port == knocks[0]};
    __u32 heard;

    if (!visitor) {
        bpf_map_update_elem(&visitors, &source, &fresh, BPF_ANY);
        return;
    }
    heard = visitor->heard;
    if (is_open(visitor, now))
        return;
    if (heard < KNOCK_COUNT && port == knocks[heard] && now - visitor->last < patience)
        visitor->heard = heard + 1;
    else
        visitor->heard = port == knocks[0];
    visitor->last = now;
}

SEC("xdp")
int knock(struct xdp_md *context)
{
    void *end = (void *)(long)context->data_end;
    struct iphdr *ip = plain_ipv4((void *)(long)context->data, end);
    struct visitor *visitor;
    struct udphdr *ports;
    __u16 port;
    __u64 now;

    if (!ip || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
        return XDP_PASS;
    // Both begin with the two ports.
    ports = transport_of(ip, end, sizeof(*ports));
    if (!ports)
        return XDP_DROP;
    port = bpf_ntohs(ports->dest);
    if (port != door && !is_knock(port))
        return XDP_PASS;

    now = bpf_ktime_get_ns();
    visitor = bpf_map_lookup_elem(&visitors, &ip->saddr);
    if (port != door) {
        hear(ip->saddr, visitor, port, now);
        // Nobody learns from an answer which ports are knocked on.
        return XDP_DROP;
    }
    if (!visitor)
        return XDP_DROP;
    if (is_open(visitor, now))
        return XDP_PASS;
    visitor->refused++;
    return XDP_DROP;
}
