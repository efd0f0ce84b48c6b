import Enclosure
import Maps
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// `bpf_loop` and `bpf_for_each_map_elem`, in every tier. The expected numbers are what the C says.
@Suite("Callbacks", .serialized)
struct CallbackTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    /// What the packet asks for: how often to loop, where to break, flags; the answers go back into it.
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 5); __type(key, __u32); __type(value, __u64); }
            numbers SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u64); __type(value, __u64); }
            names SEC(".maps");
        struct state { __u64 sum, last, stop; };

        static long add(__u64 index, void *context) {
            struct state *state = context;
            state->sum += index * index;
            state->last = index;
            return index == state->stop;
        }
        static long each(void *map, void *key, void *value, void *context) {
            struct state *state = context;
            __u64 *number = value;
            state->sum = state->sum * 3 + *(__u32 *)key + *number;
            *number += 1;
            return *(__u32 *)key == state->stop;
        }
        static long drop(void *map, void *key, void *value, void *context) {
            struct state *state = context;
            __u64 name = *(__u64 *)key;
            state->sum += name + *(__u64 *)value;
            if (name & 1) bpf_map_delete_elem(&names, &name);
            return 0;
        }
        static long nested(__u64 index, void *context) {
            struct state inner = {.stop = index};
            ((struct state *)context)->sum += bpf_loop(10, add, &inner, 0) + inner.sum;
            return 0;
        }
        SEC("xdp") int callbacks(struct xdp_md *context) {
            __u32 asked[4];
            __u64 said[12] = {};
            if (bpf_xdp_load_bytes(context, 0, asked, sizeof asked)) return XDP_ABORTED;
            struct state state = {.stop = asked[1]};
            said[0] = bpf_loop(asked[0], add, &state, asked[2]);
            said[1] = state.sum; said[2] = state.last;
            state.sum = 0;
            said[3] = bpf_for_each_map_elem(&numbers, each, &state, asked[2]);
            said[4] = state.sum;
            state.sum = 0;
            said[5] = bpf_for_each_map_elem(&names, drop, &state, 0);
            said[6] = state.sum;
            state.sum = 0;
            said[7] = bpf_loop(3, nested, &state, 0);
            said[8] = state.sum;
            bpf_xdp_store_bytes(context, 16, said, sizeof said);
            return XDP_PASS;
        }
        """

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    @Test("a loop runs as often as the helper says, a walk meets every element, whichever tier", arguments: tiers)
    func answers(tier: Tier) throws {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let object = try BPFCompiler.object(
            Self.source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        let program = try Programs.admitted(object, in: jail)
        #expect(program.execution != .checked)
        let permit = try Programs.permit(program, for: tier)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        var numbers: [UInt64] = [7, 0, 9, 1, 4]
        var names: [UInt64: UInt64] = [2: 10, 5: 20, 1 << 40: 30, 9: 40]
        for (index, number) in numbers.enumerated() {
            let status = try sandbox.maps.map(named: "numbers").setValue(
                Self.little(number).span.bytes, forKey: Self.little(UInt32(index)).span.bytes)
            #expect(status == 0)
        }
        for (name, value) in names {
            let status = try sandbox.maps.map(named: "names").setValue(
                Self.little(value).span.bytes, forKey: Self.little(name).span.bytes)
            #expect(status == 0)
        }
        var buffer = [UInt8](repeating: 0, count: options.maximumPayload)
        for (loops, stop, flags) in [
            (0, 9, 0), (1, 9, 0), (10, 99, 0), (10, 4, 0), (1000, 3, 0), (5, 9, 1), (8 << 20 | 1, 9, 0), (.max, 2, 0),
        ] as [(UInt32, UInt32, UInt32)] {
            let packet = Self.little(loops) + Self.little(stop) + Self.little(flags) + [UInt8](repeating: 0, count: 112)
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.failure == nil && result.action == .pass)
            let said = (0..<9).map { place in
                buffer[16 + place * 8..<24 + place * 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            }
            let errno: Int64? = flags != 0 ? -22 : loops > 8 << 20 ? -7 : nil
            let runs = errno == nil ? min(UInt64(loops), UInt64(stop) + 1) : 0
            let answer = errno.map { UInt64(bitPattern: $0) } ?? runs
            #expect(said[0] == answer)
            let squares: UInt64 = (0..<runs).reduce(0) { $0 + $1 * $1 }
            #expect(said[1] == squares)
            #expect(said[2] == (runs == 0 ? 0 : runs - 1))
            let met = flags != 0 ? 0 : min(5, Int(stop) + 1)
            #expect(said[3] == (flags != 0 ? UInt64(bitPattern: -22) : UInt64(met)))
            let walked: UInt64 = (0..<met).reduce(0) { $0 &* 3 &+ UInt64($1) &+ numbers[$1] }
            #expect(said[4] == walked)
            for index in 0..<met { numbers[index] += 1 }
            #expect(said[5] == UInt64(names.count))
            let named: UInt64 = names.reduce(0) { $0 + $1.key + $1.value }
            #expect(said[6] == named)
            names = names.filter { $0.key & 1 == 0 }
            // Inner loops of 1, 2 and 3 rounds: their number, and the squares below it.
            #expect(said[7] == 3 && said[8] == 1 + 2 + 3 + 0 + 1 + 5)
        }
    }
}
