/// Reads a pcapng file (draft-ietf-opsawg-pcapng), one block after the other, out of bytes that the caller holds (see ``CaptureReader``).
///
/// Packets come from Enhanced Packet Blocks, Simple Packet Blocks and the Packet Blocks of old files; every other block is passed over, once its
/// lengths have been found to agree. A file may have several sections, each with its own byte order and interfaces.
struct BlockReader: Sendable {
    /// How the file ended early, once `next` has met it.
    private(set) var truncation: CaptureError?
    private let policy: CaptureReader.Truncation
    /// The offset of the next block.
    private var cursor = 0
    private var order = CaptureByteOrder.littleEndian
    /// Of the present section.
    private var interfaces: [CaptureInterface] = []

    /// No block may be longer: Wireshark's limit.
    static let longestBlock: UInt32 = 16 << 20
    /// Packets name an interface by 32 bits; no machine has so many.
    static let mostInterfaces = 4_096

    private enum BlockType {
        /// The same in both byte orders.
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let oldPacket: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let packet: UInt32 = 6

        /// Bytes that stand before what may be of any length.
        static func fixedBytes(_ type: UInt32) -> Int {
            switch type {
            case section: 16
            case interface: 8
            case oldPacket, packet: 20
            case simplePacket: 4
            case _: 0
            }
        }
    }

    private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// Type and length before a block's body, the length again behind it.
    private static let frame = 12

    /// Whether a file is of this format.
    static func begins(_ bytes: borrowing Span<UInt8>) -> Bool {
        bytes.count >= 4 && bytes.word(at: 0, .bigEndian) == BlockType.section
    }

    init(truncation: CaptureReader.Truncation) { policy = truncation }

    mutating func next(in bytes: borrowing Span<UInt8>) throws(CaptureError) -> CaptureRecord? {
        guard truncation == nil else { return nil }
        while cursor < bytes.count {
            let start = cursor
            do throws(CaptureBlockProblem) {
                if let record = try nextBlock(in: bytes) { return record }
            } catch {
                // Where the block began: it is met again.
                cursor = start
                let error = CaptureError.block(offset: start, error)
                guard error.isTruncation, policy == .tolerated else { throw error }
                truncation = error
                return nil
            }
        }
        return nil
    }

    /// Reads one block and steps over it; a record if it has a packet.
    private mutating func nextBlock(in bytes: borrowing Span<UInt8>) throws(CaptureBlockProblem) -> CaptureRecord? {
        let available = bytes.count - cursor
        guard available >= Self.frame else { throw .truncated(claimedLength: UInt64(Self.frame), available: available) }
        // A section says in which order its numbers are, its own length among them.
        let isSection = bytes.word(at: cursor, .bigEndian) == BlockType.section
        var order = order
        if isSection { order = try Self.order(bytes.word(at: cursor + 8, .bigEndian)) }
        let type = bytes.word(at: cursor, order)
        let length = bytes.word(at: cursor + 4, order)
        guard length % 4 == 0, Int(length) >= Self.frame + BlockType.fixedBytes(type) else {
            throw .length(length, type: type)
        }
        guard length <= Self.longestBlock else { throw .oversized(claimedLength: length, limit: Self.longestBlock) }
        guard Int(length) <= available else { throw .truncated(claimedLength: UInt64(length), available: available) }
        let last = bytes.word(at: cursor + Int(length) - 4, order)
        guard last == length else { throw .contradictoryLengths(first: length, last: last) }

        let body = cursor + 8..<cursor + Int(length) - 4
        var record: CaptureRecord?
        switch type {
        case BlockType.section: try beginSection(bytes, body, order)
        case BlockType.interface:
            guard interfaces.count < Self.mostInterfaces else {
                throw .tooManyInterfaces(limit: Self.mostInterfaces)
            }
            interfaces.append(try CaptureInterface(bytes, body, order))
        case BlockType.packet:
            record = try packet(
                bytes, body, interface: bytes.word(at: body.lowerBound, order), order)
        case BlockType.oldPacket:
            record = try packet(
                bytes, body, interface: UInt32(bytes.halfWord(at: body.lowerBound, order)), order)
        case BlockType.simplePacket: record = try simplePacket(bytes, body, order)
        case _: break
        }
        cursor += Int(length)
        return record
    }

    private static func order(_ magic: UInt32) throws(CaptureBlockProblem) -> CaptureByteOrder {
        switch magic {
        case byteOrderMagic: return .bigEndian
        case byteOrderMagic.byteSwapped: return .littleEndian
        case _: throw .byteOrder(magic)
        }
    }

    /// The length of the section, which may be unknown, says nothing that the blocks do not.
    private mutating func beginSection(
        _ bytes: borrowing Span<UInt8>, _ body: Range<Int>, _ order: CaptureByteOrder
    ) throws(CaptureBlockProblem) {
        let major = bytes.halfWord(at: body.lowerBound + 4, order)
        // Minor version 2 is how some writers say 0 (draft-ietf-opsawg-pcapng, section 4.1).
        let minor = bytes.halfWord(at: body.lowerBound + 6, order)
        guard major == 1, minor == 0 || minor == 2 else { throw .version(major: major, minor: minor) }
        self.order = order
        interfaces.removeAll(keepingCapacity: true)
    }

    /// Interface, time, captured and original length, bytes; an old block has a count of drops beside its interface.
    private func packet(
        _ bytes: borrowing Span<UInt8>, _ body: Range<Int>, interface: UInt32, _ order: CaptureByteOrder
    ) throws(CaptureBlockProblem) -> CaptureRecord {
        let source = try self.interface(interface)
        let high = bytes.word(at: body.lowerBound + 4, order), low = bytes.word(at: body.lowerBound + 8, order)
        let claimedLength = bytes.word(at: body.lowerBound + 12, order)
        let originalLength = bytes.word(at: body.lowerBound + 16, order)
        return try record(
            claimedLength, originalLength, at: body.lowerBound + 20, before: body.upperBound,
            timestamp: source.timestamp(UInt64(high) << 32 | UInt64(low)))
    }

    /// Original length, bytes: of the first interface, as many as it kept, at no time.
    private func simplePacket(
        _ bytes: borrowing Span<UInt8>, _ body: Range<Int>, _ order: CaptureByteOrder
    ) throws(CaptureBlockProblem) -> CaptureRecord {
        let source = try interface(0)
        let originalLength = bytes.word(at: body.lowerBound, order)
        let limit = source.snapshotLength == 0 ? .max : source.snapshotLength
        return try record(
            min(originalLength, limit), originalLength, at: body.lowerBound + 4, before: body.upperBound,
            timestamp: CaptureTimestamp(seconds: 0, fraction: 0))
    }

    private func interface(_ number: UInt32) throws(CaptureBlockProblem) -> CaptureInterface {
        guard number < interfaces.count else { throw .noSuchInterface(number, count: interfaces.count) }
        let interface = interfaces[Int(number)]
        guard UInt32(interface.linkType) == CaptureFormat.ethernet else {
            throw .linkType(interface.linkType, interface: number)
        }
        return interface
    }

    private func record(
        _ claimedLength: UInt32, _ originalLength: UInt32, at start: Int, before end: Int, timestamp: CaptureTimestamp
    ) throws(CaptureBlockProblem) -> CaptureRecord {
        guard claimedLength <= CaptureFormat.maximumRecordLength else {
            throw .oversized(claimedLength: claimedLength, limit: CaptureFormat.maximumRecordLength)
        }
        guard Int(claimedLength) <= end - start else {
            throw .packet(claimedLength: claimedLength, available: end - start)
        }
        // Writers that count a checksum in one of them and not in the other leave a packet that was shorter than what is kept of it.
        return CaptureRecord(
            offset: start, length: Int(claimedLength), originalLength: max(originalLength, claimedLength),
            timestamp: timestamp)
    }
}
