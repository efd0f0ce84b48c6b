/// Programs in C that use the helpers on packets, chosen by the bytes of the packet, so that random packets reach every branch.
enum PacketPrograms {
    static let head = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";

        """

    /// Moves head, metadata and tail by what the packet says, copies bytes about, and leaves what the helpers said.
    static let express =
        head + """
            SEC("xdp") int express(struct xdp_md *context) {
                __u8 bytes[32] = {};
                __s8 moves[4];
                __s32 said[8];
                long length = bpf_xdp_get_buff_len(context);
                if (bpf_xdp_load_bytes(context, 0, moves, 4)) return XDP_ABORTED;
                said[0] = bpf_xdp_adjust_meta(context, moves[1] * 4);
                said[1] = bpf_xdp_adjust_head(context, moves[0] * 2);
                said[2] = bpf_xdp_adjust_tail(context, moves[2] * 4);
                said[3] = bpf_xdp_adjust_meta(context, moves[3]);
                said[4] = bpf_xdp_load_bytes(context, (__u8)moves[2], bytes, 16);
                __u8 *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
                __u8 *meta = (void *)(long)context->data_meta;
                if (meta + 4 <= data) { meta[0] = 0xaa; meta[3] ^= 0x55; }
                if (data + 14 <= end) { data[6] = moves[0]; data[13] += 1; }
                said[5] = bpf_xdp_get_buff_len(context);
                said[6] = bpf_csum_diff(0, 0, (void *)bytes, 16, moves[0]);
                said[7] = bpf_csum_diff((void *)said, 16, (void *)bytes, 12, length);
                int flags = moves[1] == 7;
                long stored = bpf_xdp_store_bytes(context, (__u8)moves[3] / 2, said, sizeof said);
                // What a test run gives back of the kernel's begins with the metadata.
            bpf_xdp_adjust_meta(context, (said[0] ? 0 : -moves[1] * 4) - (said[3] ? 0 : moves[3]));
            if (moves[0] == 3) return bpf_redirect(1, flags);
                return stored ? XDP_DROP : moves[1] & 1 ? XDP_PASS : XDP_TX;
            }
            """

    /// Rewrites bytes and checksums where the packet says, by every form of the helpers.
    static let classifier =
        head + """
            SEC("tc") int classifier(struct __sk_buff *skb) {
                __u8 where[8];
                __u32 said[8] = {}, words[4] = {};
                if (bpf_skb_load_bytes(skb, 0, where, 8)) return 2;
                said[0] = bpf_skb_pull_data(skb, where[0] & 1 ? where[1] * 8 : 0);
                said[1] = bpf_skb_load_bytes_relative(skb, where[1] & 63, words, 16, where[2] % 3);
                said[2] = bpf_l3_csum_replace(skb, where[3], where[0] & 3 ? where[4] : 0, words[0], where[5] % 6);
                said[3] = bpf_l4_csum_replace(skb, where[6], where[0] & 3 ? words[2] : 0, words[1], where[7] & 0x77);
                said[4] = bpf_l4_csum_replace(skb, 16 + (where[6] & 30), words[0], words[1], (where[7] & 0x70) | 4);
                said[5] = bpf_csum_diff(words, where[2] & 1 ? 16 : 0, words + 1, where[2] & 2 ? 8 : 0, where[5]);
                said[6] = bpf_skb_load_bytes(skb, where[4], words, 12);
                said[7] = skb->len ^ skb->protocol ^ skb->pkt_type << 8 ^ skb->ifindex << 16 ^ skb->ingress_ifindex << 20;
                skb->mark = words[0];
                skb->cb[0] = words[1]; skb->cb[4] = said[5];
                skb->priority = where[3];
                long stored = bpf_skb_store_bytes(skb, where[5], said, sizeof said, where[7] % 5);
                void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
                if (data + 14 <= end) *(__u8 *)data ^= 0x5a;
                if (stored) return -1;
                return where[2] == 9 ? bpf_redirect(1, where[3] & 3) : where[0] % 9;
            }
            """

    /// Numbers in text, compared and printed.
    static let text =
        head + """
            SEC("tc") int text(struct __sk_buff *skb) {
                char line[24] = {}, out[40] = {};
                long number = 0; unsigned long natural = 0;
                __u8 where[4];
                if (bpf_skb_load_bytes(skb, 14, where, 4) || bpf_skb_load_bytes(skb, 18, line, 23)) return 2;
                long said[4];
                said[0] = bpf_strtol(line, sizeof line, where[0] & 1 ? 10 : where[0] & 2 ? 16 : 0, &number);
                said[1] = bpf_strtoul(line, sizeof line, where[1] & 1 ? 8 : 0, &natural);
                said[2] = bpf_strncmp(line, 8, "12345678");
                unsigned long words[5] = {number, natural, where[2], where[3], number};
                static const char format[] = "%d|%5u|%-6x|%lX|%+08ld";
                said[3] = bpf_snprintf(out, sizeof out, format, words, sizeof words);
                bpf_skb_store_bytes(skb, 14, said, sizeof said, 0);
                bpf_skb_store_bytes(skb, 46, out, sizeof out, 0);
                return 0;
            }
            """

    /// Hands records out, counts in maps of maps, and redirects by maps.
    static let references =
        head + """
            struct inner {
                __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64);
            } one SEC(".maps"), two SEC(".maps");
            struct {
                __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 3); __type(key, __u32);
                __array(values, struct inner);
            } places SEC(".maps") = {.values = {[0] = &one, [2] = &two}};
            struct {
                __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, __u32);
                __array(values, struct inner);
            } names SEC(".maps") = {.values = {[1] = &two, [3] = &one}};
            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } told SEC(".maps");
            struct {
                __uint(type, BPF_MAP_TYPE_DEVMAP); __uint(max_entries, 3); __type(key, __u32); __type(value, __u32);
            } devices SEC(".maps");
            struct {
                __uint(type, BPF_MAP_TYPE_DEVMAP_HASH); __uint(max_entries, 3); __type(key, __u32);
                __type(value, __u32);
            } routes SEC(".maps");
            struct {
                __uint(type, BPF_MAP_TYPE_CPUMAP); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32);
            } processors SEC(".maps");

            static __always_inline __u64 count(void *map, __u32 index) {
                __u64 *value = map ? bpf_map_lookup_elem(map, &index) : 0;
                return value ? ++*value : 77;
            }
            SEC("xdp") int references(struct xdp_md *context) {
                __u8 bytes[16];
                __u64 said[6] = {};
                if (bpf_xdp_load_bytes(context, 0, bytes, sizeof bytes)) return XDP_ABORTED;
                __u32 key = bytes[1] & 3;
                said[0] = count(bpf_map_lookup_elem(&places, &key), bytes[2] & 7);
                said[1] = count(bpf_map_lookup_elem(&names, &key), bytes[2] & 7);
                if (bytes[0] & 1) {
                    __u64 *record = bpf_ringbuf_reserve(&told, 24, 0);
                    if (record) {
                        record[0] = said[0]; record[1] = said[1]; record[2] = bytes[3];
                        if (bytes[3] & 1) bpf_ringbuf_submit(record, 0); else bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
                    } else said[2] = 1;
                }
                if (bytes[0] & 2) said[3] = bpf_ringbuf_output(&told, bytes, bytes[4] & 15, bytes[5] >> 6);
                said[4] = bpf_ringbuf_query(&told, bytes[5] & 7);
                if (bytes[0] & 4) {
                    void *record = bpf_ringbuf_reserve(&told, 4096, 0);
                    if (record) { said[5] = 1; bpf_ringbuf_discard(record, 0); }
                }
                bpf_xdp_store_bytes(context, 16, said, sizeof said);
                switch (bytes[6] & 3) {
                case 0: return bpf_redirect_map(&devices, bytes[7] & 3, bytes[8] & 7);
                case 1: return bpf_redirect_map(&routes, bytes[7] & 3, bytes[8] & 3);
                case 2: return bpf_redirect_map(&processors, bytes[7] & 3, bytes[8] & 15);
                default: return XDP_PASS;
                }
            }
            """
}
