/// Reads a classic pcap file, one record after the other, out of bytes that the caller holds (see ``CaptureReader``).
struct ClassicReader: Sendable {
    let header: CaptureHeader
    /// How the file ended early, once `next` has met it.
    private(set) var truncation: CaptureError?
    private let policy: CaptureReader.Truncation
    /// The offset of the next record's header.
    private var cursor = CaptureFormat.headerLength

    /// Reads the file's header.
    init(_ bytes: borrowing Span<UInt8>, truncation: CaptureReader.Truncation) throws(CaptureError) {
        header = try CaptureHeader(parsing: bytes)
        policy = truncation
    }

    /// The next record, or nil where the file ends. Once it has thrown, it throws the same again.
    mutating func next(in bytes: borrowing Span<UInt8>) throws(CaptureError) -> CaptureRecord? {
        guard truncation == nil else { return nil }
        let start = cursor
        let available = bytes.count - start
        guard available > 0 else { return nil }
        guard available >= CaptureFormat.recordHeaderLength else {
            return try end(.truncatedRecordHeader(offset: start, available: available))
        }
        let order = header.byteOrder
        let timestamp = CaptureTimestamp(
            seconds: bytes.word(at: start, order), fraction: bytes.word(at: start + 4, order))
        let claimedLength = bytes.word(at: start + 8, order)
        let originalLength = bytes.word(at: start + 12, order)

        guard timestamp.fraction < header.resolution.perSecond else {
            throw .impossibleTimestamp(
                offset: start, fraction: timestamp.fraction, limit: header.resolution.perSecond)
        }
        guard claimedLength <= header.recordLimit else {
            throw .oversizedRecord(offset: start, claimedLength: claimedLength, limit: header.recordLimit)
        }
        guard claimedLength <= originalLength else {
            throw .contradictoryLengths(
                offset: start, claimedLength: claimedLength, originalLength: originalLength)
        }
        let length = Int(claimedLength)
        guard length <= available - CaptureFormat.recordHeaderLength else {
            return try end(
                .truncatedRecord(
                    offset: start, claimedLength: claimedLength,
                    available: available - CaptureFormat.recordHeaderLength))
        }
        let offset = start + CaptureFormat.recordHeaderLength
        cursor = offset + length
        return CaptureRecord(offset: offset, length: length, originalLength: originalLength, timestamp: timestamp)
    }

    private mutating func end(_ error: CaptureError) throws(CaptureError) -> CaptureRecord? {
        switch policy {
        case .refused: throw error
        case .tolerated:
            truncation = error
            return nil
        }
    }
}

extension CaptureHeader {
    /// Reads and checks the first 24 bytes of a file.
    init(parsing bytes: borrowing Span<UInt8>) throws(CaptureError) {
        guard bytes.count >= 4 else { throw .truncatedHeader(available: bytes.count) }
        let magic = bytes.word(at: 0, .bigEndian)
        switch magic {
        case CaptureFormat.microsecondMagic: self.init(byteOrder: .bigEndian, resolution: .microseconds)
        case CaptureFormat.microsecondMagic.byteSwapped: self.init(byteOrder: .littleEndian, resolution: .microseconds)
        case CaptureFormat.nanosecondMagic: self.init(byteOrder: .bigEndian, resolution: .nanoseconds)
        case CaptureFormat.nanosecondMagic.byteSwapped: self.init(byteOrder: .littleEndian, resolution: .nanoseconds)
        default:
            if let format = CaptureOtherFormat(magic: magic) { throw .otherFormat(format) }
            throw .unknownMagic(magic)
        }
        guard bytes.count >= CaptureFormat.headerLength else { throw .truncatedHeader(available: bytes.count) }

        // Two 16-bit numbers, read as one word: the one that comes first is the high half of a big-endian word only.
        let version = bytes.word(at: 4, byteOrder)
        let first = UInt16(truncatingIfNeeded: version >> 16), second = UInt16(truncatingIfNeeded: version)
        let (major, minor) =
            switch byteOrder {
            case .bigEndian: (first, second)
            case .littleEndian: (second, first)
            }
        guard major == CaptureFormat.majorVersion, minor == CaptureFormat.minorVersion else {
            throw .unsupportedVersion(major: major, minor: minor)
        }
        // Bytes 8 to 15 were a time zone and an accuracy that nobody wrote; the draft has readers ignore them.
        snapshotLength = bytes.word(at: 16, byteOrder)
        // Its high bits would say that frames end in a checksum, so they are part of what is compared.
        let linkType = bytes.word(at: 20, byteOrder)
        guard linkType == CaptureFormat.ethernet else { throw .unsupportedLinkType(linkType) }
    }
}

extension CaptureOtherFormat {
    /// - Parameter magic: the first four bytes, the first of them highest.
    fileprivate init?(magic: UInt32) {
        switch magic {
        case 0xA1B2_CD34, 0x34CD_B2A1: self = .modifiedPcap
        case 0x736E_6F6F: self = .snoop
        case 0x28B5_2FFD: self = .zstandard
        case 0xFD37_7A58: self = .xz
        case let value where value >> 16 == 0x1F8B: self = .gzip
        default: return nil
        }
    }
}

extension Span<UInt8> {
    /// The 32-bit number whose first byte is at `offset`.
    func word(at offset: Int, _ order: CaptureByteOrder) -> UInt32 {
        let bytes =
            UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8
            | UInt32(self[offset + 3])
        return switch order {
        case .bigEndian: bytes
        case .littleEndian: bytes.byteSwapped
        }
    }
}
