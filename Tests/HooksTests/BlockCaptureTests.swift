import Foundation
import Hooks
import Testing

/// A pcapng file in the making, by the words of the format's draft.
private struct BlockFile {
    var order = CaptureByteOrder.littleEndian
    var bytes: [UInt8] = []

    func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        return order == .littleEndian ? little : little.reversed()
    }

    func word(_ value: UInt32) -> [UInt8] { number(UInt64(value), 4) }
    func half(_ value: UInt16) -> [UInt8] { number(UInt64(value), 2) }

    mutating func block(_ type: UInt32, _ body: [UInt8]) {
        let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        let length = word(UInt32(padded.count + 12))
        bytes += word(type) + length + padded + length
    }

    mutating func section(_ order: CaptureByteOrder = .littleEndian, major: UInt16 = 1, minor: UInt16 = 0) {
        self.order = order
        block(0x0A0D_0D0A, word(0x1A2B_3C4D) + half(major) + half(minor) + number(.max, 8))
    }

    mutating func interface(_ linkType: UInt16 = 1, limit: UInt32 = 0, options: [UInt8] = []) {
        block(1, half(linkType) + half(0) + word(limit) + options)
    }

    func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
        half(code) + half(UInt16(value.count)) + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    mutating func packet(
        _ bytes: [UInt8], interface: UInt32 = 0, time: UInt64 = 0, original: UInt32? = nil, options: [UInt8] = []
    ) {
        let padding = [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        block(
            6,
            word(interface) + word(UInt32(time >> 32)) + word(UInt32(truncatingIfNeeded: time))
                + word(UInt32(bytes.count)) + word(original ?? UInt32(bytes.count)) + bytes + padding + options)
    }

    mutating func simple(_ bytes: [UInt8], original: UInt32? = nil) {
        block(3, word(original ?? UInt32(bytes.count)) + bytes)
    }

    mutating func old(_ bytes: [UInt8], interface: UInt16 = 0, time: UInt64 = 0) {
        block(
            2,
            half(interface) + half(7) + word(UInt32(time >> 32)) + word(UInt32(truncatingIfNeeded: time))
                + word(UInt32(bytes.count)) + word(UInt32(bytes.count)) + bytes)
    }
}

private func time(_ seconds: UInt32, _ nanoseconds: UInt32) -> CaptureTimestamp {
    CaptureTimestamp(seconds: seconds, fraction: nanoseconds)
}

@Suite("pcapng")
struct BlockCaptureTests {
    @Test("what scapy wrote of a capture is that capture's packets")
    func foreignWriter() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = Array(try Data(contentsOf: tests.appending(path: "Captures/first.pcapng")))
        let (packets, error, reader) = readAll(file)
        let classic = readAll(try mixedCapture())
        #expect(error == nil && packets.count == 60)
        let resolution = try #require(classic.reader).header.resolution
        for (packet, expected) in zip(packets, classic.packets) {
            #expect(packet.bytes == expected.bytes && packet.originalLength == expected.originalLength)
            // scapy keeps times as floating-point numbers, which are a microsecond off where they are cut.
            let difference =
                Int64(packet.timestamp.nanoseconds(.nanoseconds)) - Int64(expected.timestamp.nanoseconds(resolution))
            #expect(abs(difference) <= 1_000)
        }
        #expect(reader?.header == CaptureHeader(byteOrder: .littleEndian, resolution: .nanoseconds))
    }

    @Test("blocks of every kind of packet, several interfaces and sections, either byte order")
    func kinds() {
        var file = BlockFile()
        for order in [CaptureByteOrder.bigEndian, .littleEndian] {
            file.section(order)
            file.block(0x0BAD, [1, 2, 3])  // custom
            file.interface(limit: 6)
            file.interface(113)  // Linux cooked: no packet comes from it
            file.block(4, file.half(0) + file.half(0))  // names
            file.interface(options: file.option(2, Array("eth0".utf8)) + file.option(9, [9]) + file.option(0, []))
            file.packet([1, 2, 3], interface: 2, time: 5_000_000_007, original: 9, options: file.option(0, []))
            file.simple([9, 8, 7, 6], original: 4)
            file.simple([9, 8, 7, 6, 5, 4], original: 60)
            file.old([4, 4, 4, 4], time: 3_000_001)
            file.block(5, file.word(0) + file.word(0) + file.word(0))  // statistics
            file.packet([], time: 1)
        }
        let (packets, error, _) = readAll(file.bytes)
        let expected = [
            Packet(bytes: [1, 2, 3], originalLength: 9, timestamp: time(5, 7)),
            Packet(bytes: [9, 8, 7, 6], originalLength: 4, timestamp: time(0, 0)),
            Packet(bytes: [9, 8, 7, 6, 5, 4], originalLength: 60, timestamp: time(0, 0)),
            Packet(bytes: [4, 4, 4, 4], originalLength: 4, timestamp: time(3, 1_000)),
            Packet(bytes: [], originalLength: 0, timestamp: time(0, 1_000)),
        ]
        #expect(error == nil && packets == expected + expected)
    }

    @Test(
        "times are told in the resolution and with the offset of their interface",
        arguments: [
            ([], [], 1_000_001, time(1, 1_000)), ([6], [], 1_999_999, time(1, 999_999_000)),
            ([9], [], 1_000_000_001, time(1, 1)), ([0], [], 7, time(7, 0)), ([3], [], 1_001, time(1, 1_000_000)),
            ([12], [], 1_000_000_001_999, time(1, 1)), ([19], [], .max, time(1, 844_674_407)),
            ([0x80], [], 9, time(9, 0)), ([0x8A], [], 1_024 * 3 + 512, time(3, 500_000_000)),
            ([0xBF], [], 1 << 63 | 1 << 62, time(1, 500_000_000)),
            ([0], [1, 0, 0, 0, 0, 0, 0, 0], 7, time(8, 0)),
            ([0], [UInt8](repeating: 0xFF, count: 8), 7, time(6, 0)), ([0], [], 0xFFFF_FFFF, time(.max, 0)),
        ] as [([UInt8], [UInt8], UInt64, CaptureTimestamp)])
    func times(resolution: [UInt8], offset: [UInt8], units: UInt64, expected: CaptureTimestamp) {
        var file = BlockFile()
        file.section()
        var options: [UInt8] = []
        if !resolution.isEmpty { options += file.option(9, resolution) }
        if !offset.isEmpty { options += file.option(14, offset) }
        file.interface(options: options)
        file.packet([1], time: units)
        let (packets, error, _) = readAll(file.bytes)
        #expect(error == nil && packets.map(\.timestamp) == [expected])
    }

    /// A file whose last block is wrong, what is wrong, and the place of that block.
    private static let lies: [(name: String, make: @Sendable (inout BlockFile) -> Void, problem: CaptureBlockProblem)] =
        [
            ("cut in its frame", { $0.bytes += $0.word(6) }, .truncated(claimedLength: 12, available: 4)),
            (
                "cut in its body", { $0.bytes += $0.word(6) + $0.word(64) + $0.word(0) },
                .truncated(claimedLength: 64, available: 12)
            ),
            (
                "a length that is not whole words", { $0.bytes += $0.word(9) + $0.word(13) + $0.word(13) },
                .length(13, type: 9)
            ),
            ("a length below its frame", { $0.bytes += $0.word(9) + $0.word(8) + $0.word(8) }, .length(8, type: 9)),
            ("no length at all", { $0.bytes += $0.word(9) + $0.word(0) + $0.word(0) }, .length(0, type: 9)),
            ("too short for a packet", { $0.block(6, $0.word(0)) }, .length(16, type: 6)),
            ("too short for an interface", { $0.block(1, $0.word(0)) }, .length(16, type: 1)),
            ("too short for a simple packet", { $0.block(3, []) }, .length(12, type: 3)),
            ("too short for an old packet", { $0.block(2, $0.word(0)) }, .length(16, type: 2)),
            (
                "longer than any", { $0.bytes += $0.word(9) + $0.word(0xFFFF_FFFC) + $0.word(0) },
                .oversized(claimedLength: 0xFFFF_FFFC, limit: 16 << 20)
            ),
            (
                "two lengths", { $0.bytes += $0.word(9) + $0.word(12) + $0.word(16) },
                .contradictoryLengths(first: 12, last: 16)
            ),
            (
                "a section in no byte order",
                {
                    $0.bytes +=
                        [0x0A, 0x0D, 0x0D, 0x0A] + $0.word(28) + [1, 2, 3, 4] + [UInt8](repeating: 0, count: 16)
                },
                .byteOrder(0x0102_0304)
            ),
            ("a section of another version", { $0.section(major: 2) }, .version(major: 2, minor: 0)),
            ("a section of a later version", { $0.section(minor: 1) }, .version(major: 1, minor: 1)),
            (
                "a packet of an interface that is not there", { $0.packet([1], interface: 3) },
                .noSuchInterface(3, count: 2)
            ),
            (
                "a packet of an interface of the section before",
                {
                    $0.section()
                    $0.simple([1])
                }, .noSuchInterface(0, count: 0)
            ),
            ("a packet that did not come by Ethernet", { $0.packet([1], interface: 1) }, .linkType(113, interface: 1)),
            (
                "an option beyond its block", { $0.interface(options: $0.half(2) + $0.half(9) + $0.word(0)) },
                .option(code: 2, length: 9, available: 4)
            ),
            (
                "a resolution of two bytes", { $0.interface(options: $0.option(9, [6, 6])) },
                .option(code: 9, length: 2, available: 4)
            ),
            (
                "an offset of four bytes", { $0.interface(options: $0.option(14, [6, 6, 6, 6])) },
                .option(code: 14, length: 4, available: 4)
            ),
            ("a clock finer than 64 bits", { $0.interface(options: $0.option(9, [20])) }, .resolution(20)),
            ("a clock finer than 64 bits, in twos", { $0.interface(options: $0.option(9, [0xC0])) }, .resolution(0xC0)),
            (
                "a time beyond 2106", { $0.packet([1], time: 1_000_000 << 32) }, .time(seconds: 1 << 32)
            ),
            (
                "a packet larger than any",
                { $0.block(6, $0.word(0) + $0.word(0) + $0.word(0) + $0.word(262_145) + $0.word(262_145)) },
                .oversized(claimedLength: 262_145, limit: 262_144)
            ),
            (
                "a packet beyond its block",
                { $0.block(6, $0.word(0) + $0.word(0) + $0.word(0) + $0.word(5) + $0.word(5) + [1, 2, 3, 4]) },
                .packet(claimedLength: 5, available: 4)
            ),
            (
                "a simple packet beyond its block", { $0.block(3, $0.word(60) + [1, 2, 3, 4]) },
                .packet(claimedLength: 60, available: 4)
            ),
        ]

    @Test("each lie has its own refusal, with its place", arguments: lies.indices)
    func lie(index: Int) {
        let (name, make, problem) = Self.lies[index]
        for order in [CaptureByteOrder.littleEndian, .bigEndian] {
            var file = BlockFile()
            file.section(order)
            file.interface()
            file.interface(113)
            file.packet([1, 2, 3])
            let place = file.bytes.count
            make(&file)
            let (packets, error, _) = readAll(file.bytes)
            // Where the lie is a section of its own, its last block is what is refused.
            guard case .block(let offset, let found)? = error else {
                return #expect(Bool(false), "\(name): no refusal")
            }
            #expect(found == problem && offset >= place && packets.count == 1, "\(name)")
            #expect(error.map { "\($0)".isEmpty || $0.remedy.isEmpty } == false)
        }
    }

    @Test("more interfaces than any machine has are refused")
    func interfaces() {
        var file = BlockFile()
        file.section()
        for _ in 0..<4_096 { file.interface() }
        #expect(readAll(file.bytes).error == nil)
        let place = file.bytes.count
        file.interface()
        #expect(readAll(file.bytes).error == .block(offset: place, .tooManyInterfaces(limit: 4_096)))
    }

    @Test("a file that ends in a block gives what is before it, where that is asked for; an error stays")
    func truncation() throws {
        var file = BlockFile()
        file.section()
        file.interface()
        file.packet([1, 2, 3])
        let whole = file.bytes.count
        file.packet([4, 5, 6])
        for count in whole + 1..<file.bytes.count {
            let cut = Array(file.bytes[..<count])
            #expect(readAll(cut, truncation: .tolerated).packets.count == 1)
            var reader = try CaptureReader(cut.span)
            #expect(try reader.next(in: cut.span) != nil)
            for _ in 0..<2 { #expect(throws: CaptureError.self) { _ = try reader.next(in: cut.span) } }
        }
    }

    @Test("two hundred thousand random damages give records inside the file, or a named refusal")
    func damage() {
        var file = BlockFile()
        for order in [CaptureByteOrder.littleEndian, .bigEndian] {
            file.section(order)
            file.interface(limit: 96, options: file.option(9, [9]) + file.option(14, [UInt8](repeating: 0, count: 8)))
            file.interface()
            for index in 0..<4 as Range<UInt32> {
                file.packet([UInt8](repeating: 7, count: Int(index) * 9), interface: index & 1, time: 1 << 30)
            }
            file.simple([1, 2, 3, 4])
            file.old([5, 5], time: 77)
        }
        let valid = file.bytes
        var random = SeededGenerator(11)
        var seen: [String: Int] = [:]
        for _ in 0..<200_000 {
            var damaged = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[damaged.indices.randomElement(using: &random)!] = .random(in: 0...255, using: &random)
                case 1:
                    let place = Int.random(in: 0..<damaged.count / 4, using: &random) * 4
                    let word =
                        [0, 1, 2, 3, 6, 12, 16, 28, 32, 0x7FFF_FFFF, 0xFFFF_FFFF, 262_144]
                        .randomElement(using: &random)! as UInt32
                    damaged = damaged.replacing(at: place, with: little(word))
                case 2: damaged.removeLast(Int.random(in: 0..<damaged.count - 32, using: &random))
                default:
                    damaged[damaged.indices.randomElement(using: &random)!] ^=
                        1 << UInt8.random(in: 0..<8, using: &random)
                }
                guard damaged.count > 32 else { break }
            }
            let (packets, error, _) = readAll(damaged, truncation: Bool.random(using: &random) ? .refused : .tolerated)
            #expect(packets.count <= damaged.count / 16)
            let name: String =
                switch error {
                case nil: "whole"
                case .block(_, let problem)?: "\(problem)".prefix(while: { $0 != "(" }).description.prefixOfWords
                case let other?: "\(other)".prefixOfWords
                }
            seen[name, default: 0] += 1
        }
        #expect(seen["whole", default: 0] > 1_000 && seen.count > 8, "\(seen)")
    }
}

extension String {
    /// Its first words, which are the same for every number in it.
    fileprivate var prefixOfWords: String {
        split(separator: " ").prefix(4).filter { Int($0) == nil }.joined(separator: " ")
    }
}
