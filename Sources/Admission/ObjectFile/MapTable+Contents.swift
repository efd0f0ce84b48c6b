import ProgramPackage

extension MapTable {
    /// Makes the legacy definitions refer to one another.
    mutating func linkLegacy() throws(ObjectError) {
        var byNumber: [UInt32: Int] = [:]
        for (place, entry) in legacy.enumerated() where entry.definition.number != 0 {
            // The first of a number is the one that iproute2 makes others by.
            if byNumber[entry.definition.number] == nil { byNumber[entry.definition.number] = place }
        }
        var outer: [UInt32: [Int]] = [:]
        for entry in legacy {
            let wanted: UInt32
            let place: Int?
            switch entry.definition.inner {
            case .none: continue
            case .innerAt(let index): (wanted, place) = (index, Int(index))
            case .innerNumber(let number):
                (wanted, place) = (number, byNumber[number])
                outer[number, default: []].append(entry.map)
            }
            guard let place, legacy.indices.contains(place), definitions[legacy[place].map].mayBeInner else {
                throw .mapInnerUnknown(map: definitions[entry.map].name, number: wanted)
            }
            definitions[entry.map].innerMap = legacy[place].map
        }
        for entry in legacy {
            guard let slot = entry.definition.slotInOuter else { continue }
            for map in outer[entry.definition.number] ?? [] { try put(.map(entry.map), at: slot, of: map) }
        }
    }

    /// Puts into maps what the object says they hold before any program runs: by relocations in `.maps` (libbpf), and
    /// by the names of sections (iproute2).
    mutating func fill(from object: ObjectImage, _ functions: FunctionTable) throws(ObjectError) {
        for section in object.sections where section.role == .maps {
            for relocation in object.relocations[section.index] ?? [] {
                try fill(by: relocation, in: section, of: object, functions)
            }
        }
        try fillProgramArrays(of: object, functions)
        for map in definitions.indices {
            definitions[map].slots.sort { $0.index < $1.index }
            for (first, second) in zip(definitions[map].slots, definitions[map].slots.dropFirst())
            where first.index == second.index {
                throw .mapSlotTwice(map: definitions[map].name, slot: first.index)
            }
        }
    }

    private mutating func fill(
        by relocation: ObjectImage.Relocation, in section: ObjectImage.Section, of object: ObjectImage,
        _ functions: FunctionTable
    ) throws(ObjectError) {
        let symbol = object.symbols[relocation.symbol]
        let name = try object.name(of: symbol)
        let refusal = ObjectError.mapInitializers(
            section: section.name, offset: UInt64(relocation.offset), symbol: name)
        let here = described[section.index] ?? []
        let next = here.partitioningIndex { $0.definition.offset > UInt64(relocation.offset) }
        guard next > 0, let values = here[next - 1].definition.valuesOffset else { throw refusal }
        let (definition, map) = here[next - 1]
        // The symbol of the definition said where it begins, at or before this place.
        let inVariable = UInt64(relocation.offset) - definition.offset
        guard inVariable >= values, (inVariable - values) % 8 == 0,
            let slot = UInt32(exactly: (inVariable - values) / 8),
            [.absolute64, .gnuAbsolute64, .wideImmediate].contains(relocation.type),
            let held = section.contents.uint64(at: relocation.offset), case .section(let index) = symbol.place
        else { throw refusal }
        let addend = UInt64(bitPattern: object.addend(of: relocation, Int64(bitPattern: held)))
        let (target, overflows) = symbol.value.addingReportingOverflow(addend)
        guard !overflows else { throw refusal }
        if definition.inner != nil {
            guard let inner = self.map(definedIn: index, at: target) else { throw refusal }
            try put(.map(inner), at: slot, of: map)
        } else {
            guard target % 8 == 0,
                let function = functions.function(at: FunctionTable.Place(section: index, slot: Int(target / 8))),
                let program = functions.entries.first(where: { $0.function == function })
            else { throw refusal }
            try put(.program(program.name), at: slot, of: map)
        }
    }

    /// iproute2 puts the program of a section that is called `number/slot` into that slot of the map of programs that
    /// has the number.
    private mutating func fillProgramArrays(
        of object: ObjectImage, _ functions: FunctionTable
    ) throws(ObjectError) {
        let arrays = legacy.filter {
            $0.definition.number != 0 && $0.definition.map.type == MapDefinition.Kind.programArray
        }
        guard !arrays.isEmpty else { return }
        for entry in functions.entries {
            let section = object.sections[functions.functions[entry.function].section].name
            guard let (number, slot) = Self.numberAndSlot(of: section) else { continue }
            for array in arrays where array.definition.number == number {
                try put(.program(entry.name), at: slot, of: array.map)
            }
        }
    }

    /// Two numbers with a slash between, each as C writes them.
    private static func numberAndSlot(of section: String) -> (number: UInt32, slot: UInt32)? {
        let parts = section.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Self.number(parts[0]), let slot = Self.number(parts[1]) else { return nil }
        return (number, slot)
    }

    private static func number(_ text: Substring) -> UInt32? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
        if text.hasPrefix("0x") {
            let digits = text.dropFirst(2)
            return digits.first?.isHexDigit == true ? UInt32(digits, radix: 16) : nil
        }
        return first == 0x30 && text.utf8.count > 1 ? UInt32(text.dropFirst(), radix: 8) : UInt32(text)
    }

    /// Adds an entry to what a map holds, if it can hold it.
    private mutating func put(_ target: MapSlot.Target, at slot: UInt32, of map: Int) throws(ObjectError) {
        let definition = definitions[map]
        guard definition.keySize == 4,
            definition.type == MapDefinition.Kind.hashOfMaps || slot < definition.maximumEntries
        else {
            throw .mapSlot(
                map: definition.name, slot: slot, keySize: definition.keySize, entries: definition.maximumEntries)
        }
        if case .map(let index) = target, let inner = definition.innerMap,
            !definitions[index].isLike(definitions[inner])
        {
            throw .mapUnlikeInner(map: definition.name, slot: slot, inner: definitions[index].name)
        }
        let held = definitions.reduce(0) { $0 + $1.slots.count }
        guard held < PackageLimits.mapSlots else {
            throw .limitExceeded(
                what: "entries of maps", value: UInt64(held) + 1, limit: UInt64(PackageLimits.mapSlots))
        }
        definitions[map].slots.append(MapSlot(index: slot, target: target))
    }
}
