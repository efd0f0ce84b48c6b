// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Filters DNS questions over XDP: a query over UDP for a name of `blocked`, or for anything below it, is answered at once with
// "refused" (RFC 1035, section 4.1.1), by turning the question around. Everything else passes. Names are compared without
// regard to case (RFC 4343), label by label from the right.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define NAME_MAX 128  // of names that are looked at: longer ones pass
#define REFUSED 5

struct dns_header {
    __be16 identifier;
    __u8 flags[2];
    __be16 questions, answers, authorities, additional;
};

// FNV-1a of a name as it stands in a question, in lower case, from its closing zero back to its first length byte → times it was asked for.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __u64);
    __type(value, __u64);
} blocked SEC(".maps");

// A name on its way through the parser: the stack has not the room for it.
struct name {
    __u8 bytes[NAME_MAX];
    __u8 begins_label[NAME_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct name);
} scratch SEC(".maps");

// Copies the name behind the header in lower case; its length with the closing zero, or 0.
static __always_inline __u32 copy_name(struct name *name, __u8 *cursor, void *end)
{
    __u32 next_label = 0;

    for (__u32 i = 0; i < NAME_MAX; i++) {
        __u8 byte;

        if ((void *)(cursor + 1) > end)
            return 0;
        byte = *cursor++;
        name->begins_label[i] = i == next_label;
        if (i == next_label) {
            // A pointer to another name has no place in a question.
            if (byte > 63)
                return 0;
            next_label = i + 1 + byte;
        } else if (byte >= 'A' && byte <= 'Z') {
            byte += 32;
        }
        name->bytes[i] = byte;
        if (!byte)
            return i + 1;
    }
    return 0;
}

// Looks for what the name ends with, one label more each time: whoever is blocked takes with it what is below.
static __always_inline __u64 *find(struct name *name, int size)
{
    __u64 hash = 0xcbf29ce484222325ull;

    for (int place = NAME_MAX - 1; place >= 0; place--) {
        __u64 *asked;

        if (place >= size)
            continue;
        hash = (hash ^ name->bytes[place]) * 0x100000001b3ull;
        if (!name->begins_label[place])
            continue;
        asked = bpf_map_lookup_elem(&blocked, &hash);
        if (asked)
            return asked;
    }
    return 0;
}

static __always_inline void turn_around(struct ethhdr *ethernet, struct iphdr *ip, struct udphdr *udp)
{
    __u8 station[ETH_ALEN];
    __be32 address = ip->saddr;
    __be16 port = udp->source;

    __builtin_memcpy(station, ethernet->h_dest, ETH_ALEN);
    __builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
    __builtin_memcpy(ethernet->h_source, station, ETH_ALEN);
    // Neither swap changes a checksum.
    ip->saddr = ip->daddr;
    ip->daddr = address;
    udp->source = udp->dest;
    udp->dest = port;
}

SEC("xdp")
int dns_filter(struct xdp_md *context)
{
    void *data = (void *)(long)context->data;
    void *end = (void *)(long)context->data_end;
    struct iphdr *ip = plain_ipv4(data, end);
    struct dns_header *dns;
    struct udphdr *udp;
    struct name *name;
    __u64 *asked;
    __u32 zero = 0;
    __u32 size;

    if (!ip || ip->protocol != IPPROTO_UDP)
        return XDP_PASS;
    udp = transport_of(ip, end, sizeof(*udp) + sizeof(*dns));
    if (!udp || udp->dest != bpf_htons(53))
        return XDP_PASS;
    dns = (void *)(udp + 1);
    // A standard query of one question.
    if (dns->flags[0] & 0xf8 || dns->questions != bpf_htons(1))
        return XDP_PASS;
    name = bpf_map_lookup_elem(&scratch, &zero);
    if (!name)
        return XDP_PASS;
    size = copy_name(name, (void *)(dns + 1), end);
    asked = size ? find(name, size) : 0;
    if (!asked)
        return XDP_PASS;
    __sync_fetch_and_add(asked, 1);
    turn_around(data, ip, udp);
    dns->flags[0] |= 0x80;
    dns->flags[1] = (dns->flags[1] & 0xf0) | REFUSED;
    // Optional over IPv4 (RFC 768).
    udp->check = 0;
    return XDP_TX;
}
