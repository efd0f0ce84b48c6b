/// One line of /proc/<pid>/maps.
package struct Mapping: Equatable, Sendable {
    package let start: UInt64
    package let end: UInt64
    package let readable: Bool
    package let writable: Bool
    package let executable: Bool
    /// Stores reach the file, and whoever else maps it.
    package let shared: Bool
    package let file: File
    /// Where in the text its path is; empty for anonymous memory.
    let pathRange: Range<Int>

    /// What is mapped: device and inode; inode 0 is anonymous memory.
    package struct File: Equatable, Hashable, Sendable {
        package let major: UInt64
        package let minor: UInt64
        package let inode: UInt64
    }
}

/// Why the text of /proc/<pid>/maps was not understood.
package enum MappingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Line and column, both from 1, of the first byte that is not as proc(5) has it.
    case malformed(line: Int, column: Int)
    /// More lines than the reader takes.
    case tooMany(limit: Int)
    /// The text could not be had.
    case text(PostureError)

    package var description: String {
        switch self {
        case .malformed(let line, let column): "maps, line \(line), column \(column): not in the documented form"
        case .tooMany(let limit): "maps has more than \(limit) lines"
        case .text(let error): error.description
        }
    }
}

/// Reads the text of /proc/<pid>/maps, strictly: a byte out of place is an error, so that no line can go unseen.
struct MappingReader {
    static let limit = 65_536

    private var position = 0
    private var line = 1
    private var lineStart = 0

    static func mappings(in text: [UInt8]) throws(MappingError) -> [Mapping] {
        var mappings: [Mapping] = []
        mappings.reserveCapacity(128)
        var reader = MappingReader()
        while let mapping = try reader.next(in: text.span) { mappings.append(mapping) }
        return mappings
    }

    /// The next line, or nothing at the end of the text, which must be the same text on every call.
    mutating func next(in text: Span<UInt8>) throws(MappingError) -> Mapping? {
        guard position < text.count else { return nil }
        guard line <= Self.limit else { throw .tooMany(limit: Self.limit) }
        return try mapping(text)
    }

    private mutating func mapping(_ text: Span<UInt8>) throws(MappingError) -> Mapping {
        let start = try number(text, radix: 16)
        try expect(text, UInt8(ascii: "-"))
        let end = try number(text, radix: 16)
        guard end > start else { throw malformed() }
        try expect(text, UInt8(ascii: " "))
        let readable = try flag(text, "r", otherwise: "-")
        let writable = try flag(text, "w", otherwise: "-")
        let executable = try flag(text, "x", otherwise: "-")
        let shared = try flag(text, "s", otherwise: "p")
        try expect(text, UInt8(ascii: " "))
        _ = try number(text, radix: 16)
        try expect(text, UInt8(ascii: " "))
        let major = try number(text, radix: 16)
        try expect(text, UInt8(ascii: ":"))
        let minor = try number(text, radix: 16)
        try expect(text, UInt8(ascii: " "))
        let inode = try number(text, radix: 10)
        while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
        let pathStart = position
        // A line feed within a path is written as \012 (fs/proc/task_mmu.c), so this one ends the line.
        while position < text.count, text[position] != UInt8(ascii: "\n") { position += 1 }
        let path = pathStart..<position
        try expect(text, UInt8(ascii: "\n"))
        line += 1
        lineStart = position
        return Mapping(
            start: start, end: end, readable: readable, writable: writable, executable: executable, shared: shared,
            file: Mapping.File(major: major, minor: minor, inode: inode), pathRange: path)
    }

    private func malformed() -> MappingError { .malformed(line: line, column: position - lineStart + 1) }

    private mutating func expect(_ text: Span<UInt8>, _ byte: UInt8) throws(MappingError) {
        guard position < text.count, text[position] == byte else { throw malformed() }
        position += 1
    }

    private mutating func flag(
        _ text: Span<UInt8>, _ set: Unicode.Scalar, otherwise clear: Unicode.Scalar,
    ) throws(MappingError) -> Bool {
        guard position < text.count else { throw malformed() }
        switch text[position] {
        case UInt8(ascii: set):
            position += 1
            return true
        case UInt8(ascii: clear):
            position += 1
            return false
        default:
            throw malformed()
        }
    }

    private mutating func number(_ text: Span<UInt8>, radix: UInt64) throws(MappingError) -> UInt64 {
        var value: UInt64 = 0
        let first = position
        while position < text.count {
            let byte = text[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16: digit = byte - UInt8(ascii: "a") + 10
            default: digit = .max
            }
            guard digit != .max else { break }
            let (product, tooBig) = value.multipliedReportingOverflow(by: radix)
            let (sum, tooBigStill) = product.addingReportingOverflow(UInt64(digit))
            guard !tooBig, !tooBigStill else { throw malformed() }
            value = sum
            position += 1
        }
        guard position > first else { throw malformed() }
        return value
    }
}
