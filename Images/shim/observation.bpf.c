// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// What is fixed in the kernel while a host is observed: every program here copies what a program of that hook would have been
// shown into one ring, with who caused it, and lets it happen. Nothing here is anybody else's code, and nothing is decided.
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

// Of the two licences this file has, the one under which the kernel lends bpf_probe_read_kernel.
char LICENSE[] SEC("license") = "GPL";

// include/CObservation.h has the same numbers.
#define COUNTER_LOST 0
#define SILENT_FROM 8
#define SILENT_WORDS 65536  // A bit for each process there can be: PID_MAX_LIMIT (include/linux/threads.h).
#define LARGEST 2048

struct event {
    __u64 time;
    __u64 thread;
    __u64 user;
    __u64 cgroup;
    __u64 cookie;
    char command[16];
    // Which hook: the low half of a cookie, or an attach type.
    __u32 source;
    __u32 processor;
    __u32 size;
    __u32 isSocket;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 22);
} forwarded SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, SILENT_FROM + SILENT_WORDS);
    __type(key, __u32);
    __type(value, __u64);
} shared SEC(".maps");

// Those who look on would see themselves looking.
static __always_inline int is_silent(__u64 thread)
{
    __u32 process = thread >> 32;
    __u32 word = SILENT_FROM + (process >> 6);
    __u64 *bits = bpf_map_lookup_elem(&shared, &word);
    return bits && (*bits >> (process & 63) & 1);
}

static __always_inline void count_lost(void)
{
    __u32 counter = COUNTER_LOST;
    __u64 *count = bpf_map_lookup_elem(&shared, &counter);
    if (count)
        __sync_fetch_and_add(count, 1);
}

static __always_inline void begin(struct event *event, __u64 thread, __u32 source, __u32 size)
{
    event->time = bpf_ktime_get_ns();
    event->thread = thread;
    event->user = bpf_get_current_uid_gid();
    event->cgroup = bpf_get_current_cgroup_id();
    event->cookie = 0;
    bpf_get_current_comm(event->command, sizeof(event->command));
    event->source = source;
    event->processor = bpf_get_smp_processor_id();
    event->size = size;
    event->isSocket = 0;
}

// How far a part of a record reaches whose place the record itself tells: `__data_loc`, the length above, the offset below.
static __always_inline __u32 reach(void *record, __u32 at, __u32 size)
{
    __u32 place = 0;
    if (!at || bpf_probe_read_kernel(&place, sizeof(place), record + at))
        return size;
    __u32 end = (place & 0xFFFF) + (place >> 16);
    return end > size ? end : size;
}

#define FORWARD(most)                                                                                  \
    do {                                                                                               \
        struct { struct event event; char bytes[most]; } *room =                                       \
            bpf_ringbuf_reserve(&forwarded, sizeof(*room), 0);                                         \
        if (!room) {                                                                                   \
            count_lost();                                                                              \
            return 0;                                                                                  \
        }                                                                                              \
        begin(&room->event, thread, shape >> 48, size);                                                \
        if (bpf_probe_read_kernel(room->bytes, size, record))                                          \
            room->event.size = 0;                                                                      \
        bpf_ringbuf_submit(room, 0);                                                                   \
    } while (0)

// Attached with a cookie: the record's fixed size, where it tells of up to two more parts (0: of none), and which hook it is.
SEC("tracepoint")
int observe_record(void *record)
{
    __u64 thread = bpf_get_current_pid_tgid();
    if (is_silent(thread))
        return 0;
    __u64 shape = bpf_get_attach_cookie(record);
    __u32 size = shape & 0xFFFF;
    size = reach(record, shape >> 16 & 0xFFFF, size);
    size = reach(record, shape >> 32 & 0xFFFF, size);
    if (size <= 64)
        FORWARD(64);
    else if (size <= 256)
        FORWARD(256);
    else {
        if (size > LARGEST)
            size = LARGEST;
        FORWARD(LARGEST);
    }
    return 0;
}

struct socket_event {
    struct event event;
    __u32 context[18];
};

static __always_inline struct socket_event *begin_socket(void *context, __u32 source, __u32 size)
{
    __u64 thread = bpf_get_current_pid_tgid();
    if (is_silent(thread))
        return 0;
    struct socket_event *event = bpf_ringbuf_reserve(&forwarded, sizeof(*event), 0);
    if (!event) {
        count_lost();
        return 0;
    }
    begin(&event->event, thread, source, size);
    event->event.isSocket = 1;
    event->event.cookie = bpf_get_socket_cookie(context);
    __builtin_memset(event->context, 0, sizeof(event->context));
    return event;
}

// The words of struct bpf_sock_addr (include/uapi/linux/bpf.h), as far as the hook shows them; its socket pointer is nobody's.
#define ADDRESS(name, section, hook, ADDRESS_WORDS, SOURCE_WORDS)                                      \
    SEC("cgroup/" section)                                                                             \
    int observe_##name(struct bpf_sock_addr *context)                                                  \
    {                                                                                                  \
        struct socket_event *event = begin_socket(context, hook, 64);                                  \
        if (event) {                                                                                   \
            event->context[0] = context->user_family;                                                  \
            ADDRESS_WORDS;                                                                             \
            event->context[6] = context->user_port;                                                    \
            event->context[7] = context->family;                                                       \
            event->context[8] = context->type;                                                         \
            event->context[9] = context->protocol;                                                     \
            SOURCE_WORDS;                                                                              \
            bpf_ringbuf_submit(event, 0);                                                              \
        }                                                                                              \
        return 1;                                                                                      \
    }

#define IPV4 event->context[1] = context->user_ip4
#define IPV6                                                                                           \
    event->context[2] = context->user_ip6[0];                                                          \
    event->context[3] = context->user_ip6[1];                                                          \
    event->context[4] = context->user_ip6[2];                                                          \
    event->context[5] = context->user_ip6[3]
#define NO_SOURCE
#define SOURCE_IPV4 event->context[10] = context->msg_src_ip4
#define SOURCE_IPV6                                                                                    \
    event->context[11] = context->msg_src_ip6[0];                                                      \
    event->context[12] = context->msg_src_ip6[1];                                                      \
    event->context[13] = context->msg_src_ip6[2];                                                      \
    event->context[14] = context->msg_src_ip6[3]

ADDRESS(bind4, "bind4", BPF_CGROUP_INET4_BIND, IPV4, NO_SOURCE)
ADDRESS(bind6, "bind6", BPF_CGROUP_INET6_BIND, IPV6, NO_SOURCE)
ADDRESS(connect4, "connect4", BPF_CGROUP_INET4_CONNECT, IPV4, NO_SOURCE)
ADDRESS(connect6, "connect6", BPF_CGROUP_INET6_CONNECT, IPV6, NO_SOURCE)
ADDRESS(sendmsg4, "sendmsg4", BPF_CGROUP_UDP4_SENDMSG, IPV4, SOURCE_IPV4)
ADDRESS(sendmsg6, "sendmsg6", BPF_CGROUP_UDP6_SENDMSG, IPV6, SOURCE_IPV6)
ADDRESS(recvmsg4, "recvmsg4", BPF_CGROUP_UDP4_RECVMSG, IPV4, NO_SOURCE)
ADDRESS(recvmsg6, "recvmsg6", BPF_CGROUP_UDP6_RECVMSG, IPV6, NO_SOURCE)

// The words of struct bpf_sock, as far as the hook shows them.
#define SOCKET(name, section, hook, MORE)                                                              \
    SEC("cgroup/" section)                                                                             \
    int observe_##name(struct bpf_sock *context)                                                       \
    {                                                                                                  \
        struct socket_event *event = begin_socket(context, hook, 72);                                  \
        if (event) {                                                                                   \
            event->context[1] = context->family;                                                       \
            event->context[2] = context->type;                                                         \
            event->context[3] = context->protocol;                                                     \
            MORE;                                                                                      \
            bpf_ringbuf_submit(event, 0);                                                              \
        }                                                                                              \
        return 1;                                                                                      \
    }

#define FROM_TASK                                                                                      \
    event->context[0] = context->bound_dev_if;                                                         \
    event->context[4] = context->mark;                                                                 \
    event->context[5] = context->priority
#define BOUND_IPV4                                                                                     \
    event->context[6] = context->src_ip4;                                                              \
    event->context[11] = context->src_port
#define BOUND_IPV6                                                                                     \
    event->context[7] = context->src_ip6[0];                                                           \
    event->context[8] = context->src_ip6[1];                                                           \
    event->context[9] = context->src_ip6[2];                                                           \
    event->context[10] = context->src_ip6[3];                                                          \
    event->context[11] = context->src_port

SOCKET(sock_create, "sock_create", BPF_CGROUP_INET_SOCK_CREATE, FROM_TASK)
SOCKET(sock_release, "sock_release", BPF_CGROUP_INET_SOCK_RELEASE, FROM_TASK)
SOCKET(post_bind4, "post_bind4", BPF_CGROUP_INET4_POST_BIND, BOUND_IPV4)
SOCKET(post_bind6, "post_bind6", BPF_CGROUP_INET6_POST_BIND, BOUND_IPV6)
