/// What is said of a field, a type or an enumerator to code that asks (bpf_core_calc_field_relo and its like in
/// tools/lib/bpf/relo_core.c).
struct CoreValue: Equatable, Sendable {
    var number: UInt64
    /// For the place of a field that is no field of bits: its size, and whether a load of another size reads the same number from it.
    var load: Load?

    struct Load: Equatable, Sendable {
        var size: UInt32
        var form: Form
    }
    enum Form: Equatable, Sendable {
        case pointer, unsigned, other
    }

    /// - Parameter access: nil where the types have no such thing; nil comes back where code must then not ask.
    static func of(
        _ question: CoreQuestion, _ access: CoreAccess?, in types: BTF
    ) throws(ObjectError) -> CoreValue? {
        switch question {
        case .fieldExists, .enumeratorExists: return CoreValue(number: access == nil ? 0 : 1)
        // A type that is not there has no size and no number.
        case .typeExists, .typeMatches: return CoreValue(number: access == nil ? 0 : 1)
        case .typeSize:
            guard let access else { return CoreValue(number: 0) }
            return CoreValue(number: UInt64(try types.size(of: access.root)))
        case .localTypeID, .targetTypeID: return CoreValue(number: access.map { UInt64($0.root) } ?? 0)
        case .enumeratorValue:
            guard let step = access?.steps.first, let record = types.record(step.type) else { return nil }
            return CoreValue(number: types.enumerator(step.index, of: record).value)
        case .fieldByteOffset, .fieldByteSize, .fieldSigned, .fieldLeftShift, .fieldRightShift:
            guard let access, let step = access.steps.last else { return nil }
            guard step.name != nil, let record = types.record(step.type) else {
                return try element(question, access, step, types)
            }
            return try field(question, access, types.member(step.index, of: record), step.index, record, types)
        }
    }

    private static func element(
        _ question: CoreQuestion, _ access: CoreAccess, _ step: CoreAccess.Step, _ types: BTF
    ) throws(ObjectError) -> CoreValue? {
        switch question {
        case .fieldByteOffset:
            return CoreValue(number: access.bitOffset / 8, load: try load(of: step.type, types))
        case .fieldByteSize: return CoreValue(number: UInt64(try types.size(of: step.type)))
        case .fieldExists, .fieldSigned, .fieldLeftShift, .fieldRightShift, .localTypeID, .targetTypeID, .typeExists,
            .typeSize, .enumeratorExists, .enumeratorValue, .typeMatches:
            return nil
        }
    }

    private static func field(
        _ question: CoreQuestion, _ access: CoreAccess, _ member: BTF.Member, _ index: Int, _ record: BTF.TypeRecord,
        _ types: BTF
    ) throws(ObjectError) -> CoreValue? {
        let type = try types.resolved(member.type)
        let bits = UInt64(types.bitSize(index, of: record))
        var size = UInt64(try types.size(of: type))
        var offset = access.bitOffset / 8
        if bits > 0 {
            // The smallest whole number, itself aligned, that has all bits of the field.
            guard size > 0, size <= 8 else { return nil }
            offset = offset / size * size
            while access.bitOffset + bits > (offset + size) * 8 {
                guard size < 8 else { return nil }
                size *= 2
                offset = access.bitOffset / 8 / size * size
            }
        }
        let width = bits > 0 ? bits : size * 8
        switch question {
        case .fieldByteOffset:
            return CoreValue(number: offset, load: bits > 0 ? nil : try load(of: type, types))
        case .fieldByteSize: return CoreValue(number: size)
        case .fieldSigned: return CoreValue(number: types.isSigned(type) ? 1 : 0)
        case .fieldLeftShift: return CoreValue(number: 64 &- (access.bitOffset &+ width &- offset &* 8))
        case .fieldRightShift: return CoreValue(number: 64 &- width)
        case .fieldExists, .localTypeID, .targetTypeID, .typeExists, .typeSize, .enumeratorExists, .enumeratorValue,
            .typeMatches:
            return nil
        }
    }

    /// Of an array, how one of its elements is loaded.
    private static func load(of type: UInt32, _ types: BTF) throws(ObjectError) -> Load? {
        var type = try types.resolved(type)
        for _ in 0...ObjectLimits.typeDepth {
            guard let record = types.record(type), record.kind == .array else { break }
            type = try types.resolved(types.array(record).element)
        }
        guard let record = types.record(type), record.kind != .forward, record.kind != .functionPrototype else {
            return nil
        }
        let form: Form =
            switch record.kind {
            case .pointer: .pointer
            case .integer: types.isSigned(type) ? .other : .unsigned
            case .array, .structure, .union, .enumeration, .forward, .typedef, .volatile, .const, .restrict, .function,
                .functionPrototype, .variable, .dataSection, .float, .declarationTag, .typeTag, .enumeration64:
                .other
            }
        return Load(size: try types.size(of: type), form: form)
    }
}

extension BTF {
    /// Whether numbers of a type have a sign.
    func isSigned(_ type: UInt32) -> Bool {
        guard let record = record(type) else { return false }
        if record.isEnumeration { return record.hasBitFields }
        return record.kind == .integer && (section.uint32(at: record.tail) ?? 0) >> 24 & 1 != 0
    }
}
