// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Guards against floods of TCP SYN over XDP. Each IPv4 source has a bucket of `burst` tokens that fills by `rate` a second; a SYN takes
// one, and is dropped where there is none. Buckets are in an LRU map, so that a flood from ever new sources forgets the sources
// that it used up, and not the machine's memory. All else passes.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u64 rate = 10;
const volatile __u64 burst = 20;

#define SECOND 1000000000ull

struct bucket {
    __u64 filled; // ktime up to which tokens were counted
    __u64 tokens; // billionths
};

// IPv4 source, in network order.
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, __be32);
    __type(value, struct bucket);
} buckets SEC(".maps");

enum outcome { OTHER, SYN_PASSED, SYN_DROPPED, OUTCOME_COUNT };

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, OUTCOME_COUNT);
    __type(key, __u32);
    __type(value, __u64);
} outcomes SEC(".maps");

static __always_inline int count(__u32 outcome, int verdict)
{
    __u64 *packets = bpf_map_lookup_elem(&outcomes, &outcome);

    if (packets)
        *packets += 1;
    return verdict;
}

// Whether the source had a token left for this SYN.
static __always_inline int takes_token(__be32 source)
{
    __u64 now = bpf_ktime_get_ns();
    struct bucket *bucket = bpf_map_lookup_elem(&buckets, &source);
    struct bucket full = {.filled = now, .tokens = (burst - 1) * SECOND};
    __u64 idle, tokens;

    if (!bucket) {
        bpf_map_update_elem(&buckets, &source, &full, BPF_ANY);
        return 1;
    }
    idle = now - bucket->filled;
    // Longer than it takes to fill: the product below must not wrap.
    if (idle > burst * SECOND)
        idle = burst * SECOND;
    tokens = bucket->tokens + idle * rate;
    if (tokens > burst * SECOND)
        tokens = burst * SECOND;
    bucket->filled = now;
    bucket->tokens = tokens < SECOND ? tokens : tokens - SECOND;
    return tokens >= SECOND;
}

SEC("xdp")
int syn_guard(struct xdp_md *context)
{
    void *end = (void *)(long)context->data_end;
    struct iphdr *ip = plain_ipv4((void *)(long)context->data, end);
    struct tcphdr *tcp;

    if (!ip || ip->protocol != IPPROTO_TCP)
        return count(OTHER, XDP_PASS);
    tcp = transport_of(ip, end, sizeof(*tcp));
    if (!tcp)
        return count(OTHER, XDP_DROP);
    if (!tcp->syn || tcp->ack)
        return count(OTHER, XDP_PASS);
    return takes_token(ip->saddr) ? count(SYN_PASSED, XDP_PASS) : count(SYN_DROPPED, XDP_DROP);
}
