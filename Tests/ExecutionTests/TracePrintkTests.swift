import Channel
import Enclosure
import Testing

@Suite("bpf_trace_printk")
struct TracePrintkTests {
    /// The format and a zero byte, then `data`, are the payload; `arguments` become R3, R4 and R5, `nil` being the address of `data`.
    private static func bench(_ format: String, _ arguments: [UInt64?] = []) throws -> HelperBench {
        let size = format.utf8.count + 1
        let loads = zip([3, 4, 5], arguments).map { register, argument in
            argument.map { "r\(register) = 0x\(String($0, radix: 16)) ll" }
                ?? "r\(register) = r1\nr\(register) += \(size)"
        }
        return try HelperBench((loads + ["r2 = \(size)", "call 0x6", "exit"]).joined(separator: "\n"))
    }

    private static func payload(_ format: String, _ data: [UInt8]) -> [UInt8] { Array(format.utf8) + [0] + data }

    @Test(
        "each conversion prints as Linux prints it",
        arguments: [
            ("plain", [], "plain"), ("100%%", [], "100%"), ("%d", [5], "5"), ("%d", [0], "0"),
            ("%d", [0xFFFF_FFFF], "-1"), ("%d", [0x1_8000_0000], "-2147483648"), ("%i", [0x7FFF_FFFF], "2147483647"),
            ("%u", [0xFFFF_FFFF], "4294967295"), ("%u", [0x5_0000_0001], "1"), ("%x", [0xDEAD_BEEF], "deadbeef"),
            ("%ld", [.max], "-1"), ("%ld", [0x8000_0000_0000_0000], "-9223372036854775808"),
            ("%lld", [0x7FFF_FFFF_FFFF_FFFF], "9223372036854775807"), ("%li", [3], "3"),
            ("%lu", [.max], "18446744073709551615"), ("%llu", [10_000_000_000], "10000000000"),
            ("%lx", [.max], "ffffffffffffffff"), ("%llx", [0x10], "10"), ("%p", [0x1000], "0x1000"), ("%p", [0], "0x0"),
            ("%c", [0x41], "A"), ("%c%c", [0x41, 0x142], "AB"), ("[%d %u %x]", [1, 2, 3], "[1 2 3]"),
            ("%d%%%d", [1, 2], "1%2"), ("%5d|", [42], "   42|"), ("%-5d|", [42], "42   |"),
            ("%05d", [0xFFFF_FFFE], "-0002"),
            ("%+d", [7], "+7"), ("% d", [7], " 7"), ("%08x", [0xBEEF], "0000beef"), ("%X", [0xBEEF], "BEEF"),
            ("%2d", [12345], "12345"), ("%px", [0x10], "0x10"),
        ] as [(String, [UInt64?], String)])
    func conversions(format: String, arguments: [UInt64?], expected: String) throws {
        var bench = try Self.bench(format, arguments)
        #expect(try bench.run(Self.payload(format, [])) == .returned(UInt64(expected.utf8.count)))
        #expect(try bench.log.poll() == expected)
        #expect(try bench.log.poll() == nil)
    }

    @Test("a string ends at its zero byte, or where the line is full", arguments: [0, 1, 119, 120, 121, 400])
    func strings(length: Int) throws {
        var bench = try Self.bench("%s", [nil])
        let text = String(repeating: "s", count: length)
        #expect(try bench.run(Self.payload("%s", Array(text.utf8) + [0])) == .returned(UInt64(min(length, 120))))
        #expect(try bench.log.poll() == String(text.prefix(120)))
    }

    @Test("a string that runs out of the program's memory, or begins outside it, is refused and prints nothing")
    func unreadableStrings() throws {
        var unterminated = try Self.bench("%s", [nil])
        let address = unterminated.payloadAddress + 3
        #expect(
            try unterminated.run(Self.payload("%s", [0x61, 0x62])) == .fault(.invalidHelperArgument, at: 3, address))
        #expect(try unterminated.log.poll() == nil)
        for start in [0, AddressMap.image, AddressMap.hostWords, AddressMap.channel] as [UInt64] {
            var outside = try Self.bench("%s", [start])
            #expect(try outside.run(Self.payload("%s", [])) == .fault(.invalidHelperArgument, at: 3, start))
            #expect(try outside.log.poll() == nil)
        }
    }

    @Test(
        "a format that is none gives -EINVAL and no line",
        arguments: ["%", "a%l", "%ll", "%y", "%1000d", "%hd", "%n", "%f", "%.3d", "%pI4", "%d%d%d%d", "%s%s%s%s"])
    func malformed(format: String) throws {
        let arguments: [UInt64?] = format.contains("%s") ? [nil, nil, nil] : [1, 2, 3]
        var bench = try Self.bench(format, arguments)
        for _ in 0..<2 { #expect(try bench.run(Self.payload(format, [0x61, 0])) == .returned(errno: -22)) }
        #expect(try bench.log.poll() == nil)
        #expect(bench.log.claimedDrops == 0)
    }

    @Test("a format is as long as the program says, and must be its to read")
    func formatBounds() throws {
        var cut = try HelperBench("r2 = 3\ncall 0x6\nexit")
        #expect(try cut.run(Array("abcdef".utf8)) == .returned(3))
        #expect(try cut.log.poll() == "abc")
        var long = try HelperBench("r2 = 7\ncall 0x6\nexit")
        let address = long.payloadAddress
        #expect(try long.run(Array("abcdef".utf8)) == .fault(.invalidHelperArgument, at: 1, address))
        for size in ["-1", "0x7fffffff", "0x7fffffffffffffff ll"] {
            var huge = try HelperBench("r2 = \(size)\ncall 0x6\nexit")
            let address = huge.payloadAddress
            let at: UInt32 = size.hasSuffix("ll") ? 2 : 1
            #expect(try huge.run(Array("abcdef".utf8)) == .fault(.invalidHelperArgument, at: at, address))
        }
    }

    @Test("when the ring is full, lines are dropped and counted, and room that was given back is used again")
    func dropped() throws {
        var bench = try Self.bench("%d", [7])
        for _ in 0..<11 { _ = try bench.run(Self.payload("%d", [])) }
        #expect(bench.log.claimedDrops == 3)
        for _ in 0..<8 { #expect(try bench.log.poll() == "7") }
        #expect(try bench.log.poll() == nil)
        for lap in 0..<20 {
            #expect(try bench.run(Self.payload("%d", [])) == .returned(1), "\(lap)")
            #expect(try bench.log.poll() == "7", "\(lap)")
        }
        #expect(bench.log.claimedDrops == 3)
    }

    @Test(
        "what could drive a terminal comes out escaped",
        arguments: [(0x1B, "\\x1b"), (0, "\\x00"), (0x7F, "\\x7f"), (0x9B, "\\x9b"), (0x0D, "\\x0d"), (0x5C, "\\\\")]
            as [(UInt64, String)])
    func escapes(character: UInt64, expected: String) throws {
        var bench = try Self.bench("<%c>", [character])
        #expect(try bench.run(Self.payload("<%c>", [])) == .returned(3))
        #expect(try bench.log.poll() == "<\(expected)>")
    }
}
