import ProgramPackage

/// Makes a table of the types that keys and values of maps consist of.
///
/// Debug information that cannot be told in the table (a name that could deceive, a type within itself, more than a package may hold)
/// costs a map its types and nothing else: it is for people, and no program depends on it.
struct ValueTypeCollector {
    private let types: BTF
    private(set) var table = ValueTypes.none
    /// By BTF's number, the place in the table.
    private var places: [UInt32: Int] = [:]

    init(_ types: BTF) { self.types = types }

    /// The place of a type, which is added with all that it consists of; nil where that cannot be done.
    mutating func place(of type: UInt32, size: UInt32) -> Int? {
        var draft = Draft(types: types, rows: table.types, places: places)
        return take(draft.add(type, depth: 0), &draft, size)
    }

    /// The place of a structure whose members are the variables of a data section.
    mutating func place(ofSection section: BTF.TypeRecord, size: UInt32, offsets: [String: UInt64]) -> Int? {
        var draft = Draft(types: types, rows: table.types, places: places)
        return take(draft.add(section: section, size: size, offsets: offsets), &draft, size)
    }

    private mutating func take(_ place: Int?, _ draft: inout Draft, _ size: UInt32) -> Int? {
        guard let place, draft.rows.count <= PackageLimits.valueTypes, draft.parts <= PackageLimits.valueParts,
            let checked = try? ValueTypes(draft.rows), checked.size(of: place) == Int(size)
        else { return nil }
        table = checked
        places = draft.places
        return place
    }
}

/// A table that is longer than what was checked.
private struct Draft {
    let types: BTF
    var rows: [ValueType]
    var places: [UInt32: Int]
    /// Rows beside the types' own, of the whole table.
    var parts: Int

    init(types: BTF, rows: [ValueType], places: [UInt32: Int]) {
        self.types = types
        self.rows = rows
        self.places = places
        parts = rows.reduce(0) { $0 + $1.parts }
    }

    mutating func add(_ type: UInt32, depth: Int) -> Int? {
        if let place = places[type] { return place }
        // The table's own limit, with room for qualifiers, which it leaves out.
        guard depth < PackageLimits.valueTypeDepth * 2, let record = types.record(type) else { return nil }
        switch record.kind {
        case .const, .volatile, .restrict, .typeTag: return add(record.sizeOrType, depth: depth + 1)
        case .integer, .pointer, .array, .structure, .union, .enumeration, .typedef, .float, .enumeration64: break
        case .forward, .function, .functionPrototype, .variable, .dataSection, .declarationTag: return nil
        }
        guard let name = try? types.name(record.name, "a type", mayBeEmpty: true),
            let shape = shape(of: record, named: name, depth: depth)
        else { return nil }
        return append(ValueType(name: name, shape), for: type)
    }

    private mutating func append(_ row: ValueType, for type: UInt32?) -> Int? {
        parts += row.parts
        guard rows.count < PackageLimits.valueTypes, parts <= PackageLimits.valueParts else { return nil }
        rows.append(row)
        if let type { places[type] = rows.count - 1 }
        return rows.count - 1
    }

    private mutating func shape(of record: BTF.TypeRecord, named name: String, depth: Int) -> ValueType.Shape? {
        switch record.kind {
        case .integer:
            return .integer(size: record.sizeOrType, types.encoding(of: record, named: name))
        case .float: return .float(size: record.sizeOrType)
        case .pointer: return .pointer
        case .enumeration, .enumeration64:
            var enumerators: [ValueType.Enumerator] = []
            for index in 0..<record.count {
                let (name, value) = types.enumerator(index, of: record)
                guard let text = try? types.name(name, "an enumerator") else { return nil }
                enumerators.append(ValueType.Enumerator(name: text, value: value))
            }
            return .enumeration(size: record.sizeOrType, isSigned: record.hasBitFields, enumerators)
        case .array:
            let (element, count) = types.array(record)
            return add(element, depth: depth + 1).map { .array(element: $0, count: count) }
        case .typedef: return add(record.sizeOrType, depth: depth + 1).map { .alias($0) }
        case .structure: return members(of: record, depth).map { .structure(size: record.sizeOrType, $0) }
        case .union: return members(of: record, depth).map { .union(size: record.sizeOrType, $0) }
        case .const, .volatile, .restrict, .typeTag, .forward, .function, .functionPrototype, .variable, .dataSection,
            .declarationTag:
            return nil
        }
    }

    private mutating func members(of record: BTF.TypeRecord, _ depth: Int) -> [ValueType.Member]? {
        var members: [ValueType.Member] = []
        for index in 0..<record.count {
            let member = types.member(index, of: record)
            guard let name = try? types.name(member.name, "a member", mayBeEmpty: true),
                let type = add(member.type, depth: depth + 1)
            else { return nil }
            members.append(
                ValueType.Member(
                    name: name, type: type, bitOffset: member.bitOffset, bitSize: types.bitSize(index, of: record)))
        }
        return members
    }

    mutating func add(section: BTF.TypeRecord, size: UInt32, offsets: [String: UInt64]) -> Int? {
        var members: [ValueType.Member] = []
        for index in 0..<section.count {
            guard let variable = types.record(types.variable(index, of: section)), variable.kind == .variable,
                let name = try? types.name(variable.name, "a variable"), let offset = offsets[name],
                offset < size, let type = add(variable.sizeOrType, depth: 1)
            else { continue }
            // Below 16 MiB, so the bits fit.
            members.append(ValueType.Member(name: name, type: type, bitOffset: UInt32(offset) * 8))
        }
        guard !members.isEmpty else { return nil }
        members.sort { $0.bitOffset < $1.bitOffset }
        return append(ValueType(.structure(size: size, members)), for: nil)
    }
}
