#define _GNU_SOURCE
#include "CObservation.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The shim has the same numbers.
enum { COUNTER_LOST = 0, SILENT_FROM = 8, SILENT_WORDS = 65536, MOST_LINKS = 64 };

struct cobservation {
    struct bpf_object *object;
    struct ring_buffer *ring;
    int ring_map;
    uint64_t *shared;
    int link_count;
    struct bpf_link *links[MOST_LINKS];
    // Of links to tracepoints, what libbpf closes with the link; -1 of others.
    int events[MOST_LINKS];
    // Where cobservation_take writes, while it does.
    uint8_t *buffer;
    size_t used, capacity;
};

// libbpf has one place for all objects of a process to speak to; loading is done by one thread.
static char *spoken;

static int speak(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (level == LIBBPF_DEBUG || !spoken || spoken[0]) return 0;
    return vsnprintf(spoken, COBSERVATION_PROBLEM_SIZE, format, arguments);
}

static int keep(void *context, void *bytes, size_t size) {
    struct cobservation *observation = context;
    uint64_t length = size;
    size_t room = sizeof length + ((size + 7) & ~(size_t)7);
    memcpy(observation->buffer + observation->used, &length, sizeof length);
    memcpy(observation->buffer + observation->used + sizeof length, bytes, size);
    observation->used += room;
    // This event is taken; the next may not fit any more.
    return observation->capacity - observation->used < sizeof length + COBSERVATION_LARGEST + 8 ? -ENOBUFS : 0;
}

static int64_t prepare(struct cobservation *made) {
    made->ring_map = bpf_object__find_map_fd_by_name(made->object, "forwarded");
    int shared = bpf_object__find_map_fd_by_name(made->object, "shared");
    if (made->ring_map < 0 || shared < 0) return -EINVAL;
    size_t size = (SILENT_FROM + SILENT_WORDS) * sizeof(uint64_t);
    void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (place == MAP_FAILED) return -errno;
    made->shared = place;
    made->ring = ring_buffer__new(made->ring_map, keep, made, NULL);
    return made->ring ? 0 : -errno;
}

int64_t cobservation_load(struct cobservation **result, const void *object, size_t size, const char *const *wanted,
                          char problem[COBSERVATION_PROBLEM_SIZE]) {
    problem[0] = 0;
    struct cobservation *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    spoken = problem;
    libbpf_print_fn_t before = libbpf_set_print(speak);
    int64_t code = 0;
    made->object = bpf_object__open_mem(object, size, NULL);
    if (!made->object) code = -errno;
    struct bpf_program *program = NULL;
    if (!code) bpf_object__for_each_program(program, made->object) {
        int is_wanted = 0;
        for (const char *const *name = wanted; *name; name++) is_wanted |= !strcmp(*name, bpf_program__name(program));
        bpf_program__set_autoload(program, is_wanted);
    }
    if (!code) code = bpf_object__load(made->object);
    if (!code) code = prepare(made);
    libbpf_set_print(before);
    spoken = NULL;
    if (!code) {
        *result = made;
        return 0;
    }
    ring_buffer__free(made->ring);
    bpf_object__close(made->object);
    free(made);
    return code;
}

static int64_t add(struct cobservation *observation, struct bpf_link *link, int event) {
    if (!link) return -errno;
    observation->events[observation->link_count] = event;
    observation->links[observation->link_count++] = link;
    return 0;
}

int64_t cobservation_attach_record(struct cobservation *observation, uint64_t tracepoint, uint64_t cookie) {
    if (observation->link_count == MOST_LINKS) return -E2BIG;
    struct bpf_program *program = bpf_object__find_program_by_name(observation->object, "observe_record");
    if (!program) return -ENOENT;
    struct perf_event_attr attributes = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof attributes, .config = tracepoint};
    // A tracepoint's programs run on every processor, whichever the event names (perf_event_attach_bpf_prog).
    int event = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (event < 0) return -errno;
    LIBBPF_OPTS(bpf_perf_event_opts, options, .bpf_cookie = cookie);
    int64_t code = add(observation, bpf_program__attach_perf_event_opts(program, event, &options), event);
    if (code) close(event);
    return code;
}

int64_t cobservation_attach_socket(struct cobservation *observation, const char *name, int32_t cgroup) {
    if (observation->link_count == MOST_LINKS) return -E2BIG;
    struct bpf_program *program = bpf_object__find_program_by_name(observation->object, name);
    if (!program) return -ENOENT;
    return add(observation, bpf_program__attach_cgroup(program, cgroup), -1);
}

int32_t cobservation_descriptors(const struct cobservation *observation, int32_t *descriptors, int32_t capacity) {
    int32_t count = 0;
    if (count < capacity) descriptors[count++] = observation->ring_map;
    for (int index = 0; index < observation->link_count; index++) {
        if (count < capacity) descriptors[count++] = bpf_link__fd(observation->links[index]);
        // The link's own, or the event's: with some kernels they are the same.
        int event = observation->events[index];
        if (event >= 0 && event != bpf_link__fd(observation->links[index]) && count < capacity)
            descriptors[count++] = event;
    }
    return count;
}

int64_t cobservation_wait(const struct cobservation *observation, int32_t milliseconds) {
    struct pollfd ready = {.fd = observation->ring_map, .events = POLLIN};
    int result = poll(&ready, 1, milliseconds);
    return result >= 0 ? result : errno == EINTR ? 0 : -errno;
}

int64_t cobservation_take(struct cobservation *observation, void *buffer, size_t capacity) {
    if (capacity < COBSERVATION_LARGEST + 16) return -EINVAL;
    observation->buffer = buffer;
    observation->used = 0;
    observation->capacity = capacity;
    int result = ring_buffer__consume(observation->ring);
    return result < 0 && result != -ENOBUFS ? result : (int64_t)observation->used;
}

void cobservation_silence(struct cobservation *observation, uint32_t process, int32_t is_silent) {
    if (process / 64 >= SILENT_WORDS) return;
    uint64_t *word = observation->shared + SILENT_FROM + process / 64, bit = (uint64_t)1 << process % 64;
    if (is_silent) __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    else __atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
}

uint64_t cobservation_lost(const struct cobservation *observation) {
    return __atomic_load_n(observation->shared + COUNTER_LOST, __ATOMIC_RELAXED);
}

void cobservation_detach(struct cobservation *observation) {
    for (int index = 0; index < observation->link_count; index++) bpf_link__destroy(observation->links[index]);
    observation->link_count = 0;
}
