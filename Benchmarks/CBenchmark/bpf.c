#define _GNU_SOURCE
#include "CBenchmark.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int32_t ask(int command, union bpf_attr *attributes) {
    long answer = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return answer < 0 ? -errno : (int32_t)answer;
}

int32_t cbenchmark_map_create(
    uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags, int32_t inner, uint64_t extra
) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = type;
    attributes.key_size = key;
    attributes.value_size = value;
    attributes.max_entries = entries;
    attributes.map_flags = flags;
    attributes.inner_map_fd = (uint32_t)inner;
    attributes.map_extra = extra;
    return ask(BPF_MAP_CREATE, &attributes);
}

int32_t cbenchmark_map_set_first(int32_t map, const void *value) {
    uint32_t key = 0;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uint64_t)(uintptr_t)&key;
    attributes.value = (uint64_t)(uintptr_t)value;
    return ask(BPF_MAP_UPDATE_ELEM, &attributes);
}

int32_t cbenchmark_map_freeze(int32_t map) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)map;
    return ask(BPF_MAP_FREEZE, &attributes);
}

int32_t cbenchmark_program_load(
    uint32_t type, uint32_t attachment, const void *instructions, uint32_t count, const char *licence, uint32_t level,
    char *log, uint32_t size
) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = type;
    attributes.expected_attach_type = attachment;
    attributes.insns = (uint64_t)(uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uint64_t)(uintptr_t)licence;
    attributes.log_level = level;
    attributes.log_buf = (uint64_t)(uintptr_t)log;
    attributes.log_size = size;
    log[0] = 0;
    return ask(BPF_PROG_LOAD, &attributes);
}

int32_t cbenchmark_program_run(
    int32_t program, const void *data, uint32_t size, uint32_t repeats, uint32_t *result, uint32_t *nanoseconds
) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.test.prog_fd = (uint32_t)program;
    attributes.test.data_in = (uint64_t)(uintptr_t)data;
    attributes.test.data_size_in = size;
    attributes.test.repeat = repeats;
    int32_t status = ask(BPF_PROG_TEST_RUN, &attributes);
    *result = attributes.test.retval;
    *nanoseconds = attributes.test.duration;
    return status;
}

int32_t cbenchmark_map_update(int32_t map, const void *key, const void *value) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uint64_t)(uintptr_t)key;
    attributes.value = (uint64_t)(uintptr_t)value;
    return ask(BPF_MAP_UPDATE_ELEM, &attributes);
}

int64_t cbenchmark_ring_read(int32_t map, uint32_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), behind = page + 2 * (size_t)size;
    uint64_t *consumer = mmap(0, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    uint8_t *producer = mmap(0, behind, PROT_READ, MAP_SHARED, map, (off_t)page);
    int64_t records = -errno;
    if (consumer != MAP_FAILED && producer != MAP_FAILED) {
        const uint8_t *data = producer + page;
        uint64_t position = *consumer, end = __atomic_load_n((uint64_t *)producer, __ATOMIC_ACQUIRE);
        uint8_t private[4096];
        for (records = 0; position != end; records++) {
            const uint8_t *header = data + (position & (size - 1));
            uint32_t length = __atomic_load_n((const uint32_t *)header, __ATOMIC_ACQUIRE) & ~BPF_RINGBUF_DISCARD_BIT;
            if (length > sizeof private) { records = -EBADMSG; break; }
            memcpy(private, header + BPF_RINGBUF_HDR_SZ, length);
            __asm__ volatile("" : : "r"(private) : "memory");
            position += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
            __atomic_store_n(consumer, position, __ATOMIC_RELEASE);
        }
    }
    if (consumer != MAP_FAILED) munmap(consumer, page);
    if (producer != MAP_FAILED) munmap(producer, behind);
    return records;
}
