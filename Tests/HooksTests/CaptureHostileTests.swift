import Hooks
import Testing

/// A little-endian file with one record of 60 bytes, whose header is at 24 and whose bytes are at 40.
private func plainFile() throws -> [UInt8] {
    let packet = Packet(
        bytes: .init(repeating: 7, count: 60), originalLength: 60, timestamp: CaptureTimestamp(seconds: 1, fraction: 1))
    return try written([packet], CaptureHeader(snapshotLength: 2_048))
}

@Suite("Hostile captures are refused by name")
struct CaptureHostileTests {
    @Test(
        "files of other formats are named",
        arguments: [
            ([0x34, 0xCD, 0xB2, 0xA1], CaptureOtherFormat.modifiedPcap),
            ([0xA1, 0xB2, 0xCD, 0x34], .modifiedPcap), ([0x73, 0x6E, 0x6F, 0x6F], .snoop), ([0x1F, 0x8B, 8, 0], .gzip),
            ([0x28, 0xB5, 0x2F, 0xFD], .zstandard), ([0xFD, 0x37, 0x7A, 0x58], .xz),
        ] as [([UInt8], CaptureOtherFormat)])
    func otherFormats(magic: [UInt8], format: CaptureOtherFormat) {
        let error = readAll(magic + [UInt8](repeating: 0, count: 40)).error
        #expect(error == .otherFormat(format))
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("a field that is not what the format says is refused")
    func fields() throws {
        let file = try plainFile()
        let cases: [(offset: Int, bytes: [UInt8], error: CaptureError)] = [
            (0, [1, 2, 3, 4], .unknownMagic(0x0102_0304)),
            (4, [2, 0, 3, 0], .unsupportedVersion(major: 2, minor: 3)),
            (4, [0, 2, 0, 4], .unsupportedVersion(major: 0x200, minor: 0x400)),
            (20, little(113), .unsupportedLinkType(113)),
            (20, little(0x1400_0001), .unsupportedLinkType(0x1400_0001)),
            (28, little(1_000_000), .impossibleTimestamp(offset: 24, fraction: 1_000_000, limit: 1_000_000)),
            (32, little(2_049), .oversizedRecord(offset: 24, claimedLength: 2_049, limit: 2_048)),
            (32, little(.max), .oversizedRecord(offset: 24, claimedLength: .max, limit: 2_048)),
            (32, little(61), .contradictoryLengths(offset: 24, claimedLength: 61, originalLength: 60)),
            (36, little(59), .contradictoryLengths(offset: 24, claimedLength: 60, originalLength: 59)),
            (32, little(61) + little(61), .truncatedRecord(offset: 24, claimedLength: 61, available: 60)),
        ]
        for (offset, bytes, error) in cases {
            let result = readAll(file.replacing(at: offset, with: bytes))
            #expect(result.error == error)
            #expect(result.packets.isEmpty)
        }
        #expect(readAll(file).error == nil)
    }

    @Test("a snapshot length of 0 or beyond our limit still leaves a limit", arguments: [0, 262_145, UInt32.max])
    func limit(snapshotLength: UInt32) throws {
        let file = try plainFile().replacing(at: 16, with: little(snapshotLength))
        #expect(readAll(file).error == nil)
        let huge = file.replacing(at: 32, with: little(262_145) + little(262_145))
        #expect(readAll(huge).error == .oversizedRecord(offset: 24, claimedLength: 262_145, limit: 262_144))
    }

    @Test("time zone and accuracy, which readers must ignore, are ignored")
    func reserved() throws {
        let file = try plainFile()
        #expect(readAll(file.replacing(at: 8, with: little(.max) + little(.max))).packets == readAll(file).packets)
    }

    @Test("cut anywhere, a file yields every record before the cut and names the rest", arguments: everyHeader)
    func everyTruncation(header: CaptureHeader) throws {
        var random = SeededGenerator(1)
        let packets = randomPackets(6, for: header, using: &random)
        let file = try written(packets, header)
        var ends = [24]
        for packet in packets { ends.append(ends[ends.count - 1] + 16 + packet.bytes.count) }

        for length in 0..<file.count {
            let cut = Array(file[..<length])
            let refused = readAll(cut), tolerated = readAll(cut, truncation: .tolerated)
            guard length >= 24 else {
                #expect(refused.error == .truncatedHeader(available: length))
                #expect(tolerated.error == .truncatedHeader(available: length))
                continue
            }
            let whole = ends.count(where: { $0 <= length }) - 1
            let start = ends[whole]
            let rest = length - start
            let expected: CaptureError? =
                if rest == 0 {
                    nil
                } else if rest < 16 {
                    .truncatedRecordHeader(offset: start, available: rest)
                } else {
                    .truncatedRecord(
                        offset: start, claimedLength: UInt32(packets[whole].bytes.count), available: rest - 16)
                }
            #expect(refused.error == expected)
            #expect(refused.packets == Array(packets[..<whole]))
            #expect(tolerated.error == nil)
            #expect(tolerated.reader?.truncation == expected)
            #expect(tolerated.packets == Array(packets[..<whole]))
            #expect(expected?.isTruncation != false)
        }
    }

    @Test("a reader that has refused, or has ended, says the same again")
    func afterTheEnd() throws {
        let file = try plainFile()
        let damaged = file.replacing(at: 32, with: little(9_999))
        var reader = try CaptureReader(damaged.span)
        for _ in 0..<3 {
            #expect(throws: CaptureError.oversizedRecord(offset: 24, claimedLength: 9_999, limit: 2_048)) {
                try reader.next(in: damaged.span)
            }
        }
        let cut = Array(file.dropLast())
        var tolerant = try CaptureReader(cut.span, truncation: .tolerated)
        for _ in 0..<3 { #expect(try tolerant.next(in: cut.span) == nil) }
    }

    @Test("given fewer bytes than before, a reader ends rather than reading past them")
    func shrinkingBytes() throws {
        let file = try plainFile()
        var reader = try CaptureReader(file.span)
        #expect(try reader.next(in: file.span) != nil)
        #expect(try reader.next(in: [UInt8]().span) == nil)
    }

    @Test("mutated files never trap, never yield bytes outside the file, and meet every kind of refusal")
    func mutations() throws {
        var random = SeededGenerator(0x5EED)
        var seen: [String: Int] = [:]
        var accepted = 0
        let interesting: [UInt32] = [0, 1, 59, 61, 2_048, 2_049, 999_999, 1_000_000, 0x7FFF_FFFF, 0x8000_0000, .max]
        for header in everyHeader {
            let file = try written(randomPackets(5, for: header, using: &random), header)
            for _ in 0..<25_000 {
                var mutated = file
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let offset = Int.random(in: 0..<mutated.count - 4, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: mutated[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    case 1: mutated[offset] = .random(in: 0...255, using: &random)
                    case 2:
                        let value = interesting.randomElement(using: &random) ?? 0
                        mutated.replaceSubrange(offset..<offset + 4, with: little(value))
                    default: mutated.removeLast(Int.random(in: 0...min(20, mutated.count - 6), using: &random))
                    }
                }
                var offset = 24
                let truncation: CaptureReader.Truncation = .random(using: &random)
                do throws(CaptureError) {
                    var reader = try CaptureReader(mutated.span, truncation: truncation)
                    while let record = try reader.next(in: mutated.span) {
                        // Records lie one after the other, wholly inside.
                        #expect(record.offset == offset + 16)
                        #expect(record.bytes.upperBound <= mutated.count)
                        #expect(record.length <= 262_144 && record.originalLength >= record.length)
                        offset = record.bytes.upperBound
                    }
                    #expect(offset == mutated.count || reader.truncation?.offset == offset)
                    accepted += 1
                } catch {
                    #expect(error.offset == offset || offset == 24 && error.offset < 24)
                    seen[error.name, default: 0] += 1
                }
            }
        }
        #expect(accepted > 1_000)
        let names = [
            "otherFormat", "unknownMagic", "unsupportedVersion", "unsupportedLinkType", "truncatedRecordHeader",
            "truncatedRecord", "oversizedRecord", "contradictoryLengths", "impossibleTimestamp",
        ]
        // Another format's magic is too rare to be met by chance; its own test has it.
        for name in names where name != "otherFormat" { #expect(seen[name, default: 0] > 0, "\(name) never occurred") }
    }

    @Test("the writer refuses what its own reader would refuse, and keeps its buffer")
    func writerRefusals() throws {
        var writer = CaptureWriter(CaptureHeader(snapshotLength: 10))
        let before = writer.pending
        let packet = [UInt8](repeating: 0, count: 11), shorter = [UInt8](repeating: 0, count: 10)
        let now = CaptureTimestamp(seconds: 0, fraction: 0)
        #expect(throws: CaptureWriteError.oversizedPacket(length: 11, limit: 10)) {
            try writer.append(packet.span, originalLength: 11, timestamp: now)
        }
        #expect(throws: CaptureWriteError.contradictoryLengths(length: 10, originalLength: 9)) {
            try writer.append(shorter.span, originalLength: 9, timestamp: now)
        }
        #expect(throws: CaptureWriteError.impossibleTimestamp(fraction: 1_000_000, limit: 1_000_000)) {
            try writer.append(
                shorter.span, originalLength: 10,
                timestamp: CaptureTimestamp(seconds: 0, fraction: 1_000_000))
        }
        #expect(writer.pending == before)
    }
}

extension CaptureReader.Truncation {
    fileprivate static func random(using random: inout SeededGenerator) -> Self {
        Bool.random(using: &random) ? .refused : .tolerated
    }
}

extension CaptureError {
    /// The case's name, for counting.
    fileprivate var name: String {
        switch self {
        case .truncatedHeader: "truncatedHeader"
        case .otherFormat: "otherFormat"
        case .unknownMagic: "unknownMagic"
        case .unsupportedVersion: "unsupportedVersion"
        case .unsupportedLinkType: "unsupportedLinkType"
        case .truncatedRecordHeader: "truncatedRecordHeader"
        case .truncatedRecord: "truncatedRecord"
        case .oversizedRecord: "oversizedRecord"
        case .contradictoryLengths: "contradictoryLengths"
        case .impossibleTimestamp: "impossibleTimestamp"
        case .block: "block"
        }
    }
}
