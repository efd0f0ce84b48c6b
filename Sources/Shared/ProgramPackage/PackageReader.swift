/// A position in bytes that are not to be believed. Reads either give a number or say where the bytes ended.
struct PackageReader {
    private(set) var offset = 0

    mutating func uint32(_ bytes: Span<UInt8>, _ field: String) throws(PackageError) -> UInt32 {
        let start = try take(4, of: bytes, field)
        return UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
            | UInt32(bytes[start + 3]) << 24
    }

    mutating func uint64(_ bytes: Span<UInt8>, _ field: String) throws(PackageError) -> UInt64 {
        let low = try uint32(bytes, field)
        return UInt64(low) | UInt64(try uint32(bytes, field)) << 32
    }

    /// Steps over `count` bytes and returns where they begin.
    mutating func take(_ count: Int, of bytes: Span<UInt8>, _ field: String) throws(PackageError) -> Int {
        let available = bytes.count - offset
        guard count >= 0, count <= available else {
            throw .truncated(field: field, offset: offset, needed: count, available: available)
        }
        defer { offset += count }
        return offset
    }

    /// A number that must not exceed a limit.
    mutating func bounded(_ bytes: Span<UInt8>, _ field: String, limit: Int) throws(PackageError) -> Int {
        let at = offset
        let value = try uint32(bytes, field)
        guard value <= limit else {
            throw .limitExceeded(field: field, offset: at, value: UInt64(value), limit: limit)
        }
        return Int(value)
    }

    /// Bits of which only those in `known` mean something.
    mutating func flags(_ bytes: Span<UInt8>, _ field: String, known: UInt32) throws(PackageError) -> UInt32 {
        let at = offset
        let value = try uint32(bytes, field)
        guard value & ~known == 0 else {
            throw .reservedNotZero(field: field, offset: at, value: UInt64(value & ~known))
        }
        return value
    }

    /// A number that is there or zero.
    mutating func optional(
        _ bytes: Span<UInt8>, _ field: String, isThere: Bool
    ) throws(PackageError) -> UInt32? {
        let at = offset
        let value = try uint32(bytes, field)
        guard isThere || value == 0 else { throw .reservedNotZero(field: field, offset: at, value: UInt64(value)) }
        return isThere ? value : nil
    }

    /// A string by its index in the table, shared and not copied, fit for its use.
    mutating func string(
        _ bytes: Span<UInt8>, from table: [TableString], _ field: String, limit: Int, isName: Bool = false,
        allowingTabs: Bool = false
    ) throws(PackageError) -> String {
        let at = offset
        let index = try uint32(bytes, field)
        guard index < table.count else {
            throw .indexOutOfRange(field: field, offset: at, index: index, limit: table.count)
        }
        let string = table[Int(index)]
        guard string.text.utf8.count <= limit else {
            throw .limitExceeded(field: field, offset: at, value: UInt64(string.text.utf8.count), limit: limit)
        }
        if isName, string.text.isEmpty { throw .emptyName(field: field, offset: at) }
        if let (offset, scalar) = allowingTabs ? string.firstForbidden : string.firstForbiddenOrTab {
            throw .forbiddenCharacter(field: field, offset: offset, scalar: scalar.value)
        }
        return string.text
    }
}

/// A string of the table with what any use of it needs to know, found out once.
struct TableString {
    let text: String
    let firstForbidden: (offset: Int, scalar: Unicode.Scalar)?
    let firstForbiddenOrTab: (offset: Int, scalar: Unicode.Scalar)?

    init(_ text: String) {
        self.text = text
        firstForbidden = PackageText.firstForbidden(in: text, allowingTabs: true)
        firstForbiddenOrTab = PackageText.firstForbidden(in: text, allowingTabs: false)
    }
}
