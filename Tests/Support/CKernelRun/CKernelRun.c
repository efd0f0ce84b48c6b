#include "CKernelRun.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
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

void kernelrun_close(int descriptor) {
    close(descriptor);
}
