/// Programs as they are written for eBPF for Windows, with what its headers would declare (include/ebpf_nethooks.h, bpf_helper_defs.h,
/// ebpf_ntos_hooks.h): contexts by their fields, helpers and maps by their numbers there.
enum WindowsPrograms {
    static let head = """
        typedef unsigned char uint8_t; typedef unsigned short uint16_t;
        typedef unsigned int uint32_t; typedef unsigned long long uint64_t;
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        enum {
            MAP_HASH = 1, MAP_ARRAY = 2, MAP_PROG_ARRAY = 3, MAP_PERCPU_ARRAY = 5, MAP_ARRAY_OF_MAPS = 7, MAP_LRU_HASH = 8,
            MAP_QUEUE = 10, MAP_RINGBUF = 13, MAP_PERF = 14
        };
        static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
        static long (*bpf_map_update_elem)(void *, const void *, const void *, uint64_t) = (void *)2;
        static long (*bpf_tail_call)(void *, void *, uint32_t) = (void *)5;
        static uint64_t (*bpf_ktime_get_ns)(void) = (void *)9;
        static int (*bpf_ringbuf_output)(void *, void *, uint64_t, uint64_t) = (void *)11;
        static long (*bpf_map_push_elem)(void *, void *, uint64_t) = (void *)16;
        static uint64_t (*bpf_get_current_pid_tgid)(void) = (void *)19;
        static uint64_t (*bpf_get_current_logon_id)(const void *) = (void *)20;
        static int (*bpf_is_current_admin)(const void *) = (void *)21;
        static long (*bpf_memcpy_s)(void *, uint64_t, const void *, uint64_t) = (void *)22;
        static int (*bpf_memcmp_s)(const void *, uint64_t, const void *, uint64_t) = (void *)23;
        static long (*bpf_memset)(void *, uint64_t, int) = (void *)24;
        static long (*bpf_memmove_s)(void *, uint64_t, const void *, uint64_t) = (void *)25;
        static int (*bpf_strncpy_s)(char *, uint64_t, const char *, uint64_t) = (void *)27;
        static int (*bpf_strncat_s)(char *, uint64_t, const char *, uint64_t) = (void *)28;
        static uint64_t (*bpf_strnlen_s)(const char *, uint64_t) = (void *)29;
        static uint64_t (*bpf_ktime_get_boot_ms)(void) = (void *)30;
        static uint64_t (*bpf_ktime_get_ms)(void) = (void *)31;
        static int (*bpf_perf_event_output)(const void *, void *, uint64_t, const void *, uint64_t) = (void *)32;

        typedef struct _bind_md {
            uint8_t *app_id_start; uint8_t *app_id_end; uint64_t process_id; uint8_t socket_address[16];
            uint8_t socket_address_length; enum { BIND, POST_BIND, UNBIND } operation; uint8_t protocol;
        } bind_md_t;
        typedef struct _process_md {
            uint8_t *command_start; uint8_t *command_end; uint64_t process_id; uint64_t parent_process_id;
            uint64_t creating_process_id; uint64_t creating_thread_id; uint64_t creation_time; uint64_t exit_time;
            uint32_t process_exit_code; enum { CREATE, DELETE } operation : 8; uint32_t token_sid_size;
            uint8_t token_sid[68];
        } process_md_t;
        typedef struct bpf_sock_addr {
            uint32_t family;
            struct { union { uint32_t msg_src_ip4; uint32_t msg_src_ip6[4]; }; uint16_t msg_src_port; };
            struct { union { uint32_t user_ip4; uint32_t user_ip6[4]; }; uint16_t user_port; };
            uint32_t protocol; uint32_t compartment_id; uint64_t interface_luid;
        } bpf_sock_addr_t;
        typedef struct _sample_program_context {
            uint8_t *data_start; uint8_t *data_end; uint32_t uint32_data; uint16_t uint16_data;
            uint32_t helper_data_1; uint32_t helper_data_2;
        } sample_program_context_t;

        """

    /// A limit to the ports that an application may hold, in the manner of its tutorial: the first UTF-16 units of its name are the key.
    static let bind =
        head + """
            struct name { uint8_t bytes[16]; };
            struct {
                __uint(type, MAP_LRU_HASH); __uint(max_entries, 16); __type(key, struct name); __type(value, uint64_t);
            } held SEC(".maps");
            struct { __uint(type, MAP_ARRAY); __uint(max_entries, 1); __type(key, uint32_t); __type(value, uint64_t); }
                limit SEC(".maps");
            struct { __uint(type, MAP_RINGBUF); __uint(max_entries, 4096); } gone SEC(".maps");
            SEC("bind") int quota(bind_md_t *context) {
                struct name name = {};
                uint32_t zero = 0;
                uint64_t size = context->app_id_end - context->app_id_start;
                if (context->app_id_start + 16 > context->app_id_end) return 1;
                bpf_memcpy_s(&name, sizeof name, context->app_id_start, 16);
                if (context->protocol != 6 || context->socket_address_length != 16) return 3;
                uint64_t *most = bpf_map_lookup_elem(&limit, &zero);
                uint64_t *count = bpf_map_lookup_elem(&held, &name);
                uint64_t one = 1;
                switch (context->operation) {
                case BIND:
                    if (context->socket_address[2] == 0x1f && context->socket_address[3] == 0x90) {
                        *(uint16_t *)&context->socket_address[2] = 0x911f;
                        return 2;
                    }
                    return count && most && *count >= *most ? 1 : 0;
                case POST_BIND:
                    if (count) ++*count; else bpf_map_update_elem(&held, &name, &one, 0);
                    return 0;
                default:
                    if (count && *count) --*count;
                    bpf_ringbuf_output(&gone, context->app_id_start, 16, 0);
                    return context->process_id == 7 ? 9 : 0;
                }
            }
            """

    /// Refuses commands that begin with "bad", tells of all that ended.
    static let process =
        head + """
            struct { __uint(type, MAP_RINGBUF); __uint(max_entries, 4096); } ended SEC(".maps");
            SEC("process") int watch(process_md_t *context) {
                uint16_t *command = (uint16_t *)context->command_start;
                if (context->operation == DELETE) {
                    uint64_t told[3] = {context->process_id, context->exit_time - context->creation_time,
                                        context->process_exit_code};
                    bpf_ringbuf_output(&ended, told, sizeof told, 0);
                    return -1;
                }
                if (context->token_sid_size != 3 || context->token_sid[2] != 9) return -2;
                if ((uint8_t *)(command + 3) > context->command_end) return 0;
                return command[0] == 'b' && command[1] == 'a' && command[2] == 'd' ? 0xc0000022 : 0;
            }
            """

    static let addresses =
        head + """
            SEC("cgroup/recv_accept4") int accept(bpf_sock_addr_t *context) {
                return context->family == 2 && context->msg_src_ip4 == 0x0100000a && context->user_port == 0xbb01;
            }
            SEC("cgroup/connect_authorization6") int authorize(bpf_sock_addr_t *context) {
                return context->user_ip6[0] == 0x80fe ? 2 : context->msg_src_port == 0x3500 ? 77 : 1;
            }
            SEC("cgroup/listen4") int listen(bpf_sock_addr_t *context) {
                return context->compartment_id == 3 && context->interface_luid == 0x1122334455667788ull &&
                       bpf_get_current_pid_tgid() >> 32 == 4711;
            }
            """

    static let sample =
        head + """
            struct { __uint(type, MAP_PERF); __uint(max_entries, 1); __type(key, uint32_t); __type(value, uint32_t); }
                told SEC(".maps");
            SEC("sample_ext") int sample(sample_program_context_t *context) {
                uint64_t now[3] = {bpf_ktime_get_ns(), bpf_ktime_get_ms(), bpf_ktime_get_boot_ms()};
                // BPF_F_CURRENT_CPU, and four bytes of the data.
                if (bpf_perf_event_output(context, &told, 0xffffffffull | 4ull << 32, now, sizeof now)) return -1;
                if (context->data_start + 2 > context->data_end) return -2;
                return context->uint32_data + context->uint16_data + context->helper_data_2 + context->data_start[1];
            }
            """

    /// Every helper for memory and strings, with sizes and contents that the event gives: two strings of up to 24 bytes, and four numbers.
    static let memory =
        head + """
            struct answers { uint64_t said[8]; uint8_t bytes[8][32]; };
            struct { __uint(type, MAP_ARRAY); __uint(max_entries, 1); __type(key, uint32_t); __type(value, struct answers); }
                answers SEC(".maps");
            SEC("sample_ext") int memory(sample_program_context_t *context) {
                uint8_t *data = context->data_start;
                uint32_t zero = 0;
                struct answers *out = bpf_map_lookup_elem(&answers, &zero);
                if (!out || data + 56 > context->data_end) return -1;
                uint64_t a = data[48] & 31, b = data[49] & 31, c = data[50] & 15, d = data[51];
                uint8_t first[32] = {}, second[32] = {};
                for (int i = 0; i < 24; i++) { first[i] = data[i]; second[i] = data[24 + i]; }
                for (int i = 0; i < 8; i++) for (int j = 0; j < 32; j++) out->bytes[i][j] = 0xa0 + i;
                out->said[0] = bpf_memcpy_s(out->bytes[0], a, first, b);
                out->said[1] = bpf_memcmp_s(first, a, second, b);
                out->said[2] = bpf_memset(out->bytes[2], a, d);
                // Overlapping, either way.
                bpf_memcpy_s(out->bytes[3], 32, first, 32);
                out->said[3] = bpf_memmove_s(out->bytes[3] + c, 17, out->bytes[3] + 7, b & 15);
                out->said[4] = bpf_strncpy_s((char *)out->bytes[4], a, (char *)first, b);
                bpf_memcpy_s(out->bytes[5], 32, second, 24);
                out->said[5] = bpf_strncat_s((char *)out->bytes[5], a, (char *)first, b);
                out->said[6] = bpf_strnlen_s((char *)first, a);
                out->said[7] = bpf_memcmp_s(data, 24, second, 24);
                return 0;
            }
            """
}
