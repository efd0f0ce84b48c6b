import ProgramPackage

extension BTF {
    /// Structures of one name inside of a type.
    enum Found: Equatable {
        case none
        case one(offset: UInt32)
        case several
    }

    /// Looks for structures of a name in a type, through structures and arrays, as the kernel does for those that it
    /// keeps for itself (btf_parse_fields in kernel/bpf/btf.c): not inside of unions, where something else may lie in
    /// the same place, and not at the type itself.
    func structures(named name: String, in type: UInt32) throws(ObjectError) -> Found {
        let wanted = Array(name.utf8)
        // Most objects have no such type, and need no search.
        guard types.contains(where: { $0.kind == .structure && isNamed($0, wanted) }) else { return .none }
        struct Open {
            var type: UInt32
            var offset: UInt64
            /// More than one lies behind another here.
            var isRepeated: Bool
        }
        var open = [Open(type: try resolved(type), offset: 0, isRepeated: false)]
        var found = Found.none
        // A structure of structures of structures has exponentially many members: those looked at are counted.
        var looked = 0
        while let current = open.popLast() {
            guard let record = record(current.type), record.kind == .structure else { continue }
            for index in 0..<record.count {
                looked += 1
                guard looked <= ObjectLimits.valueMembers else {
                    throw .limitExceeded(
                        what: "members of a map's value", value: UInt64(looked),
                        limit: UInt64(ObjectLimits.valueMembers))
                }
                let member = member(index, of: record)
                guard let (element, count) = try element(of: member.type),
                    let inner = self.record(element), inner.kind == .structure, count > 0
                else { continue }
                let offset = current.offset + UInt64(member.bitOffset / 8)
                let isRepeated = current.isRepeated || count > 1
                guard isNamed(inner, wanted) else {
                    open.append(Open(type: element, offset: offset, isRepeated: isRepeated))
                    continue
                }
                guard found == .none, !isRepeated else { return .several }
                found = .one(offset: UInt32(clamping: offset))
            }
        }
        return found
    }

    /// The type behind an array of pointers; nil where it is something else.
    func elementOfPointers(_ type: UInt32) throws(ObjectError) -> UInt32? {
        guard let outer = record(try resolved(type)), outer.kind == .array,
            let pointer = record(try resolved(array(outer).element)), pointer.kind == .pointer
        else { return nil }
        return try resolved(pointer.sizeOrType)
    }

    /// The type behind arrays, and how many of it there are, as far as that matters: 0, 1 or more; nil for arrays
    /// nested deeper than types may be.
    private func element(of type: UInt32) throws(ObjectError) -> (type: UInt32, count: UInt32)? {
        var current = try resolved(type)
        var count: UInt32 = 1
        for _ in 0...ObjectLimits.typeDepth {
            guard let record = record(current), record.kind == .array else { return (current, count) }
            let (element, length) = array(record)
            count = min(2, count * min(2, length))
            current = try resolved(element)
        }
        return nil
    }

    private func isNamed(_ record: TypeRecord, _ name: [UInt8]) -> Bool {
        stringBytes(record.name, limit: name.count)?.elementsEqual(name) ?? false
    }
}

extension BTF {
    /// What the bits of an integer mean. Compilers call `char` signed, and mean text.
    func encoding(of record: TypeRecord, named name: String) -> ValueType.Encoding {
        let bits = section.uint32(at: record.tail).map { $0 >> 24 & 15 } ?? 0
        if bits & ValueType.Encoding.boolean.rawValue != 0 { return .boolean }
        if bits & ValueType.Encoding.character.rawValue != 0 || name == "char" { return .character }
        return bits & ValueType.Encoding.signed.rawValue != 0 ? .signed : .unsigned
    }

    /// The width of a bit field, 0 where a member is none. Before structures had widths of their own, integers of odd sizes did.
    func bitSize(_ index: Int, of record: TypeRecord) -> UInt32 {
        let at = record.tail + index * 12
        if record.hasBitFields { return (section.uint32(at: at + 8) ?? 0) >> 24 }
        guard let type = self.record(section.uint32(at: at + 4) ?? 0), type.kind == .integer else { return 0 }
        let bits = (section.uint32(at: type.tail) ?? 0) & 0xFF
        return UInt64(bits) == UInt64(type.sizeOrType) * 8 ? 0 : bits
    }

    /// The name and value of an enumerator, the value sign-extended where the enumeration is signed.
    func enumerator(_ index: Int, of record: TypeRecord) -> (name: UInt32, value: UInt64) {
        let at = record.tail + index * (record.kind == .enumeration64 ? 12 : 8)
        let name = section.uint32(at: at) ?? 0
        let low = section.uint32(at: at + 4) ?? 0
        if record.kind == .enumeration64 { return (name, UInt64(low) | UInt64(section.uint32(at: at + 8) ?? 0) << 32) }
        return (name, record.hasBitFields ? UInt64(bitPattern: Int64(Int32(bitPattern: low))) : UInt64(low))
    }
}
