import Bytecode

/// Little-endian bytes in the making, and the table of strings that rows refer to.
struct PackageWriter {
    var bytes: [UInt8] = []
    private(set) var strings: [String] = []
    private var indices: [String: UInt32] = [:]

    /// The index of a string in the table, which gets every distinct string once.
    ///
    /// Swift compares strings by canonical equivalence; texts that differ only in that must stay different bytes,
    /// hence the check.
    mutating func intern(_ text: String) -> UInt32 {
        if let index = indices[text], strings[Int(index)].utf8.elementsEqual(text.utf8) { return index }
        let index = UInt32(strings.count)
        strings.append(text)
        indices[text] = index
        return index
    }

    mutating func put(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        for _ in 0..<(type(of: value).bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}

extension ObjectPackage {
    /// The package as ``init(parsing:)`` reads it back, refused here where that would refuse it: the jail's own
    /// mistakes show in the jail.
    package func serialized() throws(PackageError) -> [UInt8] {
        var rows = PackageWriter()
        var counts = WireCounts()
        let licenceIndex = rows.intern(licence)

        for section in sections {
            rows.put(rows.intern(section.name))
            rows.put(section.isExecutable ? WireFormat.SectionFlags.executable : 0)
            rows.put(section.size)
        }
        for map in maps { try rows.putRow(of: map) }
        for map in maps {
            for slot in map.slots { try rows.putRow(of: slot) }
        }
        for program in programs {
            rows.put(rows.intern(program.name))
            rows.put(rows.intern(program.section))
            rows.put(try Self.count(program.code.count, "slots"))
            rows.put(try Self.count(program.functions.count, "functions"))
            rows.put(try Self.count(program.lines.count, "lines"))
            rows.put(try Self.count(program.needsRelocation.count, "types"))
        }
        for program in omitted {
            rows.put(rows.intern(program.name))
            rows.put(rows.intern(program.section))
            rows.put(rows.intern(program.reason))
        }
        for program in programs {
            for name in program.needsRelocation { rows.put(rows.intern(name)) }
        }
        for type in valueTypes.types { try rows.putRow(of: type) }
        for type in valueTypes.types { try rows.putParts(of: type) }
        for (programIndex, program) in programs.enumerated() {
            for (index, function) in program.functions.enumerated() {
                rows.put(rows.intern(function.name))
                guard let start = UInt32(exactly: function.start) else {
                    throw .functionOutOfOrder(program: programIndex, function: index, start: .max)
                }
                rows.put(start)
            }
        }
        for (programIndex, program) in programs.enumerated() {
            for (index, line) in program.lines.enumerated() {
                guard let instruction = UInt32(exactly: line.instruction) else {
                    throw .lineOutOfOrder(program: programIndex, line: index, instruction: .max)
                }
                rows.put(instruction)
                rows.put(line.line)
                rows.put(line.column)
                rows.put(rows.intern(line.file))
                rows.put(rows.intern(line.text))
            }
        }
        for program in programs {
            for slot in program.code { rows.put(slot.bits) }
        }
        for map in maps { rows.bytes.append(contentsOf: map.initialValue) }

        counts.strings = try Self.count(rows.strings.count, "strings")
        counts.stringBytes = try Self.count(rows.strings.reduce(0) { $0 + $1.utf8.count }, "bytes of strings")
        counts.sections = try Self.count(sections.count, "sections")
        counts.maps = try Self.count(maps.count, "maps")
        counts.programs = try Self.count(programs.count, "programs")
        counts.functions = try Self.count(programs.reduce(0) { $0 + $1.functions.count }, "functions")
        counts.lines = try Self.count(programs.reduce(0) { $0 + $1.lines.count }, "lines")
        counts.slots = try Self.count(programs.reduce(0) { $0 + $1.code.count }, "slots")
        counts.dataBytes = try Self.count(maps.reduce(0) { $0 + $1.initialValue.count }, "initial bytes")
        counts.mapSlots = try Self.count(maps.reduce(0) { $0 + $1.slots.count }, "map slots")
        counts.omitted = try Self.count(omitted.count, "omitted programs")
        counts.types = try Self.count(programs.reduce(0) { $0 + $1.needsRelocation.count }, "types")
        counts.valueTypes = try Self.count(valueTypes.types.count, "value types")
        counts.valueParts = try Self.count(valueTypes.types.reduce(0) { $0 + $1.parts }, "parts of value types")
        guard counts.totalBytes <= UInt64(PackageLimits.packageBytes) else {
            throw .tooLarge(bytes: Int(clamping: counts.totalBytes), limit: PackageLimits.packageBytes)
        }

        var whole = PackageWriter()
        whole.bytes.reserveCapacity(Int(counts.totalBytes))
        whole.put(WireFormat.magic)
        whole.put(WireFormat.version)
        whole.put(UInt32(counts.totalBytes))
        whole.put(
            (hasBTF ? WireFormat.PackageFlags.hasBTF : 0) | (hasLineInfo ? WireFormat.PackageFlags.hasLineInfo : 0))
        whole.put(licenceIndex)
        for number in [
            counts.strings, counts.stringBytes, counts.sections, counts.maps, counts.programs, counts.functions,
            counts.lines, counts.slots, counts.dataBytes, counts.mapSlots, counts.omitted, counts.types,
            counts.valueTypes, counts.valueParts,
        ] {
            whole.put(number)
        }
        for text in rows.strings { whole.put(UInt32(text.utf8.count)) }
        whole.bytes.append(contentsOf: rows.bytes)
        for text in rows.strings { whole.bytes.append(contentsOf: text.utf8) }

        _ = try ObjectPackage(parsing: whole.bytes)
        return whole.bytes
    }

    static func count(_ value: Int, _ field: String) throws(PackageError) -> UInt32 {
        guard let count = UInt32(exactly: value) else {
            throw .limitExceeded(field: field, offset: 0, value: UInt64(value), limit: Int(UInt32.max))
        }
        return count
    }
}

extension PackageWriter {
    fileprivate mutating func putRow(of map: MapDefinition) throws(PackageError) {
        var attributes: UInt32 = 0
        if map.isReadOnly { attributes |= WireFormat.MapAttributes.readOnly }
        if map.isTemplate { attributes |= WireFormat.MapAttributes.template }
        if map.innerMap != nil { attributes |= WireFormat.MapAttributes.inner }
        if map.spinLockOffset != nil { attributes |= WireFormat.MapAttributes.spinLock }
        if map.timerOffset != nil { attributes |= WireFormat.MapAttributes.timer }
        if map.keyType != nil { attributes |= WireFormat.MapAttributes.keyType }
        if map.valueType != nil { attributes |= WireFormat.MapAttributes.valueType }
        put(intern(map.name))
        for number in [
            map.type, map.keySize, map.valueSize, map.maximumEntries, map.flags, map.pinning, attributes,
        ] {
            put(number)
        }
        put(map.extra)
        put(try ObjectPackage.count(map.initialValue.count, "initial bytes"))
        put(try ObjectPackage.count(map.slots.count, "map slots"))
        put(try ObjectPackage.count(map.innerMap ?? 0, "inner map"))
        put(map.spinLockOffset ?? 0)
        put(map.timerOffset ?? 0)
        put(try ObjectPackage.count(map.keyType ?? 0, "type of keys"))
        put(try ObjectPackage.count(map.valueType ?? 0, "type of values"))
    }

    fileprivate mutating func putRow(of slot: MapSlot) throws(PackageError) {
        put(slot.index)
        switch slot.target {
        case .map(let map):
            put(WireFormat.MapSlotKind.map)
            put(try ObjectPackage.count(map, "map of a map's slot"))
        case .program(let name):
            put(WireFormat.MapSlotKind.program)
            put(intern(name))
        }
    }
}
