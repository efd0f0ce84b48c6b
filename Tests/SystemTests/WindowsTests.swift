import Channel
import Enclosure
import Maps
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// Programs of the types that only eBPF for Windows has, compiled as for it, in every tier.
@Suite("Programs of eBPF for Windows", .serialized)
struct WindowsTests {
    private static func name(_ text: String) -> [UInt8] {
        text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    @Test(
        "bind: names, addresses and operations arrive, verdicts have names, an address is rewritten",
        arguments: TieredRun.tiers)
    func bind(tier: Tier) throws {
        var run = try TieredRun.start(WindowsPrograms.bind, in: tier)
        let limit = try run.sandbox.maps.map(named: "limit")
        let (zero, two): ([UInt8], [UInt8]) = ([0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0])
        #expect(try limit.setValue(two.span.bytes, forKey: zero.span.bytes) == 0)
        let event = #""app_id": "server.exe", "protocol": 6, "socket_address": "10.0.0.1:80""#
        let outcomes = try run.run(
            """
            {\(event), "operation": "BIND"}
            {\(event), "operation": "POST_BIND"}
            {\(event), "operation": 1}
            {\(event), "operation": "BIND"}
            {"app_id": "other-server.exe", "protocol": 6, "socket_address": [2, 0, 0, 80], "operation": "BIND"}
            {\(event), "operation": "UNBIND", "process_id": 7}
            {\(event), "operation": "BIND"}
            {"app_id": "server.exe", "protocol": 6, "socket_address": "10.0.0.1:8080"}
            {"app_id": "server.exe", "protocol": 17}
            {"app_id": "no", "protocol": 6}
            {"app_id": "server.exe", "protocol": 6, "socket_address_length": 4}
            """)
        #expect(
            outcomes.map(\.verdict) == [
                "BIND_PERMIT", "BIND_PERMIT", "BIND_PERMIT", "BIND_DENY", "BIND_PERMIT",
                // 9 is none of the verdicts.
                "BIND_DENY", "BIND_PERMIT", "BIND_REDIRECT", "BIND_PERMIT_HARD", "BIND_DENY", "BIND_PERMIT_HARD",
            ])
        #expect(outcomes.allSatisfy { $0.result.failure == nil })
        #expect(Array(outcomes[7].context[24..<32]) == [2, 0, 0x1F, 0x91, 10, 0, 0, 1])
        // Pointers are the cell's, and no part of what came of it.
        #expect(outcomes[7].context[0..<16].allSatisfy { $0 == 0 })
        let key = Array(Self.name("server.exe").prefix(16))
        #expect(try run.value(of: key, in: "held")?.first == 1)
        // What an event has besides its context a helper reads where it lies.
        #expect(run.records.map(\.map) == ["gone"])
        #expect(run.records.first.map { Array($0.bytes.prefix(16)) } == key)
    }

    @Test(
        "process: a command is refused by its name; what ends is told of, and its verdict is nobody's",
        arguments: TieredRun.tiers)
    func process(tier: Tier) throws {
        var run = try TieredRun.start(WindowsPrograms.process, in: tier)
        let outcomes = try run.run(
            """
            {"command": "bad.exe /x", "token_sid_size": 3, "token_sid": [1, 5, 9]}
            {"command": "good.exe", "token_sid_size": 3, "token_sid": [1, 5, 9]}
            {"command": "good.exe", "token_sid_size": 3}
            {"operation": "DELETE", "process_id": 4711, "creation_time": 5, "exit_time": 47, "process_exit_code": 6}
            """)
        #expect(outcomes.map(\.verdict) == ["PROCESS deny", "PROCESS permit", "PROCESS deny", "PROCESS ended"])
        #expect(Int32(truncatingIfNeeded: outcomes[3].result.result) == -1)
        #expect(run.records.map(\.map) == ["ended"])
        func little(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        #expect(run.records.first?.bytes == little(4711) + little(42) + little(6))
    }

    @Test(
        "process: the path of the image comes by its helper, whole or not at all, and nothing of it is in the command line",
        arguments: TieredRun.tiers)
    func imagePath(tier: Tier) throws {
        let source =
            WindowsPrograms.head + """
                static int (*bpf_process_get_image_path)(const process_md_t *, uint8_t *, uint32_t) = (void *)0x10000;
                struct { __uint(type, MAP_RINGBUF); __uint(max_entries, 4096); } told SEC(".maps");
                SEC("process") int f(process_md_t *context) {
                    struct { uint64_t said, line; uint8_t path[16]; } told_ = {};
                    told_.said = bpf_process_get_image_path(context, told_.path, sizeof told_.path);
                    told_.line = context->command_end - context->command_start;
                    bpf_ringbuf_output(&told, &told_, sizeof told_, 0);
                    return 0;
                }
                """
        var run = try TieredRun.start(source, in: tier)
        #expect(run.sandbox.executionMode == .metered)
        _ = try run.run(
            """
            {"command": "a b", "image_path": "/bin/sh"}
            {"command": "a", "image_path": "/bin/it-"}
            {"command": "", "image_path": "/bin/much"}
            {"command": "ab"}
            {}
            """)
        func little(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        func record(_ said: Int64, _ line: Int64, _ path: String) -> [UInt8] {
            let bytes = Self.name(path)
            return little(said) + little(line) + bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
        }
        #expect(
            run.records.map(\.bytes) == [
                record(14, 6, "/bin/sh"), record(16, 2, "/bin/it-"), record(-22, 0, ""), record(0, 4, ""),
                record(0, 0, ""),
            ])
    }

    @Test(
        "the attach types of addresses that Linux has none of",
        arguments: TieredRun.tiers,
        [
            (
                "cgroup/recv_accept4",
                #"{"family": 2, "msg_src_ip4": "10.0.0.1", "user_port": "443"}"# + "\n" + #"{"family": 2}"#,
                ["RECV_ACCEPT allow", "RECV_ACCEPT deny"]
            ),
            (
                "cgroup/connect_authorization6",
                #"{"user_ip6": "fe80::1"}"# + "\n" + #"{"msg_src_port": "53"}"# + "\n{}",
                [
                    "CONNECT_AUTHORIZATION allow, hard", "CONNECT_AUTHORIZATION deny", "CONNECT_AUTHORIZATION allow",
                ]
            ),
            (
                "cgroup/listen4",
                #"{"compartment_id": 3, "interface_luid": "0x1122334455667788", "pid": 4711}"# + "\n{}",
                ["LISTEN allow", "LISTEN deny"]
            ),
        ] as [(String, String, [String])])
    func addresses(tier: Tier, attached: (section: String, events: String, verdicts: [String])) throws {
        var run = try TieredRun.start(WindowsPrograms.addresses, in: tier, section: attached.section)
        #expect(try run.run(attached.events).map(\.verdict) == attached.verdicts)
    }

    @Test("sample: clocks, data, and records that take the data along", arguments: TieredRun.tiers)
    func sample(tier: Tier) throws {
        var run = try TieredRun.start(WindowsPrograms.sample, in: tier)
        let outcomes = try run.run(
            """
            {"data": "abcd", "uint32_data": 1000, "uint16_data": 200, "helper_data_2": 7, "time": 5000000}
            {"packet": "0102030405", "time": 1}
            {"data": "abc"}
            """)
        #expect(outcomes.map(\.verdict) == [String](repeating: "SAMPLE returned", count: 3))
        // The third has fewer bytes than the record would take: -EFAULT.
        #expect(outcomes.map { Int32(truncatingIfNeeded: $0.result.result) } == [1000 + 200 + 7 + 98, 2, -1])
        #expect(run.records.count == 2)
        let first = try #require(run.records.first).bytes
        func word(_ index: Int) -> UInt64 {
            first[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        #expect(word(0) == 5_000_000 && word(1) == 5)
        #expect(Array(first[24..<28]) == Array("abcd".utf8))
    }

    @Test("what only Windows could answer is refused by name, with the reason")
    func refusals() throws {
        let source =
            WindowsPrograms.head + """
                SEC("bind") int f(bind_md_t *context) {
                    return bpf_get_current_logon_id(context) == 5 && bpf_is_current_admin(context) == 1;
                }
                """
        let helpers = try #require(Self.missingHelpers { _ = try TieredRun.start(source, in: .interpChild) })
        #expect(helpers.map(\.name) == ["bpf_get_current_logon_id", "bpf_is_current_admin"])
        let reason = "\(HelperRefusal.windowsSessions.reason)"
        #expect(helpers.allSatisfy { $0.reason == reason })
    }

    private static func missingHelpers(_ load: () throws -> Void) -> [MissingHelper]? {
        do { try load() } catch {
            guard case SandboxError.helpersNotOffered(_, let helpers) = error else { return nil }
            return helpers
        }
        return nil
    }

    // MARK: Memory

    /// What the functions do, written down a second time.
    private struct Model {
        var bytes: [[UInt8]] = (0..<8).map { [UInt8](repeating: 0xA0 + UInt8($0), count: 32) }
        var said: [Int64] = []

        init(_ data: [UInt8]) {
            let (a, b, c, d) = (Int(data[48] & 31), Int(data[49] & 31), Int(data[50] & 15), data[51])
            let padding = [UInt8](repeating: 0, count: 8)
            let (first, second) = (Array(data[0..<24]) + padding, Array(data[24..<48]) + padding)
            if b <= a { bytes[0].replaceSubrange(0..<b, with: first[..<b]) }
            bytes[2].replaceSubrange(0..<a, with: [UInt8](repeating: d, count: a))
            bytes[3] = first
            let moved = b & 15
            bytes[3].replaceSubrange(c..<c + moved, with: Array(bytes[3][7..<7 + moved]))
            bytes[5].replaceSubrange(0..<24, with: second[..<24])
            let copied = Self.copy(first, most: b, into: &bytes[4], from: 0, to: a)
            let end = bytes[5][..<a].firstIndex(of: 0)
            let appended = end.map { Self.copy(first, most: b, into: &bytes[5], from: $0, to: a) } ?? Self.invalid
            said = [
                b <= a ? 0 : -22, Self.compare(first[..<a], second[..<b]), 0, 0, a == 0 ? Self.invalid : copied,
                appended,
                Int64(first[..<a].firstIndex(of: 0) ?? a), Self.compare(first[..<24], second[..<24]),
            ]
        }

        private static let invalid = Int64(Int32(bitPattern: 0xC000_000D))

        private static func compare(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int64 {
            a.elementsEqual(b) ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        }

        private static func copy(
            _ source: [UInt8], most: Int, into target: inout [UInt8], from start: Int, to end: Int
        ) -> Int64 {
            guard start < end else { return 0 }
            let text = source.prefix(most).prefix { $0 != 0 }
            let fitting = text.prefix(end - start - 1)
            target.replaceSubrange(
                start..<end, with: fitting + [UInt8](repeating: 0, count: end - start - fitting.count))
            return fitting.count == text.count ? 0 : Int64(Int32(bitPattern: 0x8000_0005))
        }
    }

    @Test(
        "memory and strings: 4,000 random calls of each helper do what a second description says",
        arguments: TieredRun.tiers)
    func memory(tier: Tier) throws {
        var run = try TieredRun.start(WindowsPrograms.memory, in: tier)
        // Loops over bytes take as long as the sizes say, so fuel is counted whatever is proven.
        #expect(run.execution == .verified)
        #expect(run.sandbox.executionMode == .metered)
        var random = SeededGenerator(seed: 0x5EED_0010)
        var met: Set<[Int64]> = []
        for round in 0..<4_000 {
            var data = (0..<56).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Strings that end somewhere, and pairs that begin alike.
            for start in [0, 24] where Int.random(in: 0..<4, using: &random) > 0 {
                data[start + Int.random(in: 0..<24, using: &random)] = 0
            }
            if Bool.random(using: &random) {
                let count = Int.random(in: 0...24, using: &random)
                data.replaceSubrange(24..<24 + count, with: data[..<count])
            }
            var event = Event(context: run.sandbox.layout.emptyContext)
            event.packet = data
            let outcome = try run.decide(event)
            #expect(outcome.result.failure == nil && outcome.result.result == 0)
            let found = try run.value(of: [0, 0, 0, 0], in: "answers")
            let value = try #require(found)
            let said = (0..<8).map { index in
                Int64(bitPattern: value[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
            let bytes = (0..<8).map { Array(value[64 + $0 * 32..<96 + $0 * 32]) }
            let model = Model(data)
            guard said == model.said, bytes == model.bytes else {
                Issue.record("round \(round), \(data): \(said) \(bytes), not \(model.said) \(model.bytes)")
                return
            }
            met.insert([said[0], said[1], said[4], said[5]])
        }
        // Fits and does not; less, equal, greater; whole, cut, invalid.
        for (place, count) in [(0, 2), (1, 3), (2, 3), (3, 3)] {
            #expect(Set(met.map { $0[place] }).count == count, "place \(place)")
        }
    }
}
