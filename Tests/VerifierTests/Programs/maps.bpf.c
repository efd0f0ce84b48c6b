// Maps as C programs use them: look-ups, indices, constants, maps of maps, locks.
#include "prelude.h"

struct entry {
    u32 count;
    u32 slots[16];
    u64 last;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, struct entry);
    __uint(max_entries, 128);
} entries SEC(".maps");

struct guarded {
    struct bpf_spin_lock lock;
    u32 uses;
    u64 total;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, u32);
    __type(value, struct guarded);
    __uint(max_entries, 4);
} guards SEC(".maps");

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 8);
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(key_size, 4);
    __uint(max_entries, 4);
    __array(values, struct inner);
} outer SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

const volatile u32 slot_limit = 15;
const volatile u32 slot_limit_too_high = 16;
volatile u32 slot_setting = 15;
static volatile u8 table[32];

// == C: an entry is counted
// accepted
SEC("xdp") int entry_counted(struct xdp_md *ctx)
{
    u32 key = ctx->ingress_ifindex;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry)
        return XDP_PASS;
    entry->count++;
    entry->last = bpf_ktime_get_ns();
    return XDP_PASS;
}

// == C: an entry is counted before anybody asked whether it is there
// because the map may not have the key
// rejected
SEC("xdp") int entry_unchecked(struct xdp_md *ctx)
{
    u32 key = ctx->ingress_ifindex;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    entry->count++;  // rejected: possiblyNull checkForNull
    return XDP_PASS;
}

// == C: the second of two look-ups is not checked
// because the check is of the first entry
// rejected
SEC("xdp") int second_unchecked(struct xdp_md *ctx)
{
    u32 key = ctx->ingress_ifindex, other = ctx->rx_queue_index;
    struct entry *first = bpf_map_lookup_elem(&entries, &key);
    if (!first)
        return XDP_PASS;
    struct entry *second = bpf_map_lookup_elem(&entries, &other);
    first->count++;
    second->count++;  // rejected: possiblyNull checkForNull
    return XDP_PASS;
}

// == C: an index is masked
// accepted
SEC("xdp") int index_masked(struct xdp_md *ctx)
{
    u32 key = 1;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry)
        return XDP_PASS;
    entry->slots[ctx->rx_queue_index & 15]++;
    return XDP_PASS;
}

// == C: an index is not masked
// because the queue's number comes from outside
// rejected
SEC("xdp") int index_unmasked(struct xdp_md *ctx)
{
    u32 key = 1;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry)
        return XDP_PASS;
    entry->slots[ctx->rx_queue_index]++;  // rejected: outOfBoundsMapValue
    return XDP_PASS;
}

// == C: an index is checked with the wrong comparison
// because an index of 20 is let through: 4 + 20 * 4 bytes and 4 more are beyond the value's 80
// rejected
SEC("xdp") int index_off(struct xdp_md *ctx)
{
    u32 key = 1, index = ctx->rx_queue_index;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry || index > 20)
        return XDP_PASS;
    entry->slots[index]++;  // rejected: outOfBoundsMapValue
    return XDP_PASS;
}

// == C: a signed index is checked above only
// because a negative index is below 16 too
// rejected
SEC("xdp") int index_signed(struct xdp_md *ctx)
{
    u32 key = 1;
    int index = (int)bpf_get_prandom_u32() >> 20;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry || index >= 16)
        return XDP_PASS;
    entry->slots[index]++;  // rejected: outOfBoundsMapValue
    return XDP_PASS;
}

// == C: a signed index is checked on both sides
// accepted
SEC("xdp") int index_signed_checked(struct xdp_md *ctx)
{
    u32 key = 1;
    int index = (int)bpf_get_prandom_u32() >> 20;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry || index >= 16 || index < 0)
        return XDP_PASS;
    entry->slots[index]++;
    return XDP_PASS;
}

// == C: a constant of the program is the bound
// accepted
SEC("xdp") int bound_constant(struct xdp_md *ctx)
{
    u32 index = ctx->rx_queue_index;
    if (index > slot_limit)
        return XDP_PASS;
    return table[index + 16];
}

// == C: a constant of the program is the bound, one too high
// because the constant is 16, and 16 + 16 is past the table's 32
// rejected
SEC("xdp") int bound_constant_too_high(struct xdp_md *ctx)
{
    u32 index = ctx->rx_queue_index;
    if (index > slot_limit_too_high)
        return XDP_PASS;
    u32 key = 1;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry)
        return XDP_PASS;
    return *(volatile u8 *)((u8 *)entry + 64 + index);  // rejected: outOfBoundsMapValue
}

// == C: a variable of the program is the bound
// because whoever runs the program may set the variable to anything
// rejected
SEC("xdp") int bound_variable(struct xdp_md *ctx)
{
    u32 index = ctx->rx_queue_index & 127, key = 1;
    struct entry *entry = bpf_map_lookup_elem(&entries, &key);
    if (!entry || index > slot_setting)
        return XDP_PASS;
    return *(volatile u8 *)((u8 *)entry + 64 + index);  // rejected: outOfBoundsMapValue
}

// == C: a constant of the program is written
// because constants may only be read
// rejected
SEC("xdp") int constant_written(struct xdp_md *ctx)
{
    u32 *limit = (u32 *)&slot_limit;
    asm volatile("" : "+r"(limit));
    *limit = 5;  // rejected: readOnlyMemory
    return XDP_PASS;
}

// == C: a key on the stack is filled
// accepted
SEC("xdp") int value_filled(struct xdp_md *ctx)
{
    u32 key = 1;
    struct entry entry = {};
    entry.count = 1;
    bpf_map_update_elem(&entries, &key, &entry, 0);
    return XDP_PASS;
}

// == C: a value on the stack has a hole
// because 64 bytes of slots were never written, and would be kept in the map
// rejected
SEC("xdp") int value_with_hole(struct xdp_md *ctx)
{
    u32 key = 1;
    struct entry entry;
    entry.count = 1;
    entry.last = 2;
    bpf_map_update_elem(&entries, &key, &entry, 0);  // rejected: uninitialisedStack initialiseStack
    return XDP_PASS;
}

// == C: a map of maps: both look-ups are checked
// accepted
SEC("xdp") int inner_checked(struct xdp_md *ctx)
{
    u32 key = 1;
    void *map = bpf_map_lookup_elem(&outer, &key);
    if (!map)
        return XDP_PASS;
    u64 *value = bpf_map_lookup_elem(map, &key);
    if (value)
        *value += 1;
    return XDP_PASS;
}

// == C: a map of maps: the inner map is not checked
// because the outer map may have nothing in that place
// rejected
SEC("xdp") int inner_map_unchecked(struct xdp_md *ctx)
{
    u32 key = 1;
    void *map = bpf_map_lookup_elem(&outer, &key);
    u64 *value = bpf_map_lookup_elem(map, &key);  // rejected: possiblyNull|helperArgument checkForNull
    if (value)
        *value += 1;
    return XDP_PASS;
}

// == C: a map of maps: the inner value is not checked
// because the inner map has eight elements, and its look-up may find nothing
// rejected
SEC("xdp") int inner_value_unchecked(struct xdp_md *ctx)
{
    u32 key = ctx->rx_queue_index;
    void *map = bpf_map_lookup_elem(&outer, &key);
    if (!map)
        return XDP_PASS;
    u64 *value = bpf_map_lookup_elem(map, &key);
    *value += 1;  // rejected: possiblyNull checkForNull
    return XDP_PASS;
}

// == C: a map of maps: the inner map is read as if it were a value
// because what the outer map holds are maps, which nobody may read
// rejected
SEC("xdp") int inner_map_read(struct xdp_md *ctx)
{
    u32 key = 1;
    u64 *map = bpf_map_lookup_elem(&outer, &key);
    if (!map)
        return XDP_PASS;
    return *(volatile u64 *)map & 1;  // rejected: notAPointer|outOfBoundsMemory|readOnlyMemory|outOfBoundsMapValue
}

// == C: a map of maps: past the end of the inner value
// because an inner value has eight bytes
// rejected
SEC("xdp") int inner_value_past_end(struct xdp_md *ctx)
{
    u32 key = 1;
    void *map = bpf_map_lookup_elem(&outer, &key);
    if (!map)
        return XDP_PASS;
    u64 *value = bpf_map_lookup_elem(map, &key);
    if (value)
        value[1] = 1;  // rejected: outOfBoundsMapValue
    return XDP_PASS;
}

// == C: a lock is taken and given back
// accepted
SEC("xdp") int locked(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    value->uses++;
    value->total += ctx->data_end - ctx->data;
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}

// == C: a lock is not given back
// because everybody else who wants the lock waits for ever
// rejected
SEC("xdp") int lock_kept(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    value->uses++;
    return XDP_DROP;
}  // rejected: lockHeld unlockOnEveryPath

// == C: a lock is not given back on one way
// because with more than ten uses the program ends with the lock held
// rejected
SEC("xdp") int lock_kept_sometimes(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    if (value->uses++ > 10)
        return XDP_DROP;
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}  // rejected: lockHeld unlockOnEveryPath

// == C: a lock is taken twice
// because whoever holds the lock waits for itself
// rejected
SEC("xdp") int locked_twice(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    bpf_spin_lock(&value->lock);  // rejected: lockMisuse|lockHeld
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}

// == C: a lock is given back that was never taken
// because somebody else may hold it
// rejected
SEC("xdp") int unlocked_only(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_unlock(&value->lock);  // rejected: lockMisuse
    return XDP_PASS;
}

// == C: the lock of one entry is taken and that of another given back
// because the first entry's lock is never given back
// rejected
SEC("xdp") int wrong_lock(struct xdp_md *ctx)
{
    u32 key = 0, other = 1;
    struct guarded *first = bpf_map_lookup_elem(&guards, &key);
    struct guarded *second = bpf_map_lookup_elem(&guards, &other);
    if (!first || !second)
        return XDP_PASS;
    bpf_spin_lock(&first->lock);
    first->uses++;
    bpf_spin_unlock(&second->lock);  // rejected: lockMisuse
    return XDP_PASS;
}

// == C: a helper is called with a lock held
// because a helper may wait, or want the same lock
// rejected
SEC("xdp") int call_under_lock(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    value->total = bpf_ktime_get_ns();  // rejected: lockHeld|lockMisuse
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}

// == C: the bytes of a lock are written
// because a lock belongs to the helpers
// rejected
SEC("xdp") int lock_written(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    *(volatile u32 *)&value->lock = 0;  // rejected: lockMisuse
    return XDP_PASS;
}

// == C: the bytes of a lock are read
// because a lock belongs to the helpers
// rejected
SEC("xdp") int lock_read(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    return *(volatile u32 *)&value->lock & 1;  // rejected: lockMisuse
}

// == C: a lock where none is
// because the number behind the lock is none
// rejected
SEC("xdp") int no_lock(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded *value = bpf_map_lookup_elem(&guards, &key);
    if (!value)
        return XDP_PASS;
    bpf_spin_lock((void *)&value->uses);  // rejected: lockMisuse|helperArgument
    bpf_spin_unlock((void *)&value->uses);  // perhaps rejected: lockMisuse|helperArgument
    return XDP_PASS;
}

// == C: an event goes through the ring
// accepted
SEC("xdp") int event(struct xdp_md *ctx)
{
    struct { u64 time; u32 queue, pad; } *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
    if (!event)
        return XDP_PASS;
    event->time = bpf_ktime_get_ns();
    event->queue = ctx->rx_queue_index;
    event->pad = 0;
    bpf_ringbuf_submit(event, 0);
    return XDP_PASS;
}

// == C: an event is dropped on one way without being given back
// because on queue 0 the record is never submitted nor discarded
// rejected
SEC("xdp") int event_leaked(struct xdp_md *ctx)
{
    u64 *event = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!event)
        return XDP_PASS;
    if (ctx->rx_queue_index == 0)
        return XDP_DROP;
    *event = 1;
    bpf_ringbuf_submit(event, 0);
    return XDP_PASS;
}  // rejected: unreleasedReference releaseOnEveryPath
