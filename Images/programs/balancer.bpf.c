// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// A load balancer at layer 4 over XDP. A TCP or UDP packet to a service of `services` is sent back out to one of the service's servers,
// inside an IPv4 header of its own (IPIP, RFC 2003), so that the server sees the client's packet as it was and answers by
// itself. Which server: the flow's hash is looked up in a table of `ring`, which whoever fills it makes such that when a server comes
// or goes few flows move (Maglev, NSDI 2016, section 3.4). Packets that belong to no service pass.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define RING_SIZE 251 // a prime
#define SERVICE_COUNT 16

struct service {
    __be32 address;
    __be16 port;
    __u8 protocol;
    __u8 padding;
};

struct server {
    __be32 address;
    __u8 station[ETH_ALEN];
    __u8 padding[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SERVICE_COUNT);
    __type(key, struct service);
    __type(value, __u32); // number of the service, from 0
} services SEC(".maps");

// Index: service × RING_SIZE + hash; value: a server's number.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SERVICE_COUNT * RING_SIZE);
    __type(key, __u32);
    __type(value, __u32);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, struct server);
} servers SEC(".maps");

// Packets sent to each server.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, __u64);
} sent SEC(".maps");

const volatile __be32 our_address = bpf_htonl(IPV4(192, 0, 2, 2));

// Jenkins' one-at-a-time, over the words of the flow.
static __always_inline __u32 mixed(__u32 hash, __u32 word)
{
    hash += word;
    hash += hash << 10;
    return hash ^ hash >> 6;
}

static __always_inline __u32 flow_hash(struct iphdr *ip, struct udphdr *ports)
{
    __u32 hash = mixed(mixed(mixed(0x52465245, ip->saddr), ip->daddr), (__u32)ports->source << 16 | ports->dest);

    hash = mixed(hash, ip->protocol);
    hash += hash << 3;
    hash ^= hash >> 11;
    return hash + (hash << 15);
}

static __always_inline struct server *server_for(struct iphdr *ip, struct udphdr *ports)
{
    struct service service = {.address = ip->daddr, .port = ports->dest, .protocol = ip->protocol};
    __u32 *number = bpf_map_lookup_elem(&services, &service);
    __u64 *packets;
    __u32 *chosen;
    __u32 place;

    if (!number)
        return 0;
    place = *number * RING_SIZE + flow_hash(ip, ports) % RING_SIZE;
    chosen = bpf_map_lookup_elem(&ring, &place);
    if (!chosen)
        return 0;
    packets = bpf_map_lookup_elem(&sent, chosen);
    if (packets)
        *packets += 1;
    return bpf_map_lookup_elem(&servers, chosen);
}

static __always_inline void write_outer(struct iphdr *outer, __u16 size, __be32 server)
{
    __u16 *words = (__u16 *)outer;
    __u32 sum = 0;

    outer->version = 4;
    outer->ihl = 5;
    outer->tos = 0;
    outer->tot_len = bpf_htons(size);
    outer->id = 0;
    outer->frag_off = bpf_htons(0x4000);
    outer->ttl = 64;
    outer->protocol = IPPROTO_IPIP;
    outer->check = 0;
    outer->saddr = our_address;
    outer->daddr = server;
#pragma unroll
    for (int i = 0; i < 10; i++)
        sum += words[i];
    outer->check = folded(sum);
}

SEC("xdp")
int balancer(struct xdp_md *context)
{
    void *end = (void *)(long)context->data_end;
    struct iphdr *ip = plain_ipv4((void *)(long)context->data, end);
    struct ethhdr *ethernet, *inner;
    struct server *server;
    struct udphdr *ports;
    struct iphdr *outer;
    __u16 size;

    if (!ip || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
        return XDP_PASS;
    ports = transport_of(ip, end, sizeof(*ports));
    if (!ports)
        return XDP_DROP;
    server = server_for(ip, ports);
    if (!server)
        return XDP_PASS;
    if (!server->address)
        return XDP_DROP;
    size = bpf_ntohs(ip->tot_len) + sizeof(*outer);

    // Room for the outer header; every pointer into the packet is void afterwards.
    if (bpf_xdp_adjust_head(context, -(int)sizeof(*outer)))
        return XDP_ABORTED;
    ethernet = (void *)(long)context->data;
    outer = (void *)(ethernet + 1);
    inner = (void *)ethernet + sizeof(*outer);
    end = (void *)(long)context->data_end;
    if ((void *)(inner + 1) > end || (void *)(outer + 1) > end)
        return XDP_ABORTED;
    __builtin_memcpy(ethernet->h_source, inner->h_dest, ETH_ALEN);
    __builtin_memcpy(ethernet->h_dest, server->station, ETH_ALEN);
    ethernet->h_proto = bpf_htons(ETH_P_IP);
    write_outer(outer, size, server->address);
    return XDP_TX;
}
