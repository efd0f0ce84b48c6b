import ProgramPackage

/// The maps of an object, and which of them an address in one of its sections means.
struct MapTable: Sendable {
    /// Set only here and where the maps are filled.
    var definitions: [MapDefinition] = []
    /// By section and offset: where the definition of a map lies.
    private var byPlace: [Place: Int] = [:]
    /// By section: the map whose value that section is.
    private var byDataSection: [Int: Int] = [:]
    /// What BTF says of maps, by section, ascending by offset, and the index of each.
    private(set) var described: [Int: [(definition: Described, map: Int)]] = [:]
    /// The legacy definitions in the order of the file, which is how they refer to one another, and the index of each.
    private(set) var legacy: [(definition: LegacyDefinition, map: Int)] = []
    /// What keys and values are made of.
    private(set) var valueTypes = ValueTypes.none

    private struct Place: Hashable {
        var section: Int
        var offset: UInt64
    }

    /// BTF-defined maps, then legacy ones, then data sections, each in the order of the file; then settings; then patterns
    /// of maps inside of maps.
    init(of object: ObjectImage, types: BTF?, settings: ExternTable.Settings?) throws(ObjectError) {
        var symbols: [Int: [ObjectImage.Symbol]] = [:]
        for symbol in object.symbols where symbol.kind == .object || symbol.kind == .none && symbol.isGlobal {
            // Compilers of before 2019 gave variables no type.
            guard case .section(let index) = symbol.place else { continue }
            switch object.sections[index].role {
            case .maps, .legacyMaps: symbols[index, default: []].append(symbol)
            case .code, .data, .readOnlyData, .zeroData, .licence, .btf, .btfExtension, .compiler, .other: break
            }
        }
        for section in object.sections where section.role == .maps && section.header.size > 0 {
            guard let types else { throw .btfNeeded(section: section.name) }
            let variables = try Self.variables(symbols[section.index] ?? [], in: section, of: object)
            for definition in try Self.described(
                in: section, symbols: variables, by: types, isForWindows: object.isForWindows)
            {
                described[section.index, default: []].append((definition, definitions.count))
                try add(definition.map, at: Place(section: section.index, offset: definition.offset))
            }
        }
        for section in object.sections where section.role == .legacyMaps {
            let variables = try Self.variables(symbols[section.index] ?? [], in: section, of: object)
            // Those of Windows are another structure, which BTF has replaced there too.
            guard !object.isForWindows else {
                throw .windowsMapNumbers(section: section.name)
            }
            for (offset, definition) in try LegacyDefinition.all(in: section, symbols: variables) {
                legacy.append((definition, definitions.count))
                try add(definition.map, at: Place(section: section.index, offset: offset))
            }
        }
        for section in object.sections where section.header.size > 0 {
            guard let map = try Self.data(section) else { continue }
            byDataSection[section.index] = definitions.count
            try add(map, at: nil)
        }
        if let settings {
            settingsMap = definitions.count
            try add(settings.map, at: nil)
        }
        for section in described.keys.sorted() {
            for (definition, map) in described[section] ?? [] {
                guard let inner = definition.inner else { continue }
                definitions[map].innerMap = definitions.count
                try add(inner, at: nil)
            }
        }
        try linkLegacy()
        if let types { try findTypes(types, of: object, settings) }
        // Swift compares texts by canonical equivalence, which refuses a little more than equal bytes: look-alikes.
        var names: Set<String> = []
        for map in definitions where !names.insert(map.name).inserted {
            throw .duplicateName(what: "maps", name: map.name)
        }
    }

    func map(definedIn section: Int, at offset: UInt64) -> Int? { byPlace[Place(section: section, offset: offset)] }

    func map(holding section: Int) -> Int? { byDataSection[section] }

    /// The map of a kernel's settings.
    private(set) var settingsMap: Int?

    /// Tells maps the types of their keys and values, as far as BTF knows them.
    private mutating func findTypes(
        _ types: BTF, of object: ObjectImage, _ settings: ExternTable.Settings?
    ) throws(ObjectError) {
        var collector = ValueTypeCollector(types)
        for (definition, map) in described.keys.sorted().flatMap({ described[$0] ?? [] }) {
            if let type = definition.keyType {
                definitions[map].keyType = collector.place(of: type, size: definitions[map].keySize)
            }
            if let type = definition.valueType {
                let size =
                    definitions[map].handsOutRecords ? (try? types.size(of: type)) ?? 0 : definitions[map].valueSize
                definitions[map].valueType = collector.place(of: type, size: size)
            }
        }
        for (section, map) in byDataSection.sorted(by: { $0.key < $1.key }) {
            let name = Array(object.sections[section].name.utf8)
            guard
                let record = types.types.first(where: {
                    $0.kind == .dataSection && (types.stringBytes($0.name)?.elementsEqual(name) ?? false)
                })
            else { continue }
            definitions[map].valueType = collector.place(
                ofSection: record, size: definitions[map].valueSize,
                offsets: try Self.offsets(inSection: section, of: object))
        }
        if let settings, let map = settingsMap {
            definitions[map].valueType = collector.place(
                ofSection: settings.section, size: definitions[map].valueSize, offsets: settings.offsets)
        }
        if definitions.contains(where: \.handsOutRecords) { Self.addStructures(types, to: &collector) }
        valueTypes = collector.table
    }

    /// The first structures and unions of an object whose records may be any of them: those that fit.
    private static func addStructures(_ types: BTF, to collector: inout ValueTypeCollector) {
        var left = 128
        for (index, record) in types.types.enumerated() where left > 0 {
            guard record.kind == .structure || record.kind == .union, record.name != 0 else { continue }
            left -= 1
            _ = collector.place(of: UInt32(index + 1), size: record.sizeOrType)
        }
    }

    /// Where the variables of a section lie, of those whose name is one variable's only.
    private static func offsets(
        inSection section: Int, of object: ObjectImage
    ) throws(ObjectError) -> [String: UInt64] {
        var offsets: [String: UInt64] = [:]
        var several: Set<String> = []
        for symbol in object.symbols where symbol.kind == .object && symbol.place == .section(section) {
            let name = try object.name(of: symbol)
            if offsets.updateValue(symbol.value, forKey: name) != nil { several.insert(name) }
        }
        for name in several { offsets[name] = nil }
        return offsets
    }

    private mutating func add(_ map: MapDefinition, at place: Place?) throws(ObjectError) {
        guard definitions.count < PackageLimits.maps else {
            throw .limitExceeded(what: "maps", value: UInt64(definitions.count) + 1, limit: UInt64(PackageLimits.maps))
        }
        if let place { byPlace[place] = definitions.count }
        definitions.append(map)
    }

    /// BPF_MAP_TYPE_ARRAY (linux/bpf.h).
    private static let arrayType: UInt32 = 2

    /// The array that holds a data section, as libbpf makes it; it has the whole name of the section, which is the
    /// one that libbpf looks such maps up by.
    private static func data(_ section: ObjectImage.Section) throws(ObjectError) -> MapDefinition? {
        let isReadOnly: Bool
        switch section.role {
        case .readOnlyData: isReadOnly = true
        case .data, .zeroData: isReadOnly = false
        case .code, .maps, .legacyMaps, .licence, .btf, .btfExtension, .compiler, .other: return nil
        }
        guard section.header.size <= ObjectLimits.dataSectionBytes else {
            throw .limitExceeded(
                what: "bytes of section \(section.name)", value: section.header.size,
                limit: UInt64(ObjectLimits.dataSectionBytes))
        }
        if isReadOnly { return .constants(named: section.name, section.contents.bytes) }
        return MapDefinition(
            name: section.name, type: arrayType, keySize: 4, valueSize: UInt32(section.header.size), maximumEntries: 1,
            initialValue: section.contents.bytes)
    }

    /// A named variable in a section of maps.
    struct Variable {
        var name: String
        var offset: UInt64
        var size: UInt64
    }

    /// The variables in a section, ascending, no two at the same place.
    private static func variables(
        _ symbols: [ObjectImage.Symbol], in section: ObjectImage.Section, of object: ObjectImage
    ) throws(ObjectError) -> [Variable] {
        var found: [Variable] = []
        for symbol in symbols {
            let name = try object.name(of: symbol)
            guard !name.isEmpty else { throw .nameEmpty(what: "a variable in section \(section.name)") }
            let (end, overflows) = symbol.value.addingReportingOverflow(symbol.size)
            guard !overflows, end <= section.header.size, symbol.value < section.header.size else {
                throw .symbolNotInSection(
                    symbol: name, section: section.name, value: symbol.value, size: symbol.size,
                    sectionSize: section.header.size)
            }
            found.append(Variable(name: name, offset: symbol.value, size: symbol.size))
        }
        found.sort { $0.offset < $1.offset }
        for (first, second) in zip(found, found.dropFirst()) where first.offset == second.offset {
            throw .duplicateName(
                what: "maps at offset \(first.offset) of section \(section.name)",
                name: "\(first.name)', '\(second.name)")
        }
        return found
    }
}
