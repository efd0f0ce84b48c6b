/// The order of the bytes in a capture's numbers: that of the machine which wrote it.
package enum CaptureByteOrder: Sendable, CaseIterable {
    case littleEndian, bigEndian
}

/// What the fraction of a capture's timestamps counts.
package enum CaptureResolution: Sendable, CaseIterable {
    case microseconds, nanoseconds

    /// How many of them are a second; a fraction is always less.
    package var perSecond: UInt32 {
        switch self {
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
    }
}

/// The numbers of the classic pcap format (draft-ietf-opsawg-pcap), and the limits that we hold files to.
package enum CaptureFormat {
    static let headerLength = 24
    static let recordHeaderLength = 16
    static let microsecondMagic: UInt32 = 0xA1B2_C3D4
    static let nanosecondMagic: UInt32 = 0xA1B2_3C4D
    static let majorVersion: UInt16 = 2
    static let minorVersion: UInt16 = 4
    static let ethernet: UInt32 = 1

    /// No record may hold more bytes than this: libpcap's own limit for Ethernet (`MAXIMUM_SNAPLEN`).
    package static let maximumRecordLength: UInt32 = 262_144
}

/// The facts in a capture's first 24 bytes. The link type is always Ethernet, since everything else is refused.
package struct CaptureHeader: Equatable, Sendable {
    package var byteOrder: CaptureByteOrder
    package var resolution: CaptureResolution
    /// As the file has it; 0 means that its writer set no limit.
    package var snapshotLength: UInt32

    package init(
        byteOrder: CaptureByteOrder = .littleEndian, resolution: CaptureResolution = .microseconds,
        snapshotLength: UInt32 = CaptureFormat.maximumRecordLength
    ) {
        self.byteOrder = byteOrder
        self.resolution = resolution
        self.snapshotLength = snapshotLength
    }

    /// The most bytes that a record of this file may hold.
    package var recordLimit: UInt32 {
        snapshotLength == 0 ? CaptureFormat.maximumRecordLength : min(snapshotLength, CaptureFormat.maximumRecordLength)
    }
}

/// When a packet was seen: seconds since 1970 and a fraction, in the resolution of its file.
package struct CaptureTimestamp: Equatable, Sendable {
    package var seconds: UInt32
    package var fraction: UInt32

    package init(seconds: UInt32, fraction: UInt32) {
        self.seconds = seconds
        self.fraction = fraction
    }

    package func nanoseconds(_ resolution: CaptureResolution) -> UInt64 {
        UInt64(seconds) * 1_000_000_000 + UInt64(fraction) * UInt64(1_000_000_000 / resolution.perSecond)
    }
}

/// Where one packet lies in the bytes of a capture, and what the file says of it.
package struct CaptureRecord: Equatable, Sendable {
    /// The offset of the packet's first byte in the file; its record header lies right before.
    package let offset: Int
    /// How many bytes of the packet the file holds.
    package let length: Int
    /// How many bytes it had on the wire: more than `length` where the snapshot cut it short.
    package let originalLength: UInt32
    package let timestamp: CaptureTimestamp

    package var bytes: Range<Int> { offset..<offset + length }
    package var wasCutShort: Bool { originalLength > length }

    /// The original length of this packet once a program has made it `length` bytes long: what the snapshot cut stays cut.
    package func originalLength(whenChangedTo length: Int) -> UInt32 {
        let cut = UInt64(originalLength) - UInt64(self.length)
        return UInt32(clamping: UInt64(length) + cut)
    }
}
