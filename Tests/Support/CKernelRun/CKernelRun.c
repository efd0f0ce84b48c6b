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
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = value_size;
    attributes.max_entries = 1;
    return request(BPF_MAP_CREATE, &attributes);
}

static int element(int command, int map, const void *value) {
    union bpf_attr attributes;
    uint32_t key = 0;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uintptr_t)&key;
    attributes.value = (uintptr_t)value;
    return request(command, &attributes);
}

int kernelrun_set(int map, const void *value) {
    return element(BPF_MAP_UPDATE_ELEM, map, value);
}

int kernelrun_get(int map, void *value) {
    return element(BPF_MAP_LOOKUP_ELEM, map, value);
}

int kernelrun_load(const uint64_t *code, size_t count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
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

void kernelrun_close(int descriptor) {
    close(descriptor);
}
