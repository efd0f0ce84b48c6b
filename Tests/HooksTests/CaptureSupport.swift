import Foundation
import Hooks

/// One header of each kind: both byte orders, both resolutions.
let everyHeader: [CaptureHeader] = CaptureByteOrder.allCases.flatMap { order in
    CaptureResolution.allCases.map { CaptureHeader(byteOrder: order, resolution: $0, snapshotLength: 2_048) }
}

/// A packet and what a capture says of it.
struct Packet: Equatable {
    var bytes: [UInt8]
    var originalLength: UInt32
    var timestamp: CaptureTimestamp
}

/// SplitMix64, so that a failing seed fails again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

func randomPackets(_ count: Int, for header: CaptureHeader, using random: inout SeededGenerator) -> [Packet] {
    (0..<count).map { _ in
        let length = Int.random(in: 0...200, using: &random)
        let cut = Bool.random(using: &random) ? 0 : UInt32.random(in: 0...5_000, using: &random)
        return Packet(
            bytes: (0..<length).map { _ in .random(in: 0...255, using: &random) },
            originalLength: UInt32(length) + cut,
            timestamp: CaptureTimestamp(
                seconds: .random(in: 0...UInt32.max, using: &random),
                fraction: .random(in: 0..<header.resolution.perSecond, using: &random)))
    }
}

func written(_ packets: [Packet], _ header: CaptureHeader) throws -> [UInt8] {
    var writer = CaptureWriter(header)
    for packet in packets {
        try writer.append(packet.bytes.span, originalLength: packet.originalLength, timestamp: packet.timestamp)
    }
    return writer.pending
}

/// Everything that can be read, and the error that ended it.
func readAll(
    _ file: [UInt8], truncation: CaptureReader.Truncation = .refused
) -> (packets: [Packet], error: CaptureError?, reader: CaptureReader?) {
    var packets: [Packet] = []
    var partial: CaptureReader?
    do throws(CaptureError) {
        var reader = try CaptureReader(file.span, truncation: truncation)
        defer { partial = reader }
        while let record = try reader.next(in: file.span) {
            packets.append(
                Packet(
                    bytes: Array(file[record.bytes]), originalLength: record.originalLength,
                    timestamp: record.timestamp))
        }
    } catch {
        return (packets, error, partial)
    }
    return (packets, nil, partial)
}

/// The capture that the repository carries.
func mixedCapture() throws -> [UInt8] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: tests.appending(path: "Captures/mixed.pcap")))
}

extension Array where Element == UInt8 {
    func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
        var copy = self
        copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        return copy
    }
}

func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
