import ProgramPackage
import TestSupport

extension ObjectPackage {
    /// The maps without what their keys and values are made of, for tests that are about something else.
    var untypedMaps: [MapDefinition] {
        maps.map { map in
            var map = map
            (map.keyType, map.valueType) = (nil, nil)
            return map
        }
    }
}

/// C that several tests compile.
enum CSource {
    /// What bpf_helpers.h would give: the tests need no package of headers.
    static let prelude = """
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        #define __noinline __attribute__((noinline))
        typedef unsigned int u32;
        typedef unsigned long long u64;
        typedef unsigned char u8;
        static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
        static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
        static u64 (*bpf_ktime_get_ns)(void) = (void *)5;

        """

    /// Something of everything: maps, data of each kind, functions in `.text` and elsewhere, two programs.
    static let everything =
        prelude + """
            struct { __uint(type, 2); __type(key, u32); __type(value, u64); __uint(max_entries, 4); } counts SEC(".maps");
            struct { __uint(type, 1); __uint(key_size, 8); __uint(value_size, 16); __uint(max_entries, 100); __uint(map_flags, 1); }
                table SEC(".maps");
            int settable = 3;
            const volatile int threshold = 7;
            static int hits;
            static __noinline int local_sub(int x) { hits++; return x * threshold; }
            __noinline int global_sub(int x) { return local_sub(x + 1) + settable; }
            SEC("xdp") int first(void *context) {
                u32 key = 1;
                u64 *count = bpf_map_lookup_elem(&counts, &key);
                if (!count) return 1;
                *count += global_sub(*(u32 *)context);
                return 2;
            }
            SEC("cgroup/connect4") int second(void *context) {
                u64 key = 5, value[2] = { (u64)context, 2 };
                bpf_map_update_elem(&table, &key, value, 0);
                return local_sub((int)key);
            }
            char licence[] SEC("license") = "Dual MIT/GPL";
            """

    /// What only some objects have: maps of maps and of programs and what they hold, legacy maps, a lock and a timer,
    /// another kernel's types, a symbol that is not there, a static program, a routine of the compiler's.
    static let unusual =
        prelude + """
            struct bpf_spin_lock { u32 val; };
            struct bpf_timer { u64 opaque[2]; };
            struct value { struct bpf_spin_lock lock; u32 count; struct bpf_timer timer; };
            struct inner { __uint(type, 2); __type(key, u32); __type(value, struct value); __uint(max_entries, 3); };
            struct inner one SEC(".maps"), two SEC(".maps");
            struct { __uint(type, 12); __type(key, u32); __uint(max_entries, 4); struct inner *values[]; }
                outer SEC(".maps") = { .values = { [1] = &one, [3] = &two } };
            struct { u32 a[9]; } legacy_inner SEC("maps") = { { 2, 4, 8, 1, 0, 5, 0, 0, 2 } };
            struct { u32 a[9]; } legacy_outer SEC("maps") = { { 12, 4, 4, 3, 0, 0, 2, 5, 0 } };
            struct { u32 a[7]; } legacy_jumps SEC("maps") = { { 3, 4, 4, 8, 0, 2, 2 } };
            struct task { int a, pid; } __attribute__((preserve_access_index));
            extern int kfunc(int x) __attribute__((section(".ksyms")));
            extern void *memset(void *, int, u64);
            SEC("2/7") int first(void *context) { return bpf_map_lookup_elem(&outer, context) != 0; }
            SEC("xdp") int second(u64 *context) {
                memset(context, 1, *context);
                return bpf_map_lookup_elem(&legacy_outer, context) != 0;
            }
            SEC("tc") int third(void *context) { return kfunc(3); }
            SEC("tc/tail") static int fourth(struct task *task) { return task->pid; }
            struct { __uint(type, 3); __type(key, u32); __uint(max_entries, 4); int (*values[])(u64 *); }
                jumps SEC(".maps") = { .values = { [2] = second } };
            """

    static func compiled(_ body: String, flags: [String] = BPFCompiler.usualFlags) throws -> [UInt8] {
        try BPFCompiler.object(prelude + body, flags: flags)
    }
}
