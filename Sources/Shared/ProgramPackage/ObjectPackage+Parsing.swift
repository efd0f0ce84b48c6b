import Bytecode

extension ObjectPackage {
    /// Reads a package out of bytes whose writer may be hostile.
    package init(parsing bytes: [UInt8]) throws(PackageError) {
        try self.init(parsing: bytes.span)
    }

    /// Reads a package out of bytes whose writer may be hostile; the bytes must not change meanwhile (a sealed memfd,
    /// or a copy).
    ///
    /// Nothing is allocated before the counts of the header have been held against their limits and their sum against
    /// the length.
    package init(parsing bytes: Span<UInt8>) throws(PackageError) {
        guard bytes.count <= PackageLimits.packageBytes else {
            throw .tooLarge(bytes: bytes.count, limit: PackageLimits.packageBytes)
        }
        var reader = PackageReader()
        let magic = try reader.uint64(bytes, "magic")
        guard magic == WireFormat.magic else { throw .wrongMagic(magic) }
        let version = try reader.uint32(bytes, "version")
        guard version == WireFormat.version else {
            throw .unsupportedVersion(version, supported: WireFormat.version)
        }
        let length = try reader.uint32(bytes, "length")
        guard length == bytes.count else { throw .lengthMismatch(declared: UInt64(length), actual: bytes.count) }
        let flags = try reader.flags(bytes, "flags", known: WireFormat.PackageFlags.all)
        var licenceField = reader
        _ = try reader.uint32(bytes, "licence")
        let counts = try Self.counts(bytes, &reader)

        let table = try Self.strings(bytes, &reader, counts)
        let licence = try licenceField.string(bytes, from: table, "licence", limit: PackageLimits.licenceBytes)
        self.init(
            licence: licence,
            hasBTF: flags & WireFormat.PackageFlags.hasBTF != 0,
            hasLineInfo: flags & WireFormat.PackageFlags.hasLineInfo != 0)
        try readSections(bytes, &reader, counts, table)
        let initialBytes = try readMaps(bytes, &reader, counts, table)
        let shares = try readPrograms(bytes, &reader, counts, table)
        try readOmitted(bytes, &reader, counts, table)
        try readTypes(bytes, &reader, shares, table)
        try readValueTypes(bytes, &reader, counts, table)
        try readFunctions(bytes, &reader, shares, table)
        try readLines(bytes, &reader, shares, table)
        try readCode(bytes, &reader, shares)
        for (map, count) in initialBytes.enumerated() where count > 0 {
            let start = try reader.take(count, of: bytes, "initial bytes")
            maps[map].initialValue = Self.copy(bytes, start, count)
        }
        try checkContents()
    }

    private static func counts(_ bytes: Span<UInt8>, _ reader: inout PackageReader) throws(PackageError) -> WireCounts {
        let whole = PackageLimits.packageBytes
        var counts = WireCounts()
        counts.strings = UInt32(try reader.bounded(bytes, "count of strings", limit: PackageLimits.strings))
        counts.stringBytes = UInt32(try reader.bounded(bytes, "bytes of strings", limit: whole))
        counts.sections = UInt32(try reader.bounded(bytes, "count of sections", limit: PackageLimits.sections))
        counts.maps = UInt32(try reader.bounded(bytes, "count of maps", limit: PackageLimits.maps))
        counts.programs = UInt32(try reader.bounded(bytes, "count of programs", limit: PackageLimits.programs))
        counts.functions = UInt32(
            try reader.bounded(
                bytes, "count of functions", limit: PackageLimits.programs * PackageLimits.functionsPerProgram))
        counts.lines = UInt32(try reader.bounded(bytes, "count of lines", limit: whole / WireFormat.lineRowBytes))
        counts.slots = UInt32(try reader.bounded(bytes, "count of slots", limit: whole / WireFormat.slotBytes))
        counts.dataBytes = UInt32(try reader.bounded(bytes, "initial bytes", limit: whole))
        counts.mapSlots = UInt32(try reader.bounded(bytes, "count of map slots", limit: PackageLimits.mapSlots))
        counts.omitted = UInt32(try reader.bounded(bytes, "count of omitted programs", limit: PackageLimits.programs))
        counts.types = UInt32(
            try reader.bounded(
                bytes, "count of types", limit: PackageLimits.programs * PackageLimits.kernelTypesPerProgram))
        counts.valueTypes = UInt32(
            try reader.bounded(bytes, "count of value types", limit: PackageLimits.valueTypes))
        counts.valueParts = UInt32(
            try reader.bounded(bytes, "count of parts of value types", limit: PackageLimits.valueParts))
        guard counts.totalBytes == UInt64(bytes.count) else {
            throw .lengthMismatch(declared: counts.totalBytes, actual: bytes.count)
        }
        return counts
    }

    /// Decodes and judges every string once. Rows share them, so a text that a million rows name is in memory once.
    private static func strings(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts
    ) throws(PackageError) -> [TableString] {
        var texts: [TableString] = []
        texts.reserveCapacity(Int(counts.strings))
        var position = bytes.count - Int(counts.stringBytes)
        for _ in 0..<counts.strings {
            let length = try reader.bounded(bytes, "length of a string", limit: PackageLimits.pathBytes)
            guard length <= bytes.count - position else {
                throw .truncated(
                    field: "string", offset: position, needed: length, available: bytes.count - position)
            }
            do {
                let text = try UTF8Span(validating: bytes.extracting(position..<position + length))
                texts.append(TableString(String(copying: text)))
            } catch {
                throw .notUTF8(field: "string \(texts.count)", offset: error.byteOffsets.lowerBound)
            }
            position += length
        }
        guard position == bytes.count else {
            throw .tableNotCovered(
                field: "bytes of strings", claimed: UInt64(counts.stringBytes) - UInt64(bytes.count - position),
                available: Int(counts.stringBytes))
        }
        return texts
    }

    private mutating func readSections(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ table: [TableString]
    ) throws(PackageError) {
        sections.reserveCapacity(Int(counts.sections))
        for _ in 0..<counts.sections {
            let name = try reader.string(bytes, from: table, "section name", limit: PackageLimits.nameBytes)
            let flags = try reader.flags(bytes, "section flags", known: WireFormat.SectionFlags.executable)
            let size = try reader.uint64(bytes, "section size")
            sections.append(
                SectionSummary(name: name, size: size, isExecutable: flags & WireFormat.SectionFlags.executable != 0))
        }
    }

    /// How many rows of the following tables belong to one program.
    private struct Share {
        var slots: Int
        var functions: Int
        var lines: Int
        var types: Int
    }

    private mutating func readPrograms(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ table: [TableString]
    ) throws(PackageError) -> [Share] {
        var shares: [Share] = []
        for index in 0..<Int(counts.programs) {
            let name = try reader.string(
                bytes, from: table, "program name", limit: PackageLimits.nameBytes, isName: true)
            let section = try reader.string(
                bytes, from: table, "program section", limit: PackageLimits.nameBytes, isName: true)
            let share = Share(
                slots: try reader.bounded(bytes, "slots of a program", limit: PackageLimits.slotsPerProgram),
                functions: try reader.bounded(
                    bytes, "functions of a program", limit: PackageLimits.functionsPerProgram),
                lines: try reader.bounded(bytes, "lines of a program", limit: PackageLimits.linesPerProgram),
                types: try reader.bounded(bytes, "types of a program", limit: PackageLimits.kernelTypesPerProgram))
            guard share.slots > 0 else { throw .programHasNoCode(program: index) }
            shares.append(share)
            programs.append(Program(name: name, section: section, code: []))
        }
        // At most 256 shares of at most 65,536 each: the sums are small numbers.
        for (field, claimed, available) in [
            ("slots", shares.reduce(0) { $0 + $1.slots }, counts.slots),
            ("functions", shares.reduce(0) { $0 + $1.functions }, counts.functions),
            ("lines", shares.reduce(0) { $0 + $1.lines }, counts.lines),
            ("types", shares.reduce(0) { $0 + $1.types }, counts.types),
        ] where claimed != Int(available) {
            throw .tableNotCovered(field: field, claimed: UInt64(claimed), available: Int(available))
        }
        return shares
    }

    private mutating func readOmitted(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ table: [TableString]
    ) throws(PackageError) {
        for _ in 0..<counts.omitted {
            let name = try reader.string(
                bytes, from: table, "omitted program name", limit: PackageLimits.nameBytes, isName: true)
            let section = try reader.string(
                bytes, from: table, "omitted program section", limit: PackageLimits.nameBytes, isName: true)
            let reason = try reader.string(bytes, from: table, "reason", limit: PackageLimits.reasonBytes, isName: true)
            omitted.append(OmittedProgram(name: name, section: section, reason: reason))
        }
    }

    private mutating func readTypes(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ shares: [Share], _ table: [TableString]
    ) throws(PackageError) {
        for (program, share) in shares.enumerated() {
            for _ in 0..<share.types {
                programs[program].needsRelocation.append(
                    try reader.string(bytes, from: table, "type name", limit: PackageLimits.nameBytes, isName: true))
            }
        }
    }

    private mutating func readFunctions(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ shares: [Share], _ table: [TableString]
    ) throws(PackageError) {
        for (program, share) in shares.enumerated() {
            programs[program].functions.reserveCapacity(share.functions)
            var next = 0
            for index in 0..<share.functions {
                let name = try reader.string(
                    bytes, from: table, "function name", limit: PackageLimits.nameBytes, isName: true)
                let start = try reader.uint32(bytes, "function start")
                guard index == 0 ? start == 0 : start >= next, start < share.slots else {
                    throw .functionOutOfOrder(program: program, function: index, start: start)
                }
                next = Int(start) + 1
                programs[program].functions.append(FunctionRange(name: name, start: Int(start)))
            }
        }
    }

    private mutating func readLines(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ shares: [Share], _ table: [TableString]
    ) throws(PackageError) {
        for (program, share) in shares.enumerated() {
            programs[program].lines.reserveCapacity(share.lines)
            var next = 0
            for index in 0..<share.lines {
                let instruction = try reader.uint32(bytes, "instruction of a line")
                guard instruction >= next, instruction < share.slots else {
                    throw .lineOutOfOrder(program: program, line: index, instruction: instruction)
                }
                next = Int(instruction) + 1
                let line = try reader.uint32(bytes, "line number")
                let column = try reader.uint32(bytes, "column number")
                let file = try reader.string(bytes, from: table, "file name", limit: PackageLimits.pathBytes)
                let text = try reader.string(
                    bytes, from: table, "line text", limit: PackageLimits.lineTextBytes, allowingTabs: true)
                programs[program].lines.append(
                    LineInfo(instruction: Int(instruction), file: file, line: line, column: column, text: text))
            }
        }
    }

    private mutating func readCode(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ shares: [Share]
    ) throws(PackageError) {
        for (program, share) in shares.enumerated() {
            var code: [Slot] = []
            code.reserveCapacity(share.slots)
            for _ in 0..<share.slots { code.append(Slot(bits: try reader.uint64(bytes, "slot"))) }
            programs[program].code = code
        }
    }

    private static func copy(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in start..<start + count { copy.append(bytes[index]) }
        return copy
    }
}
