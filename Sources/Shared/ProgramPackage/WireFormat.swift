/// The bytes of a package: a header of counts, then every table back to back in this order, all numbers little-endian.
///
/// ```
/// header     magic u64, version u32, length u32, flags u32, licence u32 (string), then fourteen counts u32: strings,
///            string bytes, sections, maps, programs, functions, lines, slots, data bytes, map slots, omitted, types,
///            value types, parts of value types
/// strings    length u32 each
/// sections   name, flags, size u64
/// maps       name, type, key size, value size, maximum entries, flags, pinning, attributes, extra u64, initial bytes,
///            map slots, inner map, offset of the spin lock, of the timer, type of keys, of values (the last five 0
///            without their attribute)
/// map slots  index, kind, map or name of a program
/// programs   name, section, slots, functions, lines, types      (the last four are how many rows are its own)
/// omitted    name, section, reason
/// types      name
/// value      kind, name, size (or the type that it names), encoding (or elements of an array), parts
/// types
/// parts      name, type (or low half of a value), offset in bits (or high half), size in bits
/// functions  name, start
/// lines      instruction, line, column, file, text
/// slots      u64 each
/// data       the initial bytes of the maps, in the order of the maps
/// text       the bytes of the strings, in the order of the strings
/// ```
///
/// No offset is stored. Every position follows from counts, every row belongs to the next owner in order, and the sum
/// of all must be the length: so no two things can overlap, nothing is skipped, nothing is read twice, and what
/// parsing allocates is linear in the input.
enum WireFormat {
    /// "RINGPKG" and a byte that no text file has there.
    static let magic: UInt64 = 0x89_47_4B_50_47_4E_49_52
    static let version: UInt32 = 3

    static let headerBytes = 80
    static let stringRowBytes = 4
    static let sectionRowBytes = 16
    static let mapRowBytes = 68
    static let mapSlotRowBytes = 12
    static let programRowBytes = 24
    static let omittedRowBytes = 12
    static let typeRowBytes = 4
    static let valueTypeRowBytes = 20
    static let valuePartRowBytes = 16
    static let functionRowBytes = 8
    static let lineRowBytes = 20
    static let slotBytes = 8

    enum PackageFlags {
        static let hasBTF: UInt32 = 1
        static let hasLineInfo: UInt32 = 2
        static let all: UInt32 = 3
    }
    enum SectionFlags {
        static let executable: UInt32 = 1
    }
    enum MapAttributes {
        static let readOnly: UInt32 = 1
        static let template: UInt32 = 2
        static let inner: UInt32 = 4
        static let spinLock: UInt32 = 8
        static let timer: UInt32 = 16
        static let keyType: UInt32 = 32
        static let valueType: UInt32 = 64
        static let all: UInt32 = 127
    }
    enum ValueKind {
        static let integer: UInt32 = 1
        static let float: UInt32 = 2
        static let enumeration: UInt32 = 3
        static let signedEnumeration: UInt32 = 4
        static let pointer: UInt32 = 5
        static let array: UInt32 = 6
        static let structure: UInt32 = 7
        static let union: UInt32 = 8
        static let alias: UInt32 = 9
    }
    enum MapSlotKind {
        static let map: UInt32 = 1
        static let program: UInt32 = 2
    }
}

/// The counts of the header, and the length that they add up to.
struct WireCounts {
    var strings: UInt32 = 0
    var stringBytes: UInt32 = 0
    var sections: UInt32 = 0
    var maps: UInt32 = 0
    var programs: UInt32 = 0
    var functions: UInt32 = 0
    var lines: UInt32 = 0
    var slots: UInt32 = 0
    var dataBytes: UInt32 = 0
    var mapSlots: UInt32 = 0
    var omitted: UInt32 = 0
    var types: UInt32 = 0
    var valueTypes: UInt32 = 0
    var valueParts: UInt32 = 0

    /// A dozen products of two 32-bit numbers: they cannot overflow 64 bits, so the comparison with the real length is
    /// exact.
    var totalBytes: UInt64 {
        UInt64(WireFormat.headerBytes)
            + UInt64(strings) * UInt64(WireFormat.stringRowBytes) + UInt64(stringBytes)
            + UInt64(sections) * UInt64(WireFormat.sectionRowBytes)
            + UInt64(maps) * UInt64(WireFormat.mapRowBytes)
            + UInt64(programs) * UInt64(WireFormat.programRowBytes)
            + UInt64(functions) * UInt64(WireFormat.functionRowBytes)
            + UInt64(lines) * UInt64(WireFormat.lineRowBytes)
            + UInt64(slots) * UInt64(WireFormat.slotBytes) + UInt64(dataBytes)
            + UInt64(mapSlots) * UInt64(WireFormat.mapSlotRowBytes)
            + UInt64(omitted) * UInt64(WireFormat.omittedRowBytes)
            + UInt64(types) * UInt64(WireFormat.typeRowBytes)
            + UInt64(valueTypes) * UInt64(WireFormat.valueTypeRowBytes)
            + UInt64(valueParts) * UInt64(WireFormat.valuePartRowBytes)
    }
}
