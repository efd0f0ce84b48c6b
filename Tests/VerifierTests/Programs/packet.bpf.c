// Packets as C programs read them: what clang makes of the usual checks.
#include "prelude.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 256);
} counters SEC(".maps");

// == C: an Ethernet header is checked and read
// accepted
SEC("xdp") int ethernet_checked(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if (data + sizeof(*eth) > end)
        return XDP_DROP;
    return eth->h_proto == bpf_htons(0x800) ? XDP_PASS : XDP_DROP;
}

// == C: an Ethernet header is read without a check
// because a packet may be shorter than 14 bytes
// rejected
SEC("xdp") int ethernet_unchecked(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    struct ethhdr *eth = data;
    return eth->h_proto == bpf_htons(0x800) ? XDP_PASS : XDP_DROP;  // rejected: outOfBoundsPacket checkPacketBounds
}

// == C: the check is of the pointer's size instead of the header's
// because sizeof(eth) is 8, and the type stands at byte 12
// rejected
SEC("xdp") int ethernet_pointer_size(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if (data + sizeof(eth) > end)
        return XDP_DROP;
    return eth->h_proto == bpf_htons(0x800) ? XDP_PASS : XDP_DROP;  // rejected: outOfBoundsPacket checkPacketBounds
}

// == C: IPv4 and UDP behind a header of variable length
// accepted
SEC("xdp") int udp_port(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(0x800))
        return XDP_PASS;
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end || ip->ihl < 5 || ip->protocol != 17)
        return XDP_PASS;
    struct udphdr *udp = (void *)ip + ip->ihl * 4;
    if ((void *)(udp + 1) > end)
        return XDP_PASS;
    return udp->dest == bpf_htons(53) ? XDP_DROP : XDP_PASS;
}

// == C: IPv4 and UDP, and only the first 20 bytes of the IPv4 header are known to be there
// because with options the UDP header stands up to 40 bytes further on
// rejected
SEC("xdp") int udp_port_unchecked(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) + sizeof(struct udphdr) > end || ip->ihl < 5)
        return XDP_PASS;
    struct udphdr *udp = (void *)ip + ip->ihl * 4;
    return udp->dest == bpf_htons(53) ? XDP_DROP : XDP_PASS;  // rejected: outOfBoundsPacket checkPacketBounds
}

// == C: the check is of the IPv4 header, the read of the IPv6 header
// because an IPv6 header has 40 bytes, of which 20 were checked
// rejected
SEC("xdp") int wrong_header(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end)
        return XDP_PASS;
    if (((volatile struct ethhdr *)eth)->h_proto == bpf_htons(0x86dd)) {
        struct ipv6hdr *ip6 = (void *)(eth + 1);
        return *(volatile u8 *)&ip6->daddr[15] == 1 ? XDP_DROP : XDP_PASS;  // rejected: outOfBoundsPacket checkPacketBounds
    }
    return ip->protocol == 17 ? XDP_DROP : XDP_PASS;
}

static __always_inline int parse(void *data, void *end, struct iphdr **ip)
{
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return -1;
    if (eth->h_proto != bpf_htons(0x800))
        return 0;
    *ip = (void *)(eth + 1);
    if ((void *)(*ip + 1) > end)
        return -1;
    return 1;
}

// == C: an inlined parser says by its result what it has checked
// accepted
SEC("xdp") int parsed(struct xdp_md *ctx)
{
    struct iphdr *ip = NULL;
    int result = parse((void *)(long)ctx->data, (void *)(long)ctx->data_end, &ip);
    u32 seen = bpf_get_prandom_u32();
    if (result == 1 && seen != 7)
        return ip->protocol == 17 ? XDP_DROP : XDP_PASS;
    return XDP_PASS;
}

// == C: VLAN tags are skipped in a loop, each checked
// accepted
SEC("xdp") int vlans(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return XDP_PASS;
    be16 proto = eth->h_proto;
    struct vlanhdr *vlan = (void *)(eth + 1);
    for (int i = 0; i < 4; i++) {
        if (proto != bpf_htons(0x8100))
            break;
        if ((void *)(vlan + 1) > end)
            return XDP_DROP;
        proto = vlan->proto;
        vlan++;
    }
    return proto == bpf_htons(0x800) ? XDP_PASS : XDP_DROP;
}

// == C: VLAN tags are skipped in a loop, the first checked
// because the second tag need not be there
// rejected
SEC("xdp") int vlans_unchecked(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct vlanhdr *vlan = (void *)(eth + 1);
    if ((void *)(vlan + 1) > end)
        return XDP_PASS;
    be16 proto = eth->h_proto;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 4; i++) {
        if (proto != bpf_htons(0x8100))
            break;
        proto = *(volatile be16 *)&vlan->proto;  // rejected: outOfBoundsPacket
        vlan++;
    }
    return proto == bpf_htons(0x800) ? XDP_PASS : XDP_DROP;
}

// == C: the packet is used after its head was moved
// because the old pointers are of the packet before
// rejected
SEC("xdp") int moved(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return XDP_PASS;
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*eth)))
        return XDP_DROP;
    return eth->h_dest[0];  // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
}

// == C: the pointers are loaded again after the packet's head was moved
// accepted
SEC("xdp") int moved_and_loaded(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct ethhdr)))
        return XDP_DROP;
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return XDP_DROP;
    __builtin_memset(eth, 0, sizeof(*eth));
    return XDP_TX;
}

// == C: a header is written one byte further than was checked
// because 14 bytes are checked and 16 written
// rejected
SEC("xdp") int cleared_too_far(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    if (data + 14 > end)
        return XDP_DROP;
    *(volatile u64 *)data = 0;
    *(volatile u64 *)(data + 8) = 0;  // rejected: outOfBoundsPacket checkPacketBounds
    return XDP_TX;
}

// == C: bytes of the payload are summed, as many as there are, 128 at most
// accepted
SEC("xdp") int summed(struct xdp_md *ctx)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    u32 sum = 0;
    for (int i = 0; i < 128; i++) {
        if (data + i + 1 > end)
            break;
        sum += data[i];
    }
    return sum & 1 ? XDP_PASS : XDP_DROP;
}

// == C: a byte of the packet is the index into an array of 256
// accepted
SEC("xdp") int counted(struct xdp_md *ctx)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    if (data + 1 > end)
        return XDP_PASS;
    u32 key = data[0];
    u64 *count = bpf_map_lookup_elem(&counters, &key);
    if (count)
        __sync_fetch_and_add(count, 1);
    return XDP_PASS;
}

// == C: a byte of the packet is the index into an array of 256, and nobody asks whether it was found
// because whether an index is in range is the map's to say, by a null pointer
// rejected
SEC("xdp") int counted_unchecked(struct xdp_md *ctx)
{
    u32 key = ctx->rx_queue_index;
    u64 *count = bpf_map_lookup_elem(&counters, &key);
    *count += 1;  // rejected: possiblyNull checkForNull
    return XDP_PASS;
}

static __noinline int is_tcp(struct xdp_md *ctx, u32 offset)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    if (offset > 100 || data + offset + sizeof(struct tcphdr) > end)
        return 0;
    struct tcphdr *tcp = (void *)data + offset;
    return tcp->dest == bpf_htons(80);
}

// == C: a function that is not inlined checks its own read
// accepted
SEC("xdp") int in_a_function(struct xdp_md *ctx)
{
    return is_tcp(ctx, 34) + is_tcp(ctx, ctx->rx_queue_index) ? XDP_DROP : XDP_PASS;
}

// == C: a function that is not inlined leaves the check to its caller, who has none
// because the function reads 14 bytes of whatever packet it is given
// rejected
static __noinline int type_of(struct ethhdr *eth)
{
    return eth->h_proto;  // rejected: outOfBoundsPacket checkPacketBounds
}

SEC("xdp") int in_an_unsafe_function(struct xdp_md *ctx)
{
    return type_of((void *)(long)ctx->data) == bpf_htons(0x800) ? XDP_DROP : XDP_PASS;
}

// == C: the metadata before the packet
// accepted
SEC("xdp") int metadata(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_meta(ctx, -4))
        return XDP_PASS;
    u32 *meta = (void *)(long)ctx->data_meta;
    void *data = (void *)(long)ctx->data;
    if ((void *)(meta + 1) > data)
        return XDP_PASS;
    *meta = 42;
    return XDP_PASS;
}

// == C: a socket buffer is pulled and then read
// accepted
SEC("tc") int pulled(struct __sk_buff *skb)
{
    if (bpf_skb_pull_data(skb, 34))
        return TC_ACT_OK;
    void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > end)
        return TC_ACT_OK;
    return ip->protocol == 6 ? TC_ACT_SHOT : TC_ACT_OK;
}

// == C: a socket buffer is read, pulled and read again
// because pulling may move the packet to other memory
// rejected
SEC("tc") int pulled_between(struct __sk_buff *skb)
{
    void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > end)
        return TC_ACT_OK;
    u8 first = *(volatile u8 *)&ip->protocol;
    if (bpf_skb_pull_data(skb, 64))
        return TC_ACT_OK;
    u8 second = *(volatile u8 *)&ip->ttl;  // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
    return first == second ? TC_ACT_SHOT : TC_ACT_OK;
}
