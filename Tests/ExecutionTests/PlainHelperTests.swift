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
        "numbers in text are read as the kernel reads them",
        arguments: [
            ("42", 0, 2, 42), ("  42x", 0, 4, 42), ("-7", 0, 2, -7), ("0x1F", 0, 4, 31), ("0x1F", 16, 4, 31),
            ("017", 0, 3, 15), ("017", 10, 3, 17), ("09", 0, 1, 0), ("0x", 0, 1, 0), ("ff", 16, 2, 255),
            ("", 0, -22, 0),
            ("x", 0, -22, 0), ("-", 0, -22, 0), ("12", 2, -22, 0), ("12", 64, -22, 0),
            ("9223372036854775807", 0, 19, .max),
            ("9223372036854775808", 0, -34, 0), ("-9223372036854775808", 0, 20, .min),
            ("18446744073709551616", 0, -34, 0), ("\t\n 5", 0, 4, 5),
        ] as [(String, Int, Int64, Int64)])
    func signed(text: String, flags: Int, result: Int64, value: Int64) throws {
        let size = text.utf8.count
        let program = """
            *(u64 *)(r10 - 8) = -1
            \(Self.store(Array(text.utf8), at: 64))
            r1 = r10
            r1 += -64
            r2 = \(size)
            r3 = \(flags)
            r4 = r10
            r4 += -8
            call 105
            r7 = *(u64 *)(r10 - 8)
            \(result < 0 ? "" : "r0 = r7")
            exit
            """
        var bench = try HelperBench(program)
        #expect(try bench.run() == .returned(UInt64(bitPattern: result < 0 ? result : value)))
        var length = try HelperBench(program.replacing("r0 = r7", with: ""))
        #expect(try length.run() == .returned(UInt64(bitPattern: result)))
    }

    @Test("a number without a sign refuses one, and has 64 bits")
    func unsigned() throws {
        for (text, result) in [("18446744073709551615", 20), ("-1", -22), ("18446744073709551616", -34)]
            as [(String, Int64)]
        {
            var bench = try HelperBench(
                """
                \(Self.store(Array(text.utf8), at: 64))
                r1 = r10
                r1 += -64
                r2 = \(text.utf8.count)
                r3 = 10
                r4 = r10
                r4 += -8
                call 106
                exit
                """)
            #expect(try bench.run() == .returned(errno: result))
        }
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

    @Test("formatted text is cut where its buffer ends, and its whole length told")
    func formatted() throws {
        let format = Array("%5d|%-4x|%s|%llu".utf8) + [0]
        let program = """
            *(u64 *)(r10 - 40) = 42
            *(u64 *)(r10 - 32) = 0xbe
            r2 = r10
            r2 += -8
            *(u64 *)(r10 - 24) = r2
            *(u64 *)(r10 - 16) = -1
            *(u32 *)(r10 - 8) = 0x6968
            *(u32 *)(r10 - 4) = 0
            r3 = r1
            r1 = r10
            r1 += -80
            r2 = SIZE
            r4 = r10
            r4 += -40
            r5 = 32
            call 165
            RESULT
            exit
            """
        let whole = "   42|be  |hi|18446744073709551615"
        var bench = try HelperBench(program.replacing("SIZE", with: "40").replacing("RESULT", with: ""))
        #expect(try bench.run(format) == .returned(UInt64(whole.utf8.count + 1)))
        for index in [0, 8, 16, 24] {
            var part = try HelperBench(
                program.replacing("SIZE", with: "40").replacing("RESULT", with: "r0 = *(u64 *)(r10 - \(80 - index))"))
            let bytes = Array(whole.utf8)[index..<index + 8]
            #expect(try part.run(format) == .returned(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        }
        var cut = try HelperBench(
            program.replacing("SIZE", with: "8").replacing("RESULT", with: "r0 = *(u64 *)(r10 - 80)"))
        #expect(
            try cut.run(format) == .returned(Array("   42|b\u{0}".utf8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        var few = try HelperBench(
            program.replacing("r5 = 32", with: "r5 = 24").replacing("SIZE", with: "40").replacing("RESULT", with: ""))
        #expect(try few.run(format) == .returned(errno: -22))
    }

    @Test("a string's address is looked at in every mode", arguments: [ExecutionMode.checked, .metered, .verified])
    func stringAddress(mode: ExecutionMode) throws {
        var bench = try HelperBench(
            """
            *(u64 *)(r10 - 8) = 0x400000
            r3 = r1
            r1 = r10
            r1 += -80
            r2 = 40
            r4 = r10
            r4 += -8
            r5 = 8
            call 165
            exit
            """, mode: mode)
        #expect(try bench.run(Array("%s".utf8) + [0]) == .fault(.invalidHelperArgument, at: 8, 0x40_0000))
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
