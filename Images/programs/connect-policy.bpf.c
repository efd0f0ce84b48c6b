// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Says whom the processes of a cgroup may connect to. The longest prefix of `destinations` that the address is in decides: its rule
// allows or denies, for one port or all, or sends the connection somewhere else. What is in none is denied.
#include "packet.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define DENY 0
#define ALLOW 1
#define REDIRECT 2

struct destination {
    __u32 prefix; // bits of the address that count
    __u8 address[16]; // IPv4 as ::ffff:a.b.c.d
};

struct rule {
    __u32 action;
    __be32 address; // REDIRECT of an IPv4 connection: where it goes instead
    __be16 port;    // 0: any
    __be16 redirected;
    __u64 matched;
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1024);
    __type(key, struct destination);
    __type(value, struct rule);
} destinations SEC(".maps");

static __always_inline struct rule *rule_for(struct destination *destination, __u32 port)
{
    struct rule *rule = bpf_map_lookup_elem(&destinations, destination);

    if (!rule || (rule->port && rule->port != port))
        return 0;
    __sync_fetch_and_add(&rule->matched, 1);
    return rule;
}

SEC("cgroup/connect4")
int connect_ipv4(struct bpf_sock_addr *context)
{
    struct destination destination = {.prefix = 128, .address = {[10] = 0xff, [11] = 0xff}};
    __be32 address = context->user_ip4;
    struct rule *rule;

    __builtin_memcpy(&destination.address[12], &address, sizeof(address));
    rule = rule_for(&destination, context->user_port);
    if (!rule || rule->action == DENY)
        return 0;
    if (rule->action == REDIRECT) {
        context->user_ip4 = rule->address;
        if (rule->redirected)
            context->user_port = rule->redirected;
    }
    return 1;
}

SEC("cgroup/connect6")
int connect_ipv6(struct bpf_sock_addr *context)
{
    struct destination destination = {.prefix = 128};
    __be32 words[4] = {context->user_ip6[0], context->user_ip6[1], context->user_ip6[2], context->user_ip6[3]};
    struct rule *rule;

    __builtin_memcpy(destination.address, words, sizeof(words));
    rule = rule_for(&destination, context->user_port);
    return rule && rule->action == ALLOW;
}
