// The operations of the cross-platform suite bpf_performance, each 256 times in one event, so that what an event costs by itself is
// little beside them; a program of the same shape that does nothing is what they are compared with.
//
// Keys come in the order of a generator whose state outlives the event: over all elements, at random, and never twice the same way,
// so that a large map misses the caches as it would in use. A program in which anything fails, or a value is not what was put there, ends
// at once and says XDP_ABORTED.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#ifndef ROUNDS
#define ROUNDS 256
#endif
#define K 1024

static volatile __u64 generator;
static volatile __u64 rolled;
char record[1424];

// What stands in a loop that does nothing: the key is in memory, as a helper wants it, and nobody knows what for.
#define KEPT(key) asm volatile("" : : "r"(&(key)) : "memory")

#define EACH_ROUND(name, entries, ...)                                                  \
    SEC("xdp") int name(struct xdp_md *context)                                         \
    {                                                                                   \
        __u64 state = generator;                                                        \
        _Pragma("clang loop unroll(disable)") for (int i = 0; i < ROUNDS; i++) {        \
            state = state * 6364136223846793005ull + 1442695040888963407ull;            \
            __u32 key = state >> 40 & ((entries) - 1);                                  \
            KEPT(key);                                                                  \
            __VA_ARGS__                                                                 \
        }                                                                               \
        generator = state;                                                              \
        return XDP_PASS;                                                                \
    }

// --- no map

EACH_ROUND(baseline, K, {})

#define EACH_CALL(name, body)                                                           \
    SEC("xdp") int name(struct xdp_md *context)                                         \
    {                                                                                   \
        _Pragma("clang loop unroll(disable)") for (int i = 0; i < ROUNDS; i++) {        \
            body;                                                                       \
        }                                                                               \
        return XDP_PASS;                                                                \
    }
#define USED(value) asm volatile("" : : "r"(value) : "memory")

EACH_CALL(baseline_call, asm volatile("" : : : "memory"))
EACH_CALL(prandom, USED((__u64)bpf_get_prandom_u32()))
EACH_CALL(ktime, USED(bpf_ktime_get_ns()))
EACH_CALL(smp_id, USED((__u64)bpf_get_smp_processor_id()))

// --- arrays and hashes

#define MAP(name, kind, entries, flags)                                                 \
    struct {                                                                            \
        __uint(type, BPF_MAP_TYPE_##kind);                                              \
        __uint(max_entries, entries);                                                   \
        __uint(map_flags, flags);                                                       \
        __type(key, __u32);                                                             \
        __type(value, __u32);                                                           \
    } name SEC(".maps")

#define READ(map)                                                                       \
    {                                                                                   \
        volatile __u32 *value = bpf_map_lookup_elem(&map, &key);                        \
        if (!value || *value != key) return XDP_ABORTED;                                \
    }
#define UPDATE(map)                                                                     \
    {                                                                                   \
        if (bpf_map_update_elem(&map, &key, &key, BPF_ANY)) return XDP_ABORTED;         \
    }
#define REPLACE(map)                                                                    \
    {                                                                                   \
        if (bpf_map_delete_elem(&map, &key)) return XDP_ABORTED;                        \
        if (bpf_map_update_elem(&map, &key, &key, BPF_ANY)) return XDP_ABORTED;         \
    }

#define TABLE(name, kind, keys, entries)                                                \
    MAP(name, kind, entries, 0);                                                        \
    EACH_ROUND(name##_read, keys, READ(name))                                           \
    EACH_ROUND(name##_update, keys, UPDATE(name))
#define REPLACED(name, keys) EACH_ROUND(name##_replace, keys, REPLACE(name))

TABLE(array, ARRAY, K, K)
TABLE(percpu_array, PERCPU_ARRAY, K, K)
TABLE(hash, HASH, K, K)
REPLACED(hash, K)
TABLE(percpu_hash, PERCPU_HASH, K, K)
REPLACED(percpu_hash, K)
// Linux gives up elements of a map that is not full, for the free lists of its processors: there is room, so that every key is found.
TABLE(lru_hash, LRU_HASH, K, 2 * K)
REPLACED(lru_hash, K)
TABLE(lru_percpu_hash, LRU_PERCPU_HASH, K, 2 * K)
REPLACED(lru_percpu_hash, K)
TABLE(hash_16k, HASH, 16 * K, 16 * K)
TABLE(hash_256k, HASH, 256 * K, 256 * K)
TABLE(hash_1m, HASH, K * K, K * K)

// A tenth of the map's keys are in use at a time, and these move on by one in every sixteenth round.
MAP(rolling_lru, LRU_HASH, 8 * K, 0);
SEC("xdp") int lru_hash_rolling(struct xdp_md *context)
{
    __u64 state = generator, base = rolled;

    _Pragma("clang loop unroll(disable)") for (int i = 0; i < ROUNDS; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        __u32 key = (base >> 4) + (state >> 40) % 819;
        __u32 *value = bpf_map_lookup_elem(&rolling_lru, &key);
        if (value)
            *value = 0;
        else if (bpf_map_update_elem(&rolling_lru, &key, &key, BPF_ANY))
            return XDP_ABORTED;
        base++;
    }
    generator = state;
    rolled = base;
    return XDP_PASS;
}
EACH_ROUND(baseline_rolling, K, {
    key = (state >> 40) % 819;
    KEPT(key);
})

// --- tries of IPv4 routes: more than half have 24 bits, the others from 17 to 23, as in tables of the Internet

struct route {
    __u32 length;
    __u32 address;
};

#define TRIE(name, entries)                                                             \
    struct {                                                                            \
        __uint(type, BPF_MAP_TYPE_LPM_TRIE);                                            \
        __uint(max_entries, entries);                                                   \
        __uint(map_flags, BPF_F_NO_PREALLOC);                                           \
        __type(key, struct route);                                                      \
        __type(value, __u32);                                                           \
    } name SEC(".maps");                                                                \
    EACH_ROUND(name##_read, entries, {                                                  \
        struct route route = {32, bpf_htonl(mixed(key))};                               \
        KEPT(route);                                                                    \
        volatile __u32 *value = bpf_map_lookup_elem(&name, &route);                     \
        if (!value) return XDP_ABORTED;                                                 \
        USED((__u64)*value);                                                            \
    })                                                                                  \
    EACH_ROUND(name##_update, entries, {                                                \
        struct route route = route_of(mixed(key));                                      \
        KEPT(route);                                                                    \
        if (bpf_map_update_elem(&name, &route, &key, BPF_ANY)) return XDP_ABORTED;      \
    })

// Each number to another one, over all of 32 bits.
static __always_inline __u32 mixed(__u32 number)
{
    number = (number ^ number >> 16) * 0x7feb352d;
    number = (number ^ number >> 15) * 0x846ca68b;
    return number ^ number >> 16;
}

static __always_inline struct route route_of(__u32 address)
{
    __u32 low = address & 15, rest;

    rest = low < 9 ? 8 : low;
    return (struct route){32 - rest, bpf_htonl(address >> rest << rest)};
}

EACH_ROUND(baseline_lpm_read, K, {
    struct route route = {32, bpf_htonl(mixed(key))};
    KEPT(route);
})
EACH_ROUND(baseline_lpm_update, K, {
    struct route route = route_of(mixed(key));
    KEPT(route);
})
TRIE(lpm_1k, K)
TRIE(lpm_16k, 16 * K)
TRIE(lpm_256k, 256 * K)
TRIE(lpm_1m, K * K)

// --- maps of maps: the lowest bits of a key choose among four

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, K);
    __type(key, __u32);
    __type(value, __u32);
} inner_0 SEC(".maps"), inner_1 SEC(".maps"), inner_2 SEC(".maps"), inner_3 SEC(".maps");

#define MAP_OF_MAPS(name, kind)                                                         \
    struct {                                                                            \
        __uint(type, BPF_MAP_TYPE_##kind);                                              \
        __uint(max_entries, 4);                                                         \
        __type(key, __u32);                                                             \
        __array(values, struct inner);                                                  \
    } name SEC(".maps") = {.values = {&inner_0, &inner_1, &inner_2, &inner_3}};         \
    EACH_ROUND(name##_read, 4 * K, {                                                    \
        __u32 outer = key & 3;                                                          \
        void *map = bpf_map_lookup_elem(&name, &outer);                                 \
        if (!map) return XDP_ABORTED;                                                   \
        key >>= 2;                                                                      \
        volatile __u32 *value = bpf_map_lookup_elem(map, &key);                         \
        if (!value || *value != key) return XDP_ABORTED;                                \
    })

MAP_OF_MAPS(array_of_maps, ARRAY_OF_MAPS)
MAP_OF_MAPS(hash_of_maps, HASH_OF_MAPS)

// --- a ring, in which several events have room before anybody reads

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8 * K * K);
} ring SEC(".maps");

EACH_CALL(ringbuf_small, if (bpf_ringbuf_output(&ring, record, 16, 0)) return XDP_ABORTED)
EACH_CALL(ringbuf_400, if (bpf_ringbuf_output(&ring, record, 400, 0)) return XDP_ABORTED)
EACH_CALL(ringbuf_1420, if (bpf_ringbuf_output(&ring, record, 1420, 0)) return XDP_ABORTED)

// --- tail calls, as many as an event may make (33); compared with one that finds nothing

int tail_call_next(struct xdp_md *context);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __array(values, int(struct xdp_md *));
} programs SEC(".maps") = {.values = {[0] = (void *)&tail_call_next}};

SEC("xdp") int tail_call(struct xdp_md *context)
{
    bpf_tail_call(context, &programs, 0);
    return XDP_ABORTED;
}
SEC("xdp") int tail_call_next(struct xdp_md *context)
{
    bpf_tail_call(context, &programs, 0);
    return XDP_PASS;
}
SEC("xdp") int baseline_tail_call(struct xdp_md *context)
{
    bpf_tail_call(context, &programs, 1);
    return XDP_PASS;
}
