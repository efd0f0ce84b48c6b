import ProgramPackage

/// What a CO-RE relocation leads to through the types of one side, as libbpf follows it (bpf_core_parse_spec in
/// tools/lib/bpf/relo_core.c).
struct CoreAccess: Sendable {
    /// One step that counts: a member with a name, or an element.
    struct Step: Sendable {
        /// The structure or union of a member; of an element, the element's type.
        var type: UInt32
        var index: Int
        /// Nil for an element.
        var name: [UInt8]?
    }

    var root: UInt32
    var steps: [Step] = []
    var bitOffset: UInt64 = 0
    /// Levels, those without a name too: libbpf's BPF_CORE_SPEC_MAX_LEN bounds them.
    var levels = 0

    static let mostLevels = 64

    init(root: UInt32) { self.root = root }

    /// - Parameters:
    ///   - indices: the numbers of the access, the first of which is of an array of the root.
    ///   - question: what is asked, which says what an access is.
    /// - Returns: nil where the access is none of its type.
    init?(root: UInt32, indices: [Int], _ question: CoreQuestion, _ types: BTF) throws(ObjectError) {
        self.init(root: root)
        guard let first = indices.first, indices.count <= Self.mostLevels else { return nil }
        levels = indices.count
        var type = try types.resolved(root)
        switch question.subject {
        case .type:
            guard indices == [0] else { return nil }
            return
        case .enumerator:
            guard let record = types.record(type), record.isEnumeration, indices.count == 1, first < record.count else {
                return nil
            }
            steps = [Step(type: type, index: first, name: types.enumeratorName(first, of: record))]
            return
        case .field: break
        }
        steps = [Step(type: type, index: first, name: nil)]
        guard try advance(by: first, of: type, types) else { return nil }
        for index in indices.dropFirst() {
            guard let record = types.record(type) else { return nil }
            switch record.kind {
            case .structure, .union:
                guard index < record.count else { return nil }
                let member = types.member(index, of: record)
                bitOffset += UInt64(member.bitOffset)
                let name = types.stringBytes(member.name) ?? []
                if !name.isEmpty { steps.append(Step(type: type, index: index, name: Array(name))) }
                type = try types.resolved(member.type)
            case .array:
                let element = types.array(record).element
                guard types.array(record, hasElement: index, behind: steps.last) else { return nil }
                type = try types.resolved(element)
                steps.append(Step(type: type, index: index, name: nil))
                guard try advance(by: index, of: type, types) else { return nil }
            case .integer, .pointer, .enumeration, .forward, .typedef, .volatile, .const, .restrict, .function,
                .functionPrototype, .variable, .dataSection, .float, .declarationTag, .typeTag, .enumeration64:
                return nil
            }
        }
    }

    /// Goes on to an element; false where it lies beyond what any memory has.
    mutating func advance(by index: Int, of type: UInt32, _ types: BTF) throws(ObjectError) -> Bool {
        guard index > 0 else { return true }
        bitOffset += UInt64(index) * UInt64(try types.size(of: type)) * 8
        return bitOffset < 1 << 40
    }
}

/// What the access of a CO-RE relocation is one of.
enum CoreSubject: Sendable { case field, type, enumerator }

extension CoreQuestion {
    var subject: CoreSubject {
        switch self {
        case .fieldByteOffset, .fieldByteSize, .fieldExists, .fieldSigned, .fieldLeftShift, .fieldRightShift: .field
        case .localTypeID, .targetTypeID, .typeExists, .typeSize, .typeMatches: .type
        case .enumeratorExists, .enumeratorValue: .enumerator
        }
    }
}

extension BTF.TypeRecord {
    var isEnumeration: Bool { kind == .enumeration || kind == .enumeration64 }
    var isComposite: Bool { kind == .structure || kind == .union }

    /// Whether types of two sides may be one: of the same kind, and enumerations are of one whatever their width.
    func isKind(of other: BTF.TypeRecord) -> Bool { kind == other.kind || isEnumeration && other.isEnumeration }
}

extension BTF {
    func enumeratorName(_ index: Int, of record: TypeRecord) -> [UInt8] {
        Array(stringBytes(enumerator(index, of: record).name) ?? [])
    }

    /// Whether an index is one of an array: every one is of an array without a size that ends the structure it is in (is_flex_arr).
    func array(_ array: TypeRecord, hasElement index: Int, behind step: CoreAccess.Step?) -> Bool {
        let count = self.array(array).count
        if count > 0 { return index < Int(count) }
        guard let step, step.name != nil, let outer = record(step.type) else { return false }
        return step.index == outer.count - 1
    }

    /// A name without its flavour: `name___what` is `name` in a layout of its own.
    static func plainName(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // The last three underscores with something else on each side (bpf_core_essential_name_len).
        guard name.count >= 5 else { return name }
        let mark = UInt8(ascii: "_")
        for start in (name.startIndex...(name.endIndex - 5)).reversed()
        where name[start] != mark && name[(start + 1)...(start + 3)].allSatisfy({ $0 == mark })
            && name[start + 4] != mark
        {
            return name[...start]
        }
        return name
    }
}
