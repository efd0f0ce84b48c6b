import Hooks
import Testing

@Suite("Captures survive being written and read")
struct CaptureRoundTripTests {
    @Test("what is written is read back, in every byte order and resolution", arguments: everyHeader)
    func roundTrip(header: CaptureHeader) throws {
        for seed in UInt64(0)..<50 {
            var random = SeededGenerator(seed)
            let packets = randomPackets(Int(seed % 17), for: header, using: &random)
            let file = try written(packets, header)
            let result = readAll(file)
            #expect(result.packets == packets, "seed \(seed)")
            #expect(result.error == nil)
            #expect(result.reader?.header == header)
        }
    }

    @Test("the capture in the repository is read whole and written back byte for byte")
    func ownCapture() throws {
        let file = try mixedCapture()
        let result = readAll(file)
        #expect(result.error == nil)
        #expect((2_000...4_000).contains(result.packets.count))
        #expect(file.count <= 1 << 20)
        let header = try #require(result.reader?.header)
        #expect(try written(result.packets, header) == file)
    }

    @Test("the capture in the repository has a record cut short, a runt, tags, fragments and both IP versions")
    func ownCaptureContents() throws {
        let packets = readAll(try mixedCapture()).packets
        func count(_ matches: (Packet) -> Bool) -> Int { packets.count(where: matches) }
        func type(_ packet: Packet, _ value: UInt16) -> Bool {
            packet.bytes.count >= 14 && packet.bytes[12] == UInt8(value >> 8) && packet.bytes[13] == UInt8(value & 255)
        }
        #expect(count { $0.originalLength > $0.bytes.count } == 1)
        #expect(count { $0.bytes.count < 14 + 20 && type($0, 0x0800) } == 1)
        for etherType: UInt16 in [0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x88B5] {
            #expect(count { type($0, etherType) } > 0, "EtherType \(etherType)")
        }
        // Protocol 1, 6, 17 at offset 23; more-fragments or an offset at 20.
        for number: UInt8 in [1, 6, 17] {
            #expect(count { type($0, 0x0800) && $0.bytes.count > 34 && $0.bytes[23] == number } > 100)
        }
        #expect(count { type($0, 0x0800) && $0.bytes.count > 34 && ($0.bytes[20] & 0x3F | $0.bytes[21]) != 0 } > 10)
        #expect(packets.allSatisfy { $0.originalLength <= 1_518 + 4 })
        #expect(zip(packets, packets.dropFirst()).allSatisfy { $0.timestamp.order <= $1.timestamp.order })
    }

    @Test("the writer's bytes are those of the format's description")
    func exactBytes() throws {
        let packet = Packet(
            bytes: [0xAA, 0xBB], originalLength: 60, timestamp: CaptureTimestamp(seconds: 1, fraction: 2))
        let header = CaptureHeader(byteOrder: .bigEndian, resolution: .nanoseconds, snapshotLength: 64)
        #expect(
            try written([packet], header) == [
                0xA1, 0xB2, 0x3C, 0x4D, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 1,
                0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 60, 0xAA, 0xBB,
            ])
        let plain = CaptureHeader(byteOrder: .littleEndian, resolution: .microseconds, snapshotLength: 64)
        #expect(
            try written([], plain) == [
                0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 1, 0, 0, 0,
            ])
    }

    @Test("a taken buffer leaves only what came after it")
    func taking() throws {
        var writer = CaptureWriter()
        writer.removePending()
        #expect(writer.pending.isEmpty)
        let now = CaptureTimestamp(seconds: 0, fraction: 0)
        try writer.append([1, 2, 3].span, originalLength: 3, timestamp: now)
        #expect(writer.pending.count == 16 + 3)
    }

    @Test(
        "a changed packet keeps what the snapshot had cut from it", arguments: [(40, 1_440), (60, 1_460), (80, 1_480)])
    func changedLength(length: Int, expected: UInt32) throws {
        let packet = Packet(
            bytes: .init(repeating: 0, count: 60), originalLength: 1_460,
            timestamp: CaptureTimestamp(seconds: 0, fraction: 0))
        let file = try written([packet], CaptureHeader())
        var reader = try CaptureReader(file.span)
        let record = try #require(try reader.next(in: file.span))
        #expect(record.wasCutShort)
        #expect(record.originalLength(whenChangedTo: length) == expected)
    }

    @Test("nanoseconds come out alike in both resolutions")
    func nanoseconds() {
        let half = CaptureTimestamp(seconds: 3, fraction: 500_000)
        #expect(half.nanoseconds(.microseconds) == 3_500_000_000)
        #expect(CaptureTimestamp(seconds: 3, fraction: 500_000_000).nanoseconds(.nanoseconds) == 3_500_000_000)
        #expect(
            CaptureTimestamp(seconds: .max, fraction: 999_999).nanoseconds(.microseconds)
                == UInt64(UInt32.max) * 1_000_000_000 + 999_999_000)
    }
}

extension CaptureTimestamp {
    fileprivate var order: UInt64 { nanoseconds(.microseconds) }
}
