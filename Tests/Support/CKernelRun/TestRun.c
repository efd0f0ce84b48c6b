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

int kernelrun_constant(const void *value, uint32_t size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = size;
    attributes.max_entries = 1;
    attributes.map_flags = BPF_F_RDONLY_PROG;
    int map = request(BPF_MAP_CREATE, &attributes);
    if (map < 0) return map;
    uint32_t key = 0;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    attributes.key = (uintptr_t)&key;
    attributes.value = (uintptr_t)value;
    int status = request(BPF_MAP_UPDATE_ELEM, &attributes);
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    if (!status) status = request(BPF_MAP_FREEZE, &attributes);
    if (!status) return map;
    close(map);
    return status;
}

int kernelrun_load_attached(uint32_t type, uint32_t attach_type, const uint64_t *code, size_t count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = type;
    attributes.expected_attach_type = attach_type;
    attributes.insns = (uintptr_t)code;
    attributes.insn_cnt = (uint32_t)count;
    attributes.license = (uintptr_t) "GPL";
    return request(BPF_PROG_LOAD, &attributes);
}

int kernelrun_test(int program, const void *data, uint32_t size, void *out, uint32_t *out_size, const void *context,
                   uint32_t context_size, void *context_out, uint32_t *result) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.test.prog_fd = (uint32_t)program;
    attributes.test.data_in = (uintptr_t)data;
    attributes.test.data_size_in = size;
    attributes.test.data_out = (uintptr_t)out;
    attributes.test.data_size_out = *out_size;
    attributes.test.ctx_in = (uintptr_t)context;
    attributes.test.ctx_size_in = context_size;
    attributes.test.ctx_out = (uintptr_t)context_out;
    attributes.test.ctx_size_out = context_size;
    attributes.test.repeat = 1;
    int status = request(BPF_PROG_TEST_RUN, &attributes);
    *out_size = attributes.test.data_size_out;
    *result = attributes.test.retval;
    return status;
}
