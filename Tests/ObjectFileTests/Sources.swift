import TestSupport

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

    static func compiled(_ body: String, flags: [String] = BPFCompiler.usualFlags) throws -> [UInt8] {
        try BPFCompiler.object(prelude + body, flags: flags)
    }
}
