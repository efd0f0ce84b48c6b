import ProgramPackage

/// Types that a program is to be made to fit, and the search for the object's types in them, as libbpf searches a kernel's
/// (tools/lib/bpf/relo_core.c). The types may be hostile: a search that looks at more than it should need ends with an error.
final class CoreTarget {
    let types: BTF
    /// By plain name, the types of that name.
    private var candidates: [[UInt8]: [UInt32]] = [:]
    /// Members and parameters looked at, in all relocations of an object.
    private var looked = 0

    init(_ types: BTF) { self.types = types }

    /// Types of the kind and name of one of the object's, whatever their flavours.
    func candidates(for record: BTF.TypeRecord, named name: ArraySlice<UInt8>) -> [UInt32] {
        let plain = Array(BTF.plainName(name))
        let all: [UInt32]
        if let known = candidates[plain] {
            all = known
        } else {
            all = types.types.indices.compactMap { index in
                let name = types.stringBytes(types.types[index].name) ?? []
                return name.count >= plain.count && BTF.plainName(name).elementsEqual(plain) ? UInt32(index) + 1 : nil
            }
            candidates[plain] = all
        }
        return all.filter { types.record($0)?.isKind(of: record) ?? false }
    }

    /// Follows the object's access through a type of this side; nil where it leads nowhere here.
    func match(
        _ local: CoreAccess, _ question: CoreQuestion, in localTypes: BTF, candidate: UInt32
    ) throws(ObjectError) -> CoreAccess? {
        switch question.subject {
        case .type:
            let isFound =
                question == .typeMatches
                ? try areMatching(local.root, localTypes, candidate)
                : try areCompatible(local.root, localTypes, candidate, depth: ObjectLimits.typeDepth)
            return isFound ? CoreAccess(root: candidate) : nil
        case .enumerator:
            let type = try types.resolved(candidate)
            guard let record = types.record(type), record.isEnumeration, let name = local.steps.first?.name else {
                return nil
            }
            let plain = BTF.plainName(name[...])
            for index in 0..<record.count {
                try look()
                let other = types.enumeratorName(index, of: record)
                guard BTF.plainName(other[...]).elementsEqual(plain) else { continue }
                var access = CoreAccess(root: candidate)
                access.steps = [CoreAccess.Step(type: type, index: index, name: other)]
                return access
            }
            return nil
        case .field: break
        }
        var access = CoreAccess(root: candidate)
        var type = candidate
        for (position, step) in local.steps.enumerated() {
            type = try types.resolved(type)
            if step.name != nil {
                guard let next = try member(step, localTypes, of: type, &access) else { return nil }
                type = next
                continue
            }
            if position > 0 {
                guard let record = types.record(type), record.kind == .array else { return nil }
                guard types.array(record, hasElement: step.index, behind: access.steps.last) else { return nil }
                type = try types.resolved(types.array(record).element)
            }
            access.steps.append(CoreAccess.Step(type: type, index: step.index, name: nil))
            access.levels += 1
            guard access.levels <= CoreAccess.mostLevels, try access.advance(by: step.index, of: type, types) else {
                return nil
            }
        }
        return access
    }

    /// Looks for a member in a structure, through members without a name; the type of what was found.
    private func member(
        _ step: CoreAccess.Step, _ localTypes: BTF, of structure: UInt32, _ access: inout CoreAccess
    ) throws(ObjectError) -> UInt32? {
        let structure = try types.resolved(structure)
        guard let record = types.record(structure), record.isComposite, let wanted = step.name,
            let localRecord = localTypes.record(step.type)
        else { return nil }
        for index in 0..<record.count {
            try look()
            let member = types.member(index, of: record)
            guard access.levels < CoreAccess.mostLevels else {
                throw .limitExceeded(
                    what: "levels of a CO-RE access", value: UInt64(access.levels) + 1,
                    limit: UInt64(CoreAccess.mostLevels))
            }
            access.levels += 1
            access.bitOffset += UInt64(member.bitOffset)
            let name = types.stringBytes(member.name) ?? []
            if name.isEmpty {
                if let found = try self.member(step, localTypes, of: member.type, &access) { return found }
            } else if name.elementsEqual(wanted) {
                let localType = localTypes.member(step.index, of: localRecord).type
                guard try areCompatibleFields(localType, localTypes, member.type) else { return nil }
                access.steps.append(CoreAccess.Step(type: structure, index: index, name: wanted))
                return member.type
            }
            access.bitOffset -= UInt64(member.bitOffset)
            access.levels -= 1
        }
        return nil
    }

    /// Whether a field of one type may be read as the other (bpf_core_fields_are_compat).
    private func areCompatibleFields(
        _ local: UInt32, _ localTypes: BTF, _ target: UInt32
    ) throws(ObjectError) -> Bool {
        var (local, target) = (try localTypes.resolved(local), try types.resolved(target))
        for _ in 0...ObjectLimits.typeDepth {
            guard let one = localTypes.record(local), let other = types.record(target) else { return false }
            if one.isComposite, other.isComposite { return true }
            guard one.isKind(of: other) else { return false }
            switch one.kind {
            case .pointer, .float: return true
            case .forward, .enumeration, .enumeration64:
                let names = (localTypes.stringBytes(one.name) ?? [], types.stringBytes(other.name) ?? [])
                return names.0.isEmpty || names.1.isEmpty
                    || BTF.plainName(names.0).elementsEqual(BTF.plainName(names.1))
            case .integer: return !localTypes.isShifted(one) && !types.isShifted(other)
            case .array:
                local = try localTypes.resolved(localTypes.array(one).element)
                target = try types.resolved(types.array(other).element)
            case .structure, .union, .typedef, .volatile, .const, .restrict, .function, .functionPrototype, .variable,
                .dataSection, .declarationTag, .typeTag:
                return false
            }
        }
        return false
    }

    /// Whether two types of one name may stand for each other (__bpf_core_types_are_compat).
    private func areCompatible(
        _ local: UInt32, _ localTypes: BTF, _ target: UInt32, depth: Int
    ) throws(ObjectError) -> Bool {
        try look()
        guard depth > 0 else {
            throw .btf(
                section: BTF.sectionName, offset: 0, .tooDeep(type: target, limit: ObjectLimits.typeDepth))
        }
        let (local, target) = (try localTypes.resolved(local), try types.resolved(target))
        // `void` is nothing's, and is itself.
        guard let one = localTypes.record(local), let other = types.record(target) else {
            return local == BTF.void && target == BTF.void
        }
        guard one.isKind(of: other) else { return false }
        switch one.kind {
        case .structure, .union, .enumeration, .enumeration64, .forward: return true
        case .integer: return !localTypes.isShifted(one) && !types.isShifted(other)
        case .pointer: return try areCompatible(one.sizeOrType, localTypes, other.sizeOrType, depth: depth - 1)
        case .array:
            return try areCompatible(
                localTypes.array(one).element, localTypes, types.array(other).element, depth: depth - 1)
        case .functionPrototype:
            guard one.count == other.count else { return false }
            for index in 0..<one.count {
                let (mine, theirs) = (localTypes.parameter(index, of: one), types.parameter(index, of: other))
                guard try areCompatible(mine, localTypes, theirs, depth: depth - 1) else { return false }
            }
            return try areCompatible(one.sizeOrType, localTypes, other.sizeOrType, depth: depth - 1)
        case .typedef, .volatile, .const, .restrict, .function, .variable, .dataSection, .float, .declarationTag,
            .typeTag:
            return false
        }
    }

    func look() throws(ObjectError) {
        looked += 1
        guard looked <= ObjectLimits.coreLooks else {
            throw .limitExceeded(
                what: "members looked at for CO-RE relocations", value: UInt64(looked),
                limit: UInt64(ObjectLimits.coreLooks))
        }
    }
}

extension BTF {
    /// An integer that begins within its bytes, as fields of bits were before structures had them.
    func isShifted(_ record: TypeRecord) -> Bool { (section.uint32(at: record.tail) ?? 0) >> 16 & 0xFF != 0 }

    /// The type of a parameter.
    func parameter(_ index: Int, of record: TypeRecord) -> UInt32 {
        section.uint32(at: record.tail + index * 8 + 4) ?? 0
    }
}
