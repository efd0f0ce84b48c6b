import ProgramPackage

/// The types of an object (`.BTF`; Linux Documentation/bpf/btf.rst), every reference and name in range once this
/// value exists.
struct BTF: Sendable {
    static let sectionName = ".BTF"
    /// `void`, which has no record.
    static let void: UInt32 = 0

    enum Kind: UInt8, Sendable {
        case integer = 1
        case pointer, array, structure, union, enumeration, forward, typedef, volatile, const, restrict
        case function, functionPrototype, variable, dataSection, float, declarationTag, typeTag, enumeration64
    }

    struct TypeRecord: Sendable {
        var kind: Kind
        var name: UInt32
        /// Size, or the type that this one refers to, as the kind has it.
        var sizeOrType: UInt32
        /// How many members, enumerators, parameters or variables follow.
        var count: Int
        /// For a structure or union: offsets of members share their word with the width of bit fields.
        var hasBitFields: Bool
        /// Offset in the section of what follows the record.
        var tail: Int
    }

    struct Member: Sendable {
        var name: UInt32
        var type: UInt32
        /// Where it begins in the structure, in bits.
        var bitOffset: UInt32
        /// How many bits it has, if it is a field of bits; otherwise 0.
        var bitSize: UInt32
    }

    /// Type 1 is at index 0.
    let types: [TypeRecord]
    let section: ByteView
    /// The strings: `section[strings]`, ending in a zero byte.
    let strings: Range<Int>

    func record(_ type: UInt32) -> TypeRecord? {
        type == Self.void || type > types.count ? nil : types[Int(type) - 1]
    }

    /// The bytes of a string. Names of types were checked; offsets in `.BTF.ext` were not.
    func stringBytes(_ offset: UInt32, limit: Int = PackageLimits.nameBytes) -> ArraySlice<UInt8>? {
        guard offset < strings.count else { return nil }
        return section.terminated(at: strings.lowerBound + Int(offset), limit: limit)
    }

    func name(_ offset: UInt32, _ what: String, mayBeEmpty: Bool = false) throws(ObjectError) -> String {
        guard let bytes = stringBytes(offset) else {
            throw .btf(section: Self.sectionName, offset: 0, .nameOutOfRange(offset, size: strings.count))
        }
        return try Name.checked(bytes, what, mayBeEmpty: mayBeEmpty)
    }

    /// Member `index` of a structure or union.
    func member(_ index: Int, of record: TypeRecord) -> Member {
        let at = record.tail + index * 12
        let offset = word(at + 8)
        return Member(
            name: word(at), type: word(at + 4), bitOffset: record.hasBitFields ? offset & 0xFF_FFFF : offset,
            bitSize: record.hasBitFields ? offset >> 24 : 0)
    }

    /// The type of variable `index` of a data section.
    func variable(_ index: Int, of record: TypeRecord) -> UInt32 { word(record.tail + index * 12) }

    /// Element type and count of an array.
    func array(_ record: TypeRecord) -> (element: UInt32, count: UInt32) { (word(record.tail), word(record.tail + 8)) }

    /// Value of the first enumerator.
    func firstValue(of record: TypeRecord) -> UInt64? {
        guard record.count > 0 else { return nil }
        switch record.kind {
        case .enumeration: return UInt64(word(record.tail + 4))
        case .enumeration64: return UInt64(word(record.tail + 4)) | UInt64(word(record.tail + 8)) << 32
        case .integer, .pointer, .array, .structure, .union, .forward, .typedef, .volatile, .const, .restrict,
            .function,
            .functionPrototype, .variable, .dataSection, .float, .declarationTag, .typeTag:
            return nil
        }
    }

    /// A word of the section at an offset that reading the types has seen to be inside.
    private func word(_ offset: Int) -> UInt32 { section.uint32(at: offset) ?? 0 }

    /// The type behind typedefs and qualifiers.
    func resolved(_ type: UInt32) throws(ObjectError) -> UInt32 {
        var current = type
        for _ in 0...ObjectLimits.typeDepth {
            guard let record = record(current) else { return current }
            switch record.kind {
            case .typedef, .volatile, .const, .restrict, .typeTag: current = record.sizeOrType
            case .integer, .pointer, .array, .structure, .union, .enumeration, .forward, .function, .functionPrototype,
                .variable, .dataSection, .float, .declarationTag, .enumeration64:
                return current
            }
        }
        throw .btf(section: Self.sectionName, offset: 0, .tooDeep(type: type, limit: ObjectLimits.typeDepth))
    }

    /// Bytes that a value of a type takes.
    func size(of type: UInt32) throws(ObjectError) -> UInt32 {
        var factor: UInt32 = 1
        var current = type
        for _ in 0...ObjectLimits.typeDepth {
            current = try resolved(current)
            guard let record = record(current) else {
                throw .btf(
                    section: Self.sectionName, offset: 0, .wrongKind(type: current, expected: "of some size, not void"))
            }
            let size: UInt32
            switch record.kind {
            case .integer, .structure, .union, .enumeration, .enumeration64, .float, .dataSection:
                size = record.sizeOrType
            case .pointer:
                size = 8
            case .array:
                let (element, count) = array(record)
                let (product, overflows) = factor.multipliedReportingOverflow(by: count)
                guard !overflows else {
                    throw .btf(section: Self.sectionName, offset: record.tail, .sizeOverflow(type: type))
                }
                factor = product
                current = element
                continue
            case .forward, .function, .functionPrototype, .variable, .declarationTag, .typedef, .volatile, .const,
                .restrict, .typeTag:
                throw .btf(
                    section: Self.sectionName, offset: record.tail, .wrongKind(type: current, expected: "of some size"))
            }
            let (product, overflows) = factor.multipliedReportingOverflow(by: size)
            guard !overflows else {
                throw .btf(section: Self.sectionName, offset: record.tail, .sizeOverflow(type: type))
            }
            return product
        }
        throw .btf(section: Self.sectionName, offset: 0, .tooDeep(type: type, limit: ObjectLimits.typeDepth))
    }
}
