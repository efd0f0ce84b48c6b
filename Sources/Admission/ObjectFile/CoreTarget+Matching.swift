import ProgramPackage

/// Whether a type of the object's "matches" one of this side (BPF_CORE_TYPE_MATCHES; `__bpf_core_types_match` in tools/lib/bpf/relo_core.c):
/// stricter than that one may stand for the other, for names count all the way down.
///
/// - Modifiers and typedefs are looked through; what is behind them must have the same name, flavours aside.
/// - Integers have the same size and sign; arrays as many elements.
/// - Members of a structure or union are all there, by name, and match. Behind a pointer, a structure's kind and name are enough, and a
///   declaration of it is one.
/// - Enumerators are all there, by name, whatever their numbers; the enumerations have one size.
/// - Functions have as many parameters, and each matches, as does the result.
extension CoreTarget {
    /// - Parameter isBehindPointer: whether a pointer led here, however far away.
    func areMatching(
        _ local: UInt32, _ localTypes: BTF, _ target: UInt32, isBehindPointer: Bool = false,
        depth: Int = ObjectLimits.typeDepth
    ) throws(ObjectError) -> Bool {
        try look()
        guard depth > 0 else {
            throw .btf(section: BTF.sectionName, offset: 0, .tooDeep(type: target, limit: ObjectLimits.typeDepth))
        }
        let (local, target) = (try localTypes.resolved(local), try types.resolved(target))
        // `void` is nothing's, and is itself.
        guard let one = localTypes.record(local), let other = types.record(target) else {
            return local == BTF.void && target == BTF.void
        }
        guard haveOneName(one.name, localTypes, other.name) else { return false }
        switch one.kind {
        case .forward: return declares(one, other, isBehindPointer: isBehindPointer)
        case .enumeration, .enumeration64:
            return other.isEnumeration ? try haveEnumerators(one, localTypes, other) : false
        case .structure, .union:
            if isBehindPointer { return one.kind == other.kind || declares(other, one, isBehindPointer: true) }
            return one.kind == other.kind ? try haveMembers(one, localTypes, other, depth) : false
        case .integer:
            return other.kind == .integer && one.sizeOrType == other.sizeOrType
                && localTypes.isSigned(local) == types.isSigned(target)
        case .pointer:
            guard other.kind == .pointer else { return false }
            return try areMatching(
                one.sizeOrType, localTypes, other.sizeOrType, isBehindPointer: true, depth: depth - 1)
        case .array:
            guard other.kind == .array, localTypes.array(one).count == types.array(other).count else { return false }
            return try areMatching(
                localTypes.array(one).element, localTypes, types.array(other).element,
                isBehindPointer: isBehindPointer, depth: depth - 1)
        case .functionPrototype:
            guard other.kind == .functionPrototype, one.count == other.count else { return false }
            for index in 0..<one.count {
                let (mine, theirs) = (localTypes.parameter(index, of: one), types.parameter(index, of: other))
                guard
                    try areMatching(mine, localTypes, theirs, isBehindPointer: isBehindPointer, depth: depth - 1)
                else { return false }
            }
            return try areMatching(
                one.sizeOrType, localTypes, other.sizeOrType, isBehindPointer: isBehindPointer, depth: depth - 1)
        // libbpf knows no rule for these, numbers with a point among them.
        case .float, .typedef, .volatile, .const, .restrict, .function, .variable, .dataSection, .declarationTag,
            .typeTag:
            return false
        }
    }

    /// Whether a declaration without members is one of the other type: of the same kind, which its flag says.
    private func declares(_ declaration: BTF.TypeRecord, _ other: BTF.TypeRecord, isBehindPointer: Bool) -> Bool {
        guard declaration.kind == .forward else { return false }
        let isOfUnion = declaration.hasBitFields
        if other.kind == .forward { return other.hasBitFields == isOfUnion }
        return isBehindPointer && other.kind == (isOfUnion ? .union : .structure)
    }

    private func haveMembers(
        _ one: BTF.TypeRecord, _ localTypes: BTF, _ other: BTF.TypeRecord, _ depth: Int
    ) throws(ObjectError) -> Bool {
        guard one.count <= other.count else { return false }
        for index in 0..<one.count {
            let member = localTypes.member(index, of: one)
            var isThere = false
            // Several may have the name, if it is none.
            for candidate in 0..<other.count where !isThere {
                try look()
                let found = types.member(candidate, of: other)
                guard haveOneName(member.name, localTypes, found.name) else { continue }
                isThere = try areMatching(member.type, localTypes, found.type, depth: depth - 1)
            }
            guard isThere else { return false }
        }
        return true
    }

    private func haveEnumerators(
        _ one: BTF.TypeRecord, _ localTypes: BTF, _ other: BTF.TypeRecord
    ) throws(ObjectError) -> Bool {
        guard one.sizeOrType == other.sizeOrType, one.count <= other.count else { return false }
        for index in 0..<one.count {
            let name = localTypes.enumeratorName(index, of: one)
            var isThere = false
            for candidate in 0..<other.count where !isThere {
                try look()
                isThere = BTF.areOne(name[...], types.enumeratorName(candidate, of: other)[...])
            }
            guard isThere else { return false }
        }
        return true
    }

    private func haveOneName(_ local: UInt32, _ localTypes: BTF, _ target: UInt32) -> Bool {
        BTF.areOne(localTypes.stringBytes(local) ?? [], types.stringBytes(target) ?? [])
    }
}

extension BTF {
    /// Whether two names are one, flavours aside.
    fileprivate static func areOne(_ name: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        plainName(name).elementsEqual(plainName(other))
    }
}
