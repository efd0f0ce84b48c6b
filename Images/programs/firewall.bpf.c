// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// A small stateless firewall over XDP. In order, the first that applies:
//
//   cut short, or a header that contradicts itself    drop
//   an IPv4 source in `blocked_network`, or in the    drop
//     map `blocked_sources`
//   a fragment, while `drop_fragments` is set         drop
//   a destination port in `blocked_ports`             drop
//   telnet, while `drop_telnet` is set                drop, and the first few are logged
//   ICMP echo request to us, while `answer_echo`      answered: sent back as the reply
//   IPv4 that is to be forwarded (`forward_network`)  passed with its TTL one lower, dropped at the end of it
//   anything else                                     passed
//
// Tags (802.1Q, 802.1ad, up to two) are looked through. The operator's choices are the globals below. A source that
// knocks on telnet too often is put into `blocked_sources` by the program itself.
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

#define IPV4(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

// Fixed when the object is loaded (.rodata).
const volatile __u32 blocked_network = IPV4(192, 0, 2, 64);
const volatile __u32 blocked_mask = IPV4(255, 255, 255, 192);
const volatile __u32 forward_network = IPV4(198, 51, 100, 0);
const volatile __u32 forward_mask = IPV4(255, 255, 255, 0);
const volatile __u32 our_address = IPV4(192, 0, 2, 2);
const volatile __u32 knocks_allowed = 24;
const volatile __u16 blocked_ports[4] = {4242, 135, 445, 3389};

// May be changed while it runs (.data).
__u32 drop_fragments = 1;
__u32 drop_telnet = 1;
__u32 answer_echo = 1;
__u32 log_limit = 4;

// Counted while it runs (.bss).
__u32 logged;

enum protocol {
    PROTOCOL_OTHER,
    PROTOCOL_ARP,
    PROTOCOL_ICMP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
    PROTOCOL_IPV6_OTHER,
    PROTOCOL_ICMPV6,
    PROTOCOL_TCP6,
    PROTOCOL_UDP6,
    PROTOCOL_COUNT,
};

#define VERDICT_COUNT 5 // XDP_ABORTED ... XDP_REDIRECT

struct counter {
    __u64 packets;
    __u64 bytes;
};

// Index: verdict * PROTOCOL_COUNT + protocol.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, VERDICT_COUNT * PROTOCOL_COUNT);
    __type(key, __u32);
    __type(value, struct counter);
} counters SEC(".maps");

// IPv4 sources in host order -> packets dropped because of them.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} blocked_sources SEC(".maps");

// IPv4 sources in host order -> telnet packets seen from them.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u32);
} knocks SEC(".maps");

struct vlan_header {
    __be16 control;
    __be16 encapsulated;
};

// <linux/icmp.h> would bring in the C library's headers, which a BPF target has none of.
struct echo_header {
    __u8 type;
    __u8 code;
    __sum16 checksum;
    __be16 identifier;
    __be16 sequence;
};

#define ICMP_ECHOREPLY 0
#define ICMP_ECHO 8

// What the parser learned. Offsets are from the start of the frame.
struct packet {
    void *data;
    void *end;
    struct ethhdr *ethernet;
    __u32 source; // IPv4, host order
    __u32 destination;
    __u32 protocol;
    __u16 port; // destination port, host order
};

static __always_inline __u32 rotated_sum(__u32 sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

// Replaces one 16-bit word under an Internet checksum (RFC 1624, equation 3).
static __always_inline __sum16 checksum_replacing(__sum16 checksum, __u16 old, __u16 new)
{
    return (__sum16)~rotated_sum((__u16)~checksum + (__u16)~old + new);
}

// A function of its own, so that the object has a call between programs.
static __noinline int is_blocked_source(__u32 source)
{
    __u64 *dropped;

    if ((source & blocked_mask) == blocked_network)
        return 1;
    dropped = bpf_map_lookup_elem(&blocked_sources, &source);
    if (!dropped)
        return 0;
    __sync_fetch_and_add(dropped, 1);
    return 1;
}

static __always_inline void note_knock(__u32 source)
{
    __u32 *seen = bpf_map_lookup_elem(&knocks, &source);
    __u32 first = 1;
    __u64 dropped = 0;

    if (!seen) {
        bpf_map_update_elem(&knocks, &source, &first, BPF_NOEXIST);
        return;
    }
    __sync_fetch_and_add(seen, 1);
    if (*seen > knocks_allowed) {
        bpf_map_update_elem(&blocked_sources, &source, &dropped, BPF_NOEXIST);
        bpf_map_delete_elem(&knocks, &source);
    }
}

static __always_inline int is_blocked_port(__u16 port)
{
#pragma unroll
    for (int i = 0; i < 4; i++)
        if (port == blocked_ports[i])
            return 1;
    return 0;
}

static __always_inline int ports_verdict(struct packet *packet, void *transport, __u32 header)
{
    // Both TCP and UDP begin with the two ports.
    struct udphdr *ports = transport;

    if (transport + header > packet->end)
        return XDP_DROP;
    packet->port = bpf_ntohs(ports->dest);
    if (is_blocked_port(packet->port))
        return XDP_DROP;
    if (drop_telnet && (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_TCP6) && packet->port == 23) {
        if (logged < log_limit) {
            logged++;
            bpf_printk("telnet from %x dropped", packet->source);
        }
        if (packet->source)
            note_knock(packet->source);
        return XDP_DROP;
    }
    return XDP_PASS;
}

// Turns an echo request into its reply, in place.
static __always_inline int echo_verdict(struct packet *packet, struct iphdr *ip, struct echo_header *icmp)
{
    __u8 station[ETH_ALEN];
    __be32 address;

    if ((void *)(icmp + 1) > packet->end)
        return XDP_DROP;
    if (!answer_echo || icmp->type != ICMP_ECHO || packet->destination != our_address)
        return XDP_PASS;

    __builtin_memcpy(station, packet->ethernet->h_dest, ETH_ALEN);
    __builtin_memcpy(packet->ethernet->h_dest, packet->ethernet->h_source, ETH_ALEN);
    __builtin_memcpy(packet->ethernet->h_source, station, ETH_ALEN);
    // Swapping the addresses leaves the header's checksum as it was.
    address = ip->saddr;
    ip->saddr = ip->daddr;
    ip->daddr = address;
    icmp->checksum = checksum_replacing(icmp->checksum, bpf_htons(ICMP_ECHO << 8), bpf_htons(ICMP_ECHOREPLY << 8));
    icmp->type = ICMP_ECHOREPLY;
    return XDP_TX;
}

static __always_inline int forward_verdict(struct packet *packet, struct iphdr *ip)
{
    __u16 *word = (__u16 *)&ip->ttl; // TTL and protocol share a word of the checksum
    __u16 old = *word;

    if ((packet->destination & forward_mask) != forward_network)
        return XDP_PASS;
    if (ip->ttl <= 1)
        return XDP_DROP;
    ip->ttl--;
    ip->check = checksum_replacing(ip->check, old, *word);
    return XDP_PASS;
}

static __always_inline int ipv4_verdict(struct packet *packet, void *network)
{
    struct iphdr *ip = network;
    void *transport;
    int verdict = XDP_PASS;
    __u32 header;

    if ((void *)(ip + 1) > packet->end)
        return XDP_DROP;
    header = ip->ihl * 4;
    if (ip->version != 4 || header < sizeof(*ip) || network + header > packet->end)
        return XDP_DROP;
    if (bpf_ntohs(ip->tot_len) < header || bpf_ntohs(ip->tot_len) > packet->end - network)
        return XDP_DROP;

    packet->source = bpf_ntohl(ip->saddr);
    packet->destination = bpf_ntohl(ip->daddr);
    switch (ip->protocol) {
    case IPPROTO_ICMP: packet->protocol = PROTOCOL_ICMP; break;
    case IPPROTO_TCP: packet->protocol = PROTOCOL_TCP; break;
    case IPPROTO_UDP: packet->protocol = PROTOCOL_UDP; break;
    }
    if (is_blocked_source(packet->source))
        return XDP_DROP;
    if (ip->frag_off & bpf_htons(0x3fff)) // more to come, or not the first
        return drop_fragments ? XDP_DROP : forward_verdict(packet, ip);

    transport = network + header;
    if (packet->protocol == PROTOCOL_TCP)
        verdict = ports_verdict(packet, transport, sizeof(struct tcphdr));
    else if (packet->protocol == PROTOCOL_UDP)
        verdict = ports_verdict(packet, transport, sizeof(struct udphdr));
    else if (packet->protocol == PROTOCOL_ICMP)
        verdict = echo_verdict(packet, ip, transport);
    return verdict == XDP_PASS ? forward_verdict(packet, ip) : verdict;
}

static __always_inline int ipv6_verdict(struct packet *packet, void *network)
{
    struct ipv6hdr *ip = network;

    packet->protocol = PROTOCOL_IPV6_OTHER;
    if ((void *)(ip + 1) > packet->end || ip->version != 6)
        return XDP_DROP;
    if (bpf_ntohs(ip->payload_len) > packet->end - (void *)(ip + 1))
        return XDP_DROP;
    switch (ip->nexthdr) {
    case IPPROTO_FRAGMENT:
        return drop_fragments ? XDP_DROP : XDP_PASS;
    case IPPROTO_ICMPV6:
        packet->protocol = PROTOCOL_ICMPV6;
        return (void *)(ip + 1) + sizeof(struct echo_header) > packet->end ? XDP_DROP : XDP_PASS;
    case IPPROTO_TCP:
        packet->protocol = PROTOCOL_TCP6;
        return ports_verdict(packet, ip + 1, sizeof(struct tcphdr));
    case IPPROTO_UDP:
        packet->protocol = PROTOCOL_UDP6;
        return ports_verdict(packet, ip + 1, sizeof(struct udphdr));
    }
    return XDP_PASS;
}

static __always_inline int frame_verdict(struct packet *packet)
{
    void *network = packet->ethernet + 1;
    __be16 type;

    if (network > packet->end)
        return XDP_DROP;
    type = packet->ethernet->h_proto;
#pragma unroll
    for (int tags = 0; tags < 2; tags++) {
        struct vlan_header *tag = network;

        if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
            break;
        if ((void *)(tag + 1) > packet->end)
            return XDP_DROP;
        type = tag->encapsulated;
        network = tag + 1;
    }

    if (type == bpf_htons(ETH_P_IP))
        return ipv4_verdict(packet, network);
    if (type == bpf_htons(ETH_P_IPV6))
        return ipv6_verdict(packet, network);
    if (type == bpf_htons(ETH_P_ARP))
        packet->protocol = PROTOCOL_ARP;
    return XDP_PASS;
}

SEC("xdp")
int firewall(struct xdp_md *context)
{
    struct packet packet = {
        .data = (void *)(long)context->data,
        .end = (void *)(long)context->data_end,
        .ethernet = (void *)(long)context->data,
        .protocol = PROTOCOL_OTHER,
    };
    __u32 verdict = frame_verdict(&packet);
    __u32 index = verdict * PROTOCOL_COUNT + packet.protocol;
    struct counter *counter = bpf_map_lookup_elem(&counters, &index);

    if (counter) {
        counter->packets++;
        counter->bytes += packet.end - packet.data;
    }
    return verdict;
}
