/// The table of value types on the wire.
extension ObjectPackage {
    mutating func readValueTypes(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ table: [TableString]
    ) throws(PackageError) {
        var drafts: [Draft] = []
        drafts.reserveCapacity(Int(counts.valueTypes))
        var claimed = 0
        for _ in 0..<counts.valueTypes {
            let draft = try Draft(bytes, &reader, table, parts: Int(counts.valueParts))
            // At most 16,384 shares of at most 65,536 each.
            claimed += draft.parts
            drafts.append(draft)
        }
        guard claimed == Int(counts.valueParts) else {
            throw .tableNotCovered(
                field: "parts of value types", claimed: UInt64(claimed), available: Int(counts.valueParts))
        }
        var types: [ValueType] = []
        types.reserveCapacity(drafts.count)
        for draft in drafts {
            var parts: [Part] = []
            for _ in 0..<draft.parts { parts.append(try Part(bytes, &reader, table)) }
            types.append(try draft.type(with: parts))
        }
        do throws(ValueTypeError) { valueTypes = try ValueTypes(types) } catch { throw .valueTypes(error) }
    }

    private struct Part {
        let name: String
        let words: (UInt32, UInt32, UInt32)
        let offset: Int

        init(
            _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ table: [TableString]
        ) throws(PackageError) {
            offset = reader.offset
            name = try reader.string(bytes, from: table, "name of a value's part", limit: PackageLimits.nameBytes)
            words = (
                try reader.uint32(bytes, "type of a value's part"),
                try reader.uint32(bytes, "offset of a value's part"),
                try reader.uint32(bytes, "size of a value's part")
            )
        }

        var member: ValueType.Member {
            ValueType.Member(name: name, type: Int(words.0), bitOffset: words.1, bitSize: words.2)
        }

        func enumerator() throws(PackageError) -> ValueType.Enumerator {
            guard words.2 == 0 else {
                throw .reservedNotZero(field: "size of an enumerator", offset: offset + 12, value: UInt64(words.2))
            }
            return ValueType.Enumerator(name: name, value: UInt64(words.0) | UInt64(words.1) << 32)
        }
    }

    /// A row of a type, whose parts come later.
    private struct Draft {
        let kind: UInt32
        let name: String
        let size: UInt32
        let second: UInt32
        let parts: Int
        let offset: Int

        init(
            _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ table: [TableString], parts limit: Int
        ) throws(PackageError) {
            offset = reader.offset
            kind = try reader.uint32(bytes, "kind of a value type")
            name = try reader.string(bytes, from: table, "name of a value type", limit: PackageLimits.nameBytes)
            size = try reader.uint32(bytes, "size of a value type")
            second = try reader.uint32(bytes, "encoding of a value type")
            parts = try reader.bounded(bytes, "parts of a value type", limit: limit)
        }

        func type(with rows: [Part]) throws(PackageError) -> ValueType {
            typealias Kind = WireFormat.ValueKind
            let shape: ValueType.Shape
            var takesSize = true
            var takesSecond = false
            var takesParts = false
            switch kind {
            case Kind.integer:
                guard let encoding = ValueType.Encoding(rawValue: second) else {
                    throw .unknownKind(field: "encoding of a value type", offset: offset + 12, value: second)
                }
                shape = .integer(size: size, encoding)
                takesSecond = true
            case Kind.float: shape = .float(size: size)
            case Kind.enumeration, Kind.signedEnumeration:
                var enumerators: [ValueType.Enumerator] = []
                for row in rows { enumerators.append(try row.enumerator()) }
                shape = .enumeration(size: size, isSigned: kind == Kind.signedEnumeration, enumerators)
                takesParts = true
            case Kind.pointer:
                shape = .pointer
                takesSize = false
            case Kind.array:
                shape = .array(element: Int(size), count: second)
                takesSecond = true
            case Kind.structure:
                shape = .structure(size: size, rows.map(\.member))
                takesParts = true
            case Kind.union:
                shape = .union(size: size, rows.map(\.member))
                takesParts = true
            case Kind.alias: shape = .alias(Int(size))
            default: throw .unknownKind(field: "kind of a value type", offset: offset, value: kind)
            }
            guard takesSize || size == 0 else {
                throw .reservedNotZero(field: "size of a value type", offset: offset + 8, value: UInt64(size))
            }
            guard takesSecond || second == 0 else {
                throw .reservedNotZero(field: "encoding of a value type", offset: offset + 12, value: UInt64(second))
            }
            guard takesParts || parts == 0 else {
                throw .reservedNotZero(field: "parts of a value type", offset: offset + 16, value: UInt64(parts))
            }
            return ValueType(name: name, shape)
        }
    }
}

extension PackageWriter {
    mutating func putRow(of type: ValueType) throws(PackageError) {
        typealias Kind = WireFormat.ValueKind
        let words: (kind: UInt32, size: UInt32, second: UInt32)
        switch type.shape {
        case .integer(let size, let encoding): words = (Kind.integer, size, encoding.rawValue)
        case .float(let size): words = (Kind.float, size, 0)
        case .enumeration(let size, let isSigned, _):
            words = (isSigned ? Kind.signedEnumeration : Kind.enumeration, size, 0)
        case .pointer: words = (Kind.pointer, 0, 0)
        case .array(let element, let count): words = (Kind.array, try ObjectPackage.count(element, "element"), count)
        case .structure(let size, _): words = (Kind.structure, size, 0)
        case .union(let size, _): words = (Kind.union, size, 0)
        case .alias(let other): words = (Kind.alias, try ObjectPackage.count(other, "other name"), 0)
        }
        put(words.kind)
        put(intern(type.name))
        put(words.size)
        put(words.second)
        put(try ObjectPackage.count(type.parts, "parts of a value type"))
    }

    mutating func putParts(of type: ValueType) throws(PackageError) {
        switch type.shape {
        case .enumeration(_, _, let enumerators):
            for enumerator in enumerators {
                put(intern(enumerator.name))
                put(enumerator.value)
                put(UInt32(0))
            }
        case .structure(_, let members), .union(_, let members):
            for member in members {
                put(intern(member.name))
                put(try ObjectPackage.count(member.type, "type of a member"))
                put(member.bitOffset)
                put(member.bitSize)
            }
        case .integer, .float, .pointer, .array, .alias: break
        }
    }
}
