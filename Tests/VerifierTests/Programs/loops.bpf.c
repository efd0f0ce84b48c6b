// Loops and callbacks as C programs write them.
#include "prelude.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 64);
} counts SEC(".maps");

static volatile u32 numbers[64];

// == C: an array is walked
// accepted
SEC("xdp") int walked(struct xdp_md *ctx)
{
    u32 sum = 0;
    for (u32 i = 0; i < 64; i++)
        sum += numbers[i];
    return sum & 1;
}

// == C: an array of characters on the stack is walked one too far
// because the array has 64 bytes at the top of the frame, and the 65th is above it
// rejected
SEC("xdp") int walked_too_far(struct xdp_md *ctx)
{
    u64 bytes = ctx->rx_queue_index;
    u8 *walk = (u8 *)&bytes;
    u32 sum = 0;
#pragma clang loop unroll(disable)
    for (u32 i = 0; i < 9; i++) {
        asm volatile("" : "+r"(walk));
        sum += *walk++;  // rejected: outOfBoundsStack|uninitialisedStack
    }
    return sum & 1;
}

// == C: as many numbers as the context says, 64 at most
// accepted
SEC("xdp") int clamped(struct xdp_md *ctx)
{
    u32 count = ctx->rx_queue_index, sum = 0;
    if (count > 64)
        count = 64;
    for (u32 i = 0; i < count; i++)
        sum += numbers[i];
    return sum & 1;
}

// == C: as many keys as the context says
// because the number of rounds is up to 2^32, which is an end but a far one: each round deletes one key
// needsFuel
SEC("xdp") int drained(struct xdp_md *ctx)
{
    u32 key = 0;
    while (bpf_map_delete_elem(&counts, &key) == 0)
        key = bpf_get_prandom_u32();
    return XDP_PASS;
}

// == C: two loops, one in the other, over a table of bits
// accepted
SEC("xdp") int nested(struct xdp_md *ctx)
{
    u32 found = 0;
    for (u32 row = 0; row < 8; row++)
        for (u32 column = 0; column < 8; column++)
            if (numbers[row * 8 + column] == ctx->rx_queue_index)
                found++;
    return found & 1;
}

// == C: a loop ends where something is found, and what was found is used
// accepted
SEC("xdp") int found(struct xdp_md *ctx)
{
    u32 i;
    for (i = 0; i < 64; i++)
        if (numbers[i] == ctx->rx_queue_index)
            break;
    if (i == 64)
        return XDP_PASS;
    numbers[i] = 0;
    return XDP_DROP;
}

static int add(u32 index, u64 *sum)
{
    *sum += index;
    return 0;
}

// == C: a sum by a callback
// accepted
SEC("xdp") int summed_by_callback(struct xdp_md *ctx)
{
    u64 sum = 0;
    bpf_loop(100, add, &sum, 0);
    return sum & 1;
}

struct span {
    u32 count;
    u32 bytes[4];
};

// == C: a callback fills an array that is too small
// because the callback is called for indices up to 7, and the array has 4 elements at the top of the frame
// rejected
static int fill_too_far(u32 index, struct span *span)
{
    *(volatile u32 *)&span->bytes[index & 7] = 1;  // rejected: outOfBoundsStack
    return 0;
}

SEC("xdp") int filled_too_far(struct xdp_md *ctx)
{
    struct span span = {};
    bpf_loop(8, fill_too_far, &span, 0);
    return span.bytes[0];
}

// == C: a callback fills an array
// accepted
static int fill(u32 index, struct span *span)
{
    if (index >= 4)
        return 1;
    span->bytes[index & 3] = index;
    return 0;
}

SEC("xdp") int filled(struct xdp_md *ctx)
{
    struct span span = {};
    bpf_loop(8, fill, &span, 0);
    return span.bytes[3];
}

static long count_large(void *map, u32 *key, u64 *value, u64 *large)
{
    if (*value > 1000)
        *large += 1;
    return 0;
}

// == C: the large values of a map are counted
// accepted
SEC("xdp") int large_values(struct xdp_md *ctx)
{
    u64 large = 0;
    bpf_for_each_map_elem(&counts, count_large, &large, 0);
    return large != 0;
}

// == C: the words of a line are counted with two states
// accepted
SEC("xdp") int words(struct xdp_md *ctx)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    u32 words = 0, inside = 0;
    for (int i = 0; i < 256 && data < end; i++, data++) {
        if (data + 1 > end)
            break;
        if (*data == ' ') {
            inside = 0;
        } else if (!inside) {
            inside = 1;
            words++;
        }
    }
    return words & 1;
}
