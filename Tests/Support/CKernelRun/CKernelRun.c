#include "CKernelRun.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int request(int command, union bpf_attr *attributes) {
    long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));
    return result < 0 ? -errno : (int)result;
}

int kernelrun_map(uint32_t value_size) {
    return kernelrun_make_map(BPF_MAP_TYPE_ARRAY, 4, value_size, 1, 0);
}

int kernelrun_make_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries, uint32_t flags) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = value_size;
    attributes.max_entries = entries;
    attributes.map_flags = flags;
    return request(BPF_MAP_CREATE, &attributes);
}

static int element_at(int command, int map, uint32_t key, const void *value) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uintptr_t)&key;
    attributes.value = (uintptr_t)value;
    return request(command, &attributes);
}

static int element(int command, int map, const void *value) {
    return element_at(command, map, 0, value);
}

int kernelrun_set_program(int map, uint32_t index, int program) {
    return element_at(BPF_MAP_UPDATE_ELEM, map, index, &program);
}

int kernelrun_set(int map, const void *value) {
    return element(BPF_MAP_UPDATE_ELEM, map, value);
}

int kernelrun_get(int map, void *value) {
    return element(BPF_MAP_LOOKUP_ELEM, map, value);
}

int kernelrun_load(const uint64_t *code, size_t count) {
    return kernelrun_load_as(BPF_PROG_TYPE_SOCKET_FILTER, code, count);
}

int kernelrun_load_as(uint32_t type, const uint64_t *code, size_t count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = type;
    attributes.insns = (uintptr_t)code;
    attributes.insn_cnt = (uint32_t)count;
    attributes.license = (uintptr_t) "GPL";
    return request(BPF_PROG_LOAD, &attributes);
}

int kernelrun_run(int program) {
    union bpf_attr attributes;
    uint8_t packet[64] = {0};
    memset(&attributes, 0, sizeof(attributes));
    attributes.test.prog_fd = (uint32_t)program;
    attributes.test.data_in = (uintptr_t)packet;
    attributes.test.data_size_in = sizeof(packet);
    attributes.test.repeat = 1;
    return request(BPF_PROG_TEST_RUN, &attributes);
}

int kernelrun_any_map(
    uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags, uint64_t extra) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = value_size;
    attributes.max_entries = max_entries;
    attributes.map_flags = flags;
    attributes.map_extra = extra;
    return request(BPF_MAP_CREATE, &attributes);
}

static int command(int command, int map, const void *key, const void *value, uint64_t flags) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uintptr_t)key;
    attributes.value = (uintptr_t)value;
    attributes.flags = flags;
    return request(command, &attributes);
}

int kernelrun_update(int map, const void *key, const void *value, uint64_t flags) {
    return command(BPF_MAP_UPDATE_ELEM, map, key, value, flags);
}

int kernelrun_lookup(int map, const void *key, void *value, int removes) {
    return command(removes ? BPF_MAP_LOOKUP_AND_DELETE_ELEM : BPF_MAP_LOOKUP_ELEM, map, key, value, 0);
}

int kernelrun_delete(int map, const void *key) {
    return command(BPF_MAP_DELETE_ELEM, map, key, NULL, 0);
}

int kernelrun_next(int map, const void *key, void *next) {
    return command(BPF_MAP_GET_NEXT_KEY, map, key, next, 0);
}

int kernelrun_run_on(int program, const void *packet, uint32_t size, void *after, uint32_t *after_size, uint32_t *result) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.test.prog_fd = (uint32_t)program;
    attributes.test.data_in = (uintptr_t)packet;
    attributes.test.data_size_in = size;
    attributes.test.data_out = (uintptr_t)after;
    attributes.test.data_size_out = *after_size;
    attributes.test.repeat = 1;
    int status = request(BPF_PROG_TEST_RUN, &attributes);
    *after_size = attributes.test.data_size_out;
    *result = attributes.test.retval;
    return status;
}

int kernelrun_make_map_of(uint32_t type, uint32_t key_size, uint32_t entries, int inner) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = 4;
    attributes.max_entries = entries;
    attributes.inner_map_fd = (uint32_t)inner;
    return request(BPF_MAP_CREATE, &attributes);
}

int kernelrun_open_ring(int map, uint32_t size, kernelrun_ring *ring) {
    long page = sysconf(_SC_PAGESIZE);
    void *consumer = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    void *producer = mmap(NULL, (size_t)page + 2 * (size_t)size, PROT_READ, MAP_SHARED, map, page);
    if (consumer == MAP_FAILED || producer == MAP_FAILED) return -errno;
    ring->consumer = consumer;
    ring->producer = producer;
    ring->data = (uint8_t *)producer + page;
    ring->size = size;
    return 0;
}

void kernelrun_close_ring(kernelrun_ring *ring) {
    long page = sysconf(_SC_PAGESIZE);
    munmap(ring->consumer, (size_t)page);
    munmap(ring->producer, (size_t)page + 2 * (size_t)ring->size);
}

int kernelrun_next_record(kernelrun_ring *ring, void *record) {
    for (;;) {
        uint64_t position = *ring->consumer;
        if (position == __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) return -1;
        uint8_t *header = ring->data + (position & (ring->size - 1));
        uint32_t word = __atomic_load_n((uint32_t *)header, __ATOMIC_ACQUIRE);
        if (word & BPF_RINGBUF_BUSY_BIT) return -1;
        uint32_t size = word & ~BPF_RINGBUF_DISCARD_BIT;
        if (!(word & BPF_RINGBUF_DISCARD_BIT)) memcpy(record, header + BPF_RINGBUF_HDR_SZ, size);
        __atomic_store_n(ring->consumer, position + ((size + BPF_RINGBUF_HDR_SZ + 7) & ~7u), __ATOMIC_RELEASE);
        if (!(word & BPF_RINGBUF_DISCARD_BIT)) return (int)size;
    }
}

void kernelrun_close(int descriptor) {
    close(descriptor);
}

static const int batch_commands[] = {
    BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
};

int kernelrun_batch(
    int operation, int map, const void *in, void *out, void *keys, void *values, uint32_t *count, uint64_t flags) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.batch.in_batch = (uintptr_t)in;
    attributes.batch.out_batch = (uintptr_t)out;
    attributes.batch.keys = (uintptr_t)keys;
    attributes.batch.values = (uintptr_t)values;
    attributes.batch.count = *count;
    attributes.batch.map_fd = (uint32_t)map;
    attributes.batch.elem_flags = flags;
    int status = request(batch_commands[operation], &attributes);
    *count = attributes.batch.count;
    return status;
}

int kernelrun_count_programs(const char *prefix) {
    int count = 0;
    uint32_t id = 0;
    for (;;) {
        union bpf_attr attributes;
        memset(&attributes, 0, sizeof(attributes));
        attributes.start_id = id;
        int code = request(BPF_PROG_GET_NEXT_ID, &attributes);
        if (code == -ENOENT) return count;
        if (code < 0) return code;
        id = attributes.next_id;
        memset(&attributes, 0, sizeof(attributes));
        attributes.prog_id = id;
        int program = request(BPF_PROG_GET_FD_BY_ID, &attributes);
        if (program < 0) continue; // It is gone since.
        struct bpf_prog_info info;
        memset(&info, 0, sizeof(info));
        memset(&attributes, 0, sizeof(attributes));
        attributes.info.bpf_fd = (uint32_t)program;
        attributes.info.info_len = sizeof(info);
        attributes.info.info = (uintptr_t)&info;
        if (request(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0 && !strncmp(info.name, prefix, strlen(prefix))) count++;
        close(program);
    }
}

int kernelrun_enter_network(int network) { return syscall(SYS_setns, network, 0x40000000) ? -errno : 0; } // CLONE_NEWNET
