import Channel
import Enclosure
import Testing

@Suite("Helpers on text, sums and the event's process")
struct PlainHelperTests {
    /// Puts the text before the frame's pointer by its length, eight bytes at a time, zeros behind it.
    private static func store(_ text: [UInt8], at offset: Int) -> String {
        stride(from: 0, to: text.count, by: 1).map { "*(u8 *)(r10 - \(offset - $0)) = \(text[$0])" }
            .joined(separator: "\n")
    }

    @Test(
        "strings are compared up to a size",
        arguments: [
            ("abc", "abc", 4, 0), ("abd", "abc", 3, 1), ("abb", "abc", 3, -1), ("abd", "abc", 2, 0),
            ("ab", "abc", 4, -1),
        ]
            as [(String, String, Int, Int64)])
    func compare(first: String, second: String, size: Int, expected: Int64) throws {
        var bench = try HelperBench(
            """
            \(Self.store(Array(first.utf8) + [0], at: 64))
            \(Self.store(Array(second.utf8) + [0], at: 32))
            r1 = r10
            r1 += -64
            r2 = \(size)
            r3 = r10
            r3 += -32
            call 182
            exit
            """)
        #expect(try bench.run() == .returned(errno: expected))
    }

    @Test("the event says who did it, and when by which clock")
    func identity() throws {
        var identity = EventIdentity()
        identity.process = 10
        identity.thread = 11
        identity.user = 12
        identity.group = 13
        identity.cgroup = 14
        identity.cookie = 15
        identity.command = Array("a-name-that-is-too-long".utf8)
        for (helper, expected) in [
            (14, 10 << 32 | 11), (15, 13 << 32 | 12), (80, 14), (46, 15), (42, 0), (125, 1_005), (160, 5),
            (208, 37_000_000_005),
        ] as [(Int, UInt64)] {
            var bench = try HelperBench("call \(helper)\nexit", entry: .context)
            #expect(try bench.runPacket([], identity: identity)?.ending == .returned(expected), "\(helper)")
            // The slot is used again by an event of which nobody knows who did it.
            for _ in 0..<2 {
                let nobody = try bench.runPacket([])?.ending
                #expect(nobody == .returned([14, 15, 80, 46].contains(helper) ? 0 : expected), "\(helper)")
            }
        }
        var name = try HelperBench(
            "r1 = r10\nr1 += -16\nr2 = 16\ncall 16\nr0 = *(u64 *)(r10 - 8)\nexit", entry: .context)
        let expected = Array("hat-is-\u{0}".utf8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(try name.runPacket([], identity: identity)?.ending == .returned(expected))
    }

    /// `csum_diff`, as RFC 1071 would have it.
    private static func sum(_ bytes: [UInt8], _ seed: UInt64 = 0) -> UInt64 {
        var sum = seed
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt64(bytes[index]) | UInt64(bytes[index + 1]) << 8
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + sum >> 16 }
        return sum
    }

    @Test("the difference of sums is that of RFC 1071, for every length")
    func difference() throws {
        for count in stride(from: 4, through: 64, by: 4) {
            let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            var bench = try HelperBench(
                "r3 = r1\nr1 = 0\nr2 = 0\nr4 = \(count)\nr5 = 0x1234\ncall 28\nexit")
            #expect(try bench.run(bytes) == .returned(Self.sum(Array(bytes.prefix(count)), 0x1234)))
        }
        var past = try HelperBench("r3 = r1\nr1 = 0\nr2 = 0\nr4 = 65\nr5 = 0\ncall 28\nexit")
        let address = past.payloadAddress
        #expect(try past.run([UInt8](repeating: 1, count: 64)) == .fault(.invalidHelperArgument, at: 5, address))
    }
}
