import Testing

/// An object file to be spoiled in a chosen place.
struct ObjectEditor {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    enum SectionField: Int {
        case name = 0
        case type = 4
        case flags = 8
        case offset = 24
        case size = 32
        case link = 40
        case info = 44
        case entrySize = 56
        var width: Int {
            switch self {
            case .name, .type, .link, .info: 4
            case .flags, .offset, .size, .entrySize: 8
            }
        }
    }
    enum SymbolField: Int {
        case name = 0
        case info = 4
        case section = 6
        case value = 8
        case size = 16
        var width: Int {
            switch self {
            case .info: 1
            case .section: 2
            case .name: 4
            case .value, .size: 8
            }
        }
    }

    func number(at offset: Int, width: Int) -> UInt64 {
        (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
    }

    mutating func put(_ value: UInt64, at offset: Int, width: Int) {
        for byte in 0..<width { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte))) }
    }

    var sectionCount: Int { Int(number(at: 60, width: 2)) }

    func headerOffset(_ index: Int) -> Int { Int(number(at: 40, width: 8)) + index * 64 }

    func section(_ index: Int, _ field: SectionField) -> UInt64 {
        number(at: headerOffset(index) + field.rawValue, width: field.width)
    }

    private func text(at offset: Int) -> String {
        String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
    }

    func index(of name: String) -> Int {
        let names = Int(section(Int(number(at: 62, width: 2)), .offset))
        return (1..<sectionCount).first { text(at: names + Int(section($0, .name))) == name } ?? 0
    }

    func section(_ name: String, _ field: SectionField) -> UInt64 { section(index(of: name), field) }

    mutating func set(_ name: String, _ field: SectionField, _ value: UInt64) {
        put(value, at: headerOffset(index(of: name)) + field.rawValue, width: field.width)
    }

    /// Where a section's contents begin in the file.
    func start(_ name: String) -> Int { Int(section(name, .offset)) }

    /// The index of a symbol by name.
    func symbolIndex(_ name: String) -> Int {
        let strings = Int(section(Int(section(".symtab", .link)), .offset))
        let count = Int(section(".symtab", .size)) / 24
        return (0..<count).first { text(at: strings + Int(number(at: start(".symtab") + $0 * 24, width: 4))) == name }
            ?? 0
    }

    mutating func setSymbol(_ name: String, _ field: SymbolField, _ value: UInt64) {
        put(value, at: start(".symtab") + symbolIndex(name) * 24 + field.rawValue, width: field.width)
    }

    func symbol(_ name: String, _ field: SymbolField) -> UInt64 {
        number(at: start(".symtab") + symbolIndex(name) * 24 + field.rawValue, width: field.width)
    }
}
