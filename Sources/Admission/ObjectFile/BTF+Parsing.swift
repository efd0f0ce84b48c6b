extension BTF {
    private static let minimumHeader: UInt32 = 24
    private static let recordBytes = 12

    /// Reads a `.BTF` section, refusing any record, reference or name that is not whole and in range.
    init(parsing section: ByteView) throws(ObjectError) {
        let (typeRange, stringRange) = try Self.parts(of: section)
        guard stringRange.count > 0, section.uint8(at: stringRange.lowerBound) == 0,
            section.uint8(at: stringRange.upperBound - 1) == 0
        else { throw Self.problem(stringRange.lowerBound, .strings) }

        var types: [TypeRecord] = []
        var position = typeRange.lowerBound
        while position < typeRange.upperBound {
            guard types.count < ObjectLimits.types else {
                throw Self.problem(position, .tooManyTypes(limit: ObjectLimits.types))
            }
            let left = typeRange.upperBound - position
            guard left >= Self.recordBytes, let name = section.uint32(at: position),
                let info = section.uint32(at: position + 4), let sizeOrType = section.uint32(at: position + 8)
            else { throw Self.problem(position, .truncated(what: "a type", needed: Self.recordBytes, available: left)) }
            guard let kind = Kind(rawValue: UInt8(info >> 24 & 31)) else {
                throw Self.problem(position, .unknownKind(UInt8(info >> 24 & 31)))
            }
            guard name < stringRange.count else {
                throw Self.problem(position, .nameOutOfRange(name, size: stringRange.count))
            }
            let record = TypeRecord(
                kind: kind, name: name, sizeOrType: sizeOrType, count: Int(info & 0xFFFF),
                hasBitFields: info >> 31 != 0, tail: position + Self.recordBytes)
            let tail = Self.tailBytes(record)
            guard tail <= left - Self.recordBytes else {
                throw Self.problem(
                    record.tail,
                    .truncated(what: "the rest of a type", needed: tail, available: left - Self.recordBytes))
            }
            types.append(record)
            position = record.tail + tail
        }
        self.types = types
        self.section = section
        self.strings = stringRange
        for record in types { try checkReferences(of: record) }
    }

    static func problem(_ offset: Int, _ problem: BTFProblem) -> ObjectError {
        .btf(section: sectionName, offset: offset, problem)
    }

    private static func parts(of section: ByteView) throws(ObjectError) -> (types: Range<Int>, strings: Range<Int>) {
        let header = try BTFHeader(section, name: sectionName, minimum: minimumHeader)
        return (
            types: try header.range(section, at: 8, "the types", aligned: true),
            strings: try header.range(section, at: 16, "the strings", aligned: false)
        )
    }

    /// Bytes that follow the record of a type.
    private static func tailBytes(_ record: TypeRecord) -> Int {
        switch record.kind {
        case .integer, .variable, .declarationTag: 4
        case .array: 12
        case .structure, .union, .dataSection, .enumeration64: record.count * 12
        case .enumeration, .functionPrototype: record.count * 8
        case .pointer, .forward, .typedef, .volatile, .const, .restrict, .function, .float, .typeTag: 0
        }
    }

    private func checkReferences(of record: TypeRecord) throws(ObjectError) {
        switch record.kind {
        case .pointer, .typedef, .volatile, .const, .restrict, .variable, .declarationTag, .typeTag:
            try checkType(record.sizeOrType, at: record.tail - 4)
        case .function:
            try checkType(record.sizeOrType, at: record.tail - 4)
            guard self.record(record.sizeOrType)?.kind == .functionPrototype else {
                throw Self.problem(
                    record.tail - 4, .wrongKind(type: record.sizeOrType, expected: "a function's prototype"))
            }
        case .array:
            try checkType(section.uint32(at: record.tail), at: record.tail)
            try checkType(section.uint32(at: record.tail + 4), at: record.tail + 4)
        case .structure, .union:
            for at in stride(from: record.tail, to: record.tail + record.count * 12, by: 12) {
                try checkName(section.uint32(at: at), at: at)
                try checkType(section.uint32(at: at + 4), at: at + 4)
            }
        case .enumeration:
            for at in stride(from: record.tail, to: record.tail + record.count * 8, by: 8) {
                try checkName(section.uint32(at: at), at: at)
            }
        case .enumeration64:
            for at in stride(from: record.tail, to: record.tail + record.count * 12, by: 12) {
                try checkName(section.uint32(at: at), at: at)
            }
        case .functionPrototype:
            try checkType(record.sizeOrType, at: record.tail - 4)
            for at in stride(from: record.tail, to: record.tail + record.count * 8, by: 8) {
                try checkName(section.uint32(at: at), at: at)
                try checkType(section.uint32(at: at + 4), at: at + 4)
            }
        case .dataSection:
            for at in stride(from: record.tail, to: record.tail + record.count * 12, by: 12) {
                try checkType(section.uint32(at: at), at: at)
            }
        case .integer, .forward, .float:
            break
        }
    }

    private func checkType(_ type: UInt32?, at offset: Int) throws(ObjectError) {
        let type = type ?? .max
        guard type <= types.count else { throw Self.problem(offset, .typeOutOfRange(type, count: types.count)) }
    }

    private func checkName(_ name: UInt32?, at offset: Int) throws(ObjectError) {
        let name = name ?? .max
        guard name < strings.count else { throw Self.problem(offset, .nameOutOfRange(name, size: strings.count)) }
    }
}

/// What the headers of `.BTF` and `.BTF.ext` share: magic, version, length, and tables given as offset and length
/// from the header's end.
struct BTFHeader {
    let name: String
    let length: UInt32

    init(_ section: ByteView, name: String, minimum: UInt32) throws(ObjectError) {
        guard let magic = section.uint16(at: 0), let version = section.uint8(at: 2), let length = section.uint32(at: 4)
        else {
            throw .btf(section: name, offset: 0, .truncated(what: "the header", needed: 8, available: section.count))
        }
        guard magic == 0xEB9F else { throw .btf(section: name, offset: 0, .wrongMagic(magic)) }
        guard version == 1 else { throw .btf(section: name, offset: 2, .wrongVersion(version)) }
        guard length >= minimum, length % 4 == 0, length <= section.count else {
            throw .btf(section: name, offset: 4, .headerSize(length))
        }
        self.name = name
        self.length = length
    }

    /// The table whose offset and length are the two words of the header at `position`.
    func range(_ section: ByteView, at position: Int, _ what: String, aligned: Bool) throws(ObjectError) -> Range<Int> {
        guard let offset = section.uint32(at: position), let size = section.uint32(at: position + 4) else {
            throw .btf(section: name, offset: position, .truncated(what: "the header", needed: 8, available: 0))
        }
        if aligned, offset % 4 != 0 {
            throw .btf(section: name, offset: position, .misaligned(what: what, value: UInt64(offset)))
        }
        if aligned, size % 4 != 0 {
            throw .btf(section: name, offset: position + 4, .misaligned(what: what, value: UInt64(size)))
        }
        // Three 32-bit numbers: no overflow in 64 bits.
        let start = UInt64(length) + UInt64(offset)
        guard start + UInt64(size) <= section.count else {
            throw .btf(
                section: name, offset: position,
                .outOfSection(what: what, start: start, length: UInt64(size), size: section.count))
        }
        return Int(start)..<Int(start) + Int(size)
    }
}
