#include "CKernelVerifier.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int request(int command, union bpf_attr *attributes) {
    long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));
    return result < 0 ? -errno : (int)result;
}

int kernelverifier_load(
    const struct kernelverifier_program *program, const uint64_t *code, size_t count, char *log, size_t size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    log[0] = 0;
    attributes.prog_type = program->type;
    attributes.expected_attach_type = program->attach_type;
    attributes.prog_flags = program->flags;
    attributes.attach_btf_id = program->attach_btf_id;
    attributes.insns = (uintptr_t)code;
    attributes.insn_cnt = (uint32_t)count;
    attributes.license = (uintptr_t)program->license;
    attributes.log_buf = (uintptr_t)log;
    attributes.log_size = (uint32_t)size;
    attributes.log_level = 1;
    if (program->function_count != 0) {
        attributes.prog_btf_fd = (uint32_t)program->btf;
        attributes.func_info = (uintptr_t)program->functions;
        attributes.func_info_cnt = program->function_count;
        attributes.func_info_rec_size = 8;
    }
    int descriptor = request(BPF_PROG_LOAD, &attributes);
    if (descriptor < 0) return descriptor;
    close(descriptor);
    return 0;
}

int kernelverifier_map(const struct kernelverifier_map *map) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = map->type;
    attributes.key_size = map->key_size;
    attributes.value_size = map->value_size;
    attributes.max_entries = map->max_entries;
    attributes.map_flags = map->flags;
    attributes.inner_map_fd = (uint32_t)map->inner;
    attributes.btf_fd = (uint32_t)map->btf;
    attributes.btf_key_type_id = map->key_type;
    attributes.btf_value_type_id = map->value_type;
    return request(BPF_MAP_CREATE, &attributes);
}

int kernelverifier_types(const uint8_t *bytes, size_t size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.btf = (uintptr_t)bytes;
    attributes.btf_size = (uint32_t)size;
    return request(BPF_BTF_LOAD, &attributes);
}

int kernelverifier_freeze(int map) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map;
    return request(BPF_MAP_FREEZE, &attributes);
}

void kernelverifier_close(int descriptor) {
    close(descriptor);
}
