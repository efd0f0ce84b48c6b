import ProgramPackage
import Prototypes

extension MapTable {
    /// The maps that BTF describes in `.maps`: a variable each, whose anonymous structure says everything in its types
    /// (`__uint` is a pointer to an array of that many elements, `__type` a pointer to the type; bpf_helpers.h).
    static func described(
        in section: ObjectImage.Section, symbols: [Variable], by types: BTF, isForWindows: Bool
    ) throws(ObjectError) -> [Described] {
        var maps: [Described] = []
        var found = false
        for data in types.types where data.kind == .dataSection {
            guard try types.name(data.name, "a data section", mayBeEmpty: true) == section.name else { continue }
            guard !found else {
                throw .btf(section: BTF.sectionName, offset: data.tail, .sectionTwice(section: section.name))
            }
            found = true
            for index in 0..<data.count {
                let type = types.variable(index, of: data)
                guard let variable = types.record(type), variable.kind == .variable else {
                    throw .btf(
                        section: BTF.sectionName, offset: data.tail, .wrongKind(type: type, expected: "a variable"))
                }
                let name = try types.name(variable.name, "a map")
                // The offsets of a data section are filled in by linkers; only the symbol knows where the variable is.
                guard let symbol = symbols.first(where: { $0.name == name }) else { throw .mapWithoutSymbol(map: name) }
                maps.append(
                    try definition(
                        named: name, type: variable.sizeOrType, types, at: symbol.offset, isInner: false,
                        isForWindows: isForWindows))
                guard maps.count <= PackageLimits.maps else {
                    throw .limitExceeded(what: "maps", value: UInt64(data.count), limit: UInt64(PackageLimits.maps))
                }
            }
        }
        guard found else { throw .btfNeeded(section: section.name) }
        return maps.sorted { $0.offset < $1.offset }
    }

    /// A map as BTF describes it.
    struct Described: Sendable {
        /// Of the variable in its section.
        var offset: UInt64
        var map: MapDefinition
        /// BTF's numbers of the types of its keys and values.
        var keyType: UInt32?
        var valueType: UInt32?
        /// What each map that it holds looks like.
        var inner: MapDefinition?
        /// Where in the variable the list of what it holds from the start begins, if it may have one.
        var valuesOffset: UInt64?
    }

    private static func definition(
        named name: String, type: UInt32, _ types: BTF, at offset: UInt64, isInner: Bool, isForWindows: Bool
    ) throws(ObjectError) -> Described {
        let type = try types.resolved(type)
        guard let structure = types.record(type), structure.kind == .structure else {
            throw .btf(
                section: BTF.sectionName, offset: 0, .wrongKind(type: type, expected: "the structure of map '\(name)'"))
        }
        var map = MapDefinition(name: name, type: 0, keySize: 0, valueSize: 0, maximumEntries: 0)
        var keyType: UInt32?
        var valueType: UInt32?
        var values: BTF.Member?
        var seen: Set<String> = []
        for index in 0..<structure.count {
            let member = types.member(index, of: structure)
            let memberName = try types.name(member.name, "a member of map '\(name)'")
            guard seen.insert(memberName).inserted else {
                throw .mapMember(map: name, member: memberName, .twice)
            }
            let field = Field(map: name, name: memberName, type: member.type, types: types)
            switch memberName {
            case "type":
                map.type = try field.number32()
                guard isForWindows else { break }
                guard let type = WindowsNumbers.mapType(map.type) else {
                    throw .windowsMapType(map: name, type: map.type)
                }
                map.type = type
            case "max_entries": map.maximumEntries = try field.number32()
            case "map_flags": map.flags = try field.number32()
            case "pinning": map.pinning = try field.number32()
            case "map_extra": map.extra = try field.number()
            case "key_size":
                map.keySize = try field.size(try field.number32(), given: map.keySize, by: seen.contains("key"))
            case "key":
                keyType = types.record(try types.resolved(member.type))?.sizeOrType
                map.keySize = try field.size(
                    try field.sizeOfPointee(), given: map.keySize, by: seen.contains("key_size"))
            case "value_size":
                map.valueSize = try field.size(try field.number32(), given: map.valueSize, by: seen.contains("value"))
            case "value":
                valueType = types.record(try types.resolved(member.type))?.sizeOrType
                map.valueSize = try field.size(
                    try field.sizeOfPointee(), given: map.valueSize, by: seen.contains("value_size"))
            case "values": values = member
            // Where memory lies (NUMA) makes no difference to what a program computes.
            case "numa_node": break
            default: throw .mapMember(map: name, member: memberName, .unknown)
            }
        }
        guard seen.contains("type") else { throw .mapMember(map: name, member: "type", .missing) }
        if map.handsOutRecords, seen.contains("value") {
            // The type of its records, which says nothing of the map: so loaders have it that make code of an object's types.
            map.valueSize = map.type == MapDefinition.Kind.ringbuf ? 0 : handleBytes
        } else if let valueType {
            map.spinLockOffset = try place(
                of: "bpf_spin_lock", MapDefinition.spinLockBytes, 4, in: valueType, of: map, types)
            map.timerOffset = try place(of: "bpf_timer", MapDefinition.timerBytes, 8, in: valueType, of: map, types)
        }
        guard let values else {
            if map.isMapOfMaps, !seen.contains("value"), map.valueSize == 0 { map.valueSize = handleBytes }
            return Described(
                offset: offset, map: map, keyType: keyType, valueType: valueType, inner: nil, valuesOffset: nil)
        }
        guard !isInner, map.isMapOfMaps || map.type == MapDefinition.Kind.programArray else {
            throw .mapMember(map: name, member: "values", .notHere)
        }
        // libbpf wants nothing else, and says it itself where the definition does not.
        guard map.valueSize == 0 || map.valueSize == handleBytes else {
            throw .mapKeySizes(map: name, member: "value", declared: UInt64(map.valueSize), ofType: UInt64(handleBytes))
        }
        map.valueSize = handleBytes
        let element = try types.elementOfPointers(values.type)
        var inner: MapDefinition?
        if map.isMapOfMaps {
            guard let element, types.record(element)?.kind == .structure else {
                throw .mapMember(map: name, member: "values", .notAType)
            }
            inner = try definition(
                named: name + ".inner", type: element, types, at: offset, isInner: true, isForWindows: isForWindows
            ).map
            inner?.isTemplate = true
            if let inner, !inner.mayBeInner || inner.pinning != 0 {
                throw .mapMember(map: name, member: "values", .notHere)
            }
        } else {
            guard let element, types.record(element)?.kind == .functionPrototype else {
                throw .mapMember(map: name, member: "values", .notAType)
            }
        }
        // What it holds are maps or programs, whatever type its numbers have.
        return Described(
            offset: offset, map: map, keyType: keyType, valueType: nil, inner: inner,
            valuesOffset: UInt64(values.bitOffset / 8))
    }

    /// What a map of maps or of programs has for a value: a number that stands for one.
    private static let handleBytes: UInt32 = 4

    /// Where a value has a structure that the kernel keeps for itself, if it has one.
    private static func place(
        of name: String, _ bytes: UInt32, _ alignment: UInt32, in type: UInt32, of map: MapDefinition, _ types: BTF
    ) throws(ObjectError) -> UInt32? {
        switch try types.structures(named: name, in: type) {
        case .none: return nil
        case .several: throw .mapMember(map: map.name, member: name, .twice)
        case .one(let offset):
            guard offset % alignment == 0, offset <= map.valueSize, bytes <= map.valueSize - offset else {
                throw .mapField(map: map.name, field: name, offset: offset, valueSize: map.valueSize)
            }
            return offset
        }
    }

    /// One member of a map's structure.
    private struct Field {
        let map: String
        let name: String
        let type: UInt32
        let types: BTF

        /// The number that `__uint` or `__ulong` made a type of.
        func number() throws(ObjectError) -> UInt64 {
            let outer = types.record(try types.resolved(type))
            if let outer, let value = types.firstValue(of: outer), outer.count == 1 { return value }
            guard let outer, outer.kind == .pointer,
                let array = types.record(try types.resolved(outer.sizeOrType)), array.kind == .array
            else { throw .mapMember(map: map, member: name, .notANumber) }
            return UInt64(types.array(array).count)
        }

        func number32() throws(ObjectError) -> UInt32 {
            let number = try number()
            guard let word = UInt32(exactly: number) else {
                throw .mapMember(map: map, member: name, .doesNotFit(number))
            }
            return word
        }

        /// The size of the type that `__type` points to.
        func sizeOfPointee() throws(ObjectError) -> UInt32 {
            guard let pointer = types.record(try types.resolved(type)), pointer.kind == .pointer else {
                throw .mapMember(map: map, member: name, .notAType)
            }
            return try types.size(of: pointer.sizeOrType)
        }

        /// A size that may be said twice, as a number and as a type, if both say the same.
        func size(_ size: UInt32, given: UInt32, by isGiven: Bool) throws(ObjectError) -> UInt32 {
            guard !isGiven || size == given else {
                let member = name.hasPrefix("key") ? "key" : "value"
                let isType = name == member
                throw .mapKeySizes(
                    map: map, member: member, declared: UInt64(isType ? given : size),
                    ofType: UInt64(isType ? size : given))
            }
            return size
        }
    }
}
