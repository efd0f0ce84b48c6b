/// Machine code, and which instruction each byte of it belongs to.
///
/// The bytes of an answer, all numbers little-endian:
///
/// ```
/// magic u64, version u32, length u32, then counts u32: instructions, pieces, bytes of code, 0
/// starts u32 each, pieces offset u32 and instruction u32 each, code
/// ```
package struct CompiledProgram: Equatable, Sendable {
    /// Begins with the entry.
    package var bytes: [UInt8]
    package var map: CodeMap

    package init(bytes: [UInt8], map: CodeMap) {
        self.bytes = bytes
        self.map = map
    }

    /// "RINGX86" and a byte that no text file has there.
    private static let magic: UInt64 = 0x89_36_38_58_47_4E_49_52
    static let version: UInt32 = 1
    private static let headerBytes = 32

    package func serialized() throws(PackageError) -> [UInt8] {
        var writer = PackageWriter()
        writer.put(Self.magic)
        writer.put(Self.version)
        writer.put(UInt32(Self.headerBytes + map.starts.count * 4 + map.outlined.count * 8 + bytes.count))
        writer.put(UInt32(map.starts.count))
        writer.put(UInt32(map.outlined.count))
        writer.put(UInt32(bytes.count))
        writer.put(UInt32(0))
        for start in map.starts { writer.put(start) }
        for piece in map.outlined {
            writer.put(piece.offset)
            writer.put(piece.instruction)
        }
        writer.bytes += bytes
        _ = try Self(parsing: writer.bytes)
        return writer.bytes
    }

    /// Reads an answer as if its maker were hostile. What the code does is not looked at: the cell's walls are for that.
    package init(parsing whole: [UInt8]) throws(PackageError) {
        let span = whole.span
        var reader = PackageReader()
        try reader.start(span, magic: Self.magic, version: Self.version)
        let instructions = try reader.bounded(span, "instructions", limit: PackageLimits.slotsPerSet)
        let pieces = try reader.bounded(span, "pieces", limit: PackageLimits.codePieces)
        let size = try reader.bounded(span, "bytes of code", limit: PackageLimits.codeBytes)
        _ = try reader.flags(span, "last word of the header", known: 0)
        var starts: [UInt32] = []
        starts.reserveCapacity(instructions)
        for _ in 0..<instructions {
            starts.append(try reader.ascending(span, "start of an instruction", after: starts.last ?? 0, upTo: size))
        }
        var outlined: [CodeMap.Piece] = []
        for _ in 0..<pieces {
            let offset = try reader.ascending(span, "start of a piece", after: outlined.last?.offset ?? 0, upTo: size)
            let at = reader.offset
            let instruction = try reader.uint32(span, "instruction of a piece")
            guard instruction < instructions else {
                throw .indexOutOfRange(
                    field: "instruction of a piece", offset: at, index: instruction, limit: instructions)
            }
            outlined.append(CodeMap.Piece(offset: offset, instruction: instruction))
        }
        let start = try reader.take(size, of: span, "code")
        guard reader.offset == whole.count else {
            throw .lengthMismatch(declared: UInt64(reader.offset), actual: whole.count)
        }
        bytes = Array(whole[start..<start + size])
        map = CodeMap(starts: starts, outlined: outlined, size: UInt32(size))
    }
}

extension PackageReader {
    /// Magic, version and length, which both requests and answers begin with.
    mutating func start(_ bytes: Span<UInt8>, magic expected: UInt64, version supported: UInt32) throws(PackageError) {
        let magic = try uint64(bytes, "magic")
        guard magic == expected else { throw .wrongMagic(magic) }
        let version = try uint32(bytes, "version")
        guard version == supported else { throw .unsupportedVersion(version, supported: supported) }
        let length = try uint32(bytes, "length")
        guard length == bytes.count else { throw .lengthMismatch(declared: UInt64(length), actual: bytes.count) }
    }

    /// A number that is not less than the one before it.
    fileprivate mutating func ascending(
        _ bytes: Span<UInt8>, _ field: String, after previous: UInt32, upTo limit: Int
    ) throws(PackageError) -> UInt32 {
        let at = offset
        let value = UInt32(try bounded(bytes, field, limit: limit))
        guard value >= previous else {
            throw .indexOutOfRange(field: field, offset: at, index: value, limit: Int(previous))
        }
        return value
    }
}
