/// Why a packet cannot be written to a capture.
package enum CaptureWriteError: Error, Equatable, Sendable, CustomStringConvertible {
    case oversizedPacket(length: Int, limit: UInt32)
    case contradictoryLengths(length: Int, originalLength: UInt32)
    case impossibleTimestamp(fraction: UInt32, limit: UInt32)

    package var description: String {
        switch self {
        case .oversizedPacket(let length, let limit):
            "a packet of \(length) bytes does not fit the capture's limit of \(limit)"
        case .contradictoryLengths(let length, let originalLength):
            "a packet of \(length) bytes cannot have had \(originalLength) on the wire"
        case .impossibleTimestamp(let fraction, let limit):
            "a timestamp whose fraction is \(fraction), and a second has \(limit)"
        }
    }
}

/// Writes a classic pcap file into a buffer that the caller empties into a file whenever it likes.
///
/// What a reader of this project returned is written back as it was: the same packet gives the same record, byte for byte.
package struct CaptureWriter: Sendable {
    package let header: CaptureHeader
    /// What has not been taken yet, the file's header first.
    package private(set) var pending: [UInt8] = []

    package init(_ header: CaptureHeader = CaptureHeader()) {
        self.header = header
        let magic =
            switch header.resolution {
            case .microseconds: CaptureFormat.microsecondMagic
            case .nanoseconds: CaptureFormat.nanosecondMagic
            }
        append(magic)
        append(CaptureFormat.majorVersion, CaptureFormat.minorVersion)
        append(0)
        append(0)
        append(header.snapshotLength)
        append(CaptureFormat.ethernet)
    }

    /// Adds one packet, or refuses it and leaves the buffer as it was.
    package mutating func append(
        _ packet: borrowing Span<UInt8>, originalLength: UInt32, timestamp: CaptureTimestamp
    ) throws(CaptureWriteError) {
        guard packet.count <= header.recordLimit else {
            throw .oversizedPacket(length: packet.count, limit: header.recordLimit)
        }
        guard packet.count <= originalLength else {
            throw .contradictoryLengths(length: packet.count, originalLength: originalLength)
        }
        guard timestamp.fraction < header.resolution.perSecond else {
            throw .impossibleTimestamp(fraction: timestamp.fraction, limit: header.resolution.perSecond)
        }
        append(timestamp.seconds)
        append(timestamp.fraction)
        append(UInt32(packet.count))
        append(originalLength)
        for index in packet.indices { pending.append(packet[index]) }
    }

    /// Forgets what the caller has written out; the buffer's memory is used again.
    package mutating func removePending() {
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ value: UInt32) {
        let ordered =
            switch header.byteOrder {
            case .littleEndian: value
            case .bigEndian: value.byteSwapped
            }
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            pending.append(UInt8(truncatingIfNeeded: ordered >> shift))
        }
    }

    private mutating func append(_ first: UInt16, _ second: UInt16) {
        switch header.byteOrder {
        case .littleEndian: append(UInt32(second) << 16 | UInt32(first))
        case .bigEndian: append(UInt32(first) << 16 | UInt32(second))
        }
    }
}
