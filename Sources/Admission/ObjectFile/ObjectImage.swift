import ProgramPackage
import Prototypes

/// Every table of an object that the rest of admission needs, copied out of libelf and checked: from here on there
/// are only Swift values.
struct ObjectImage: Sendable {
    /// A section. Section 0, which is always empty, is in the list so that indices are the file's.
    struct Section: Sendable {
        var index: Int
        var name: String
        var header: ElfFile.Header
        /// The bytes, where admission has a use for them; empty otherwise and for `SHT_NOBITS`.
        var contents = ByteView(bytes: [])

        var isExecutable: Bool { header.flags & SectionFlag.execute != 0 && header.type == .progbits }
        var role: SectionRole { SectionRole(self) }
    }

    /// A symbol whose section is known to exist. Names are looked up when they are needed.
    struct Symbol: Sendable {
        enum Place: Equatable, Sendable {
            case undefined, absolute, common
            case section(Int)
        }
        enum Kind: Equatable, Sendable {
            case none, object, function, section, file
            case other(UInt8)
        }
        var nameOffset: UInt64
        var kind: Kind
        /// Visible outside of its file: global or weak.
        var isGlobal: Bool
        /// May be left undefined.
        var isWeak: Bool
        var place: Place
        var value: UInt64
        var size: UInt64
    }

    /// A relocation inside the section it belongs to, against a symbol that exists.
    struct Relocation: Sendable {
        var offset: Int
        var symbol: Int
        var type: RelocationType
    }

    private(set) var sections: [Section] = []
    private(set) var symbols: [Symbol] = []
    /// By the index of the section they apply to, ascending by offset.
    private(set) var relocations: [Int: [Relocation]] = [:]
    private var symbolNames = ByteView(bytes: [])
    /// Whether the places of relocations hold the values of symbols, too: see ``findsSums``.
    private(set) var holdsSums = false
    /// From a compiler for which BPF had no number of its own yet, nor types of relocations.
    let isUnnumbered: Bool

    init(_ bytes: [UInt8]) throws(ObjectError) {
        try ElfHeader.check(bytes)
        isUnnumbered = bytes[18] == 0 && bytes[19] == 0
        let file = try ElfFile(copying: bytes)
        sections = try Self.readSections(of: file)
        try readSymbols(of: file)
        try readRelocations(of: file)
        holdsSums = findsSums
    }

    /// Whether it was compiled against the headers of eBPF for Windows: a section of code has the name of a type that only there is.
    var isForWindows: Bool {
        sections.contains { $0.role == .code && ProgramDescriptor.row(section: $0.name)?.isOfWindows ?? false }
    }

    /// The first section of a name, or nil.
    func section(named name: String) -> Section? { sections.first { $0.name == name } }

    /// The name of a symbol; a section symbol has that of its section.
    func name(of symbol: Symbol) throws(ObjectError) -> String {
        if case .section(let index) = symbol.place, symbol.kind == .section { return sections[index].name }
        let bytes = try Name.bytes(in: symbolNames, at: symbol.nameOffset, of: "the table of symbol names")
        return try Name.checked(bytes, "a symbol", mayBeEmpty: true)
    }

    private mutating func readSymbols(of file: borrowing ElfFile) throws(ObjectError) {
        let tables = sections.filter { $0.header.type == .symbols }
        guard let table = tables.first else { throw .noSymbolTable }
        if tables.count > 1 { throw .severalSymbolTables(first: tables[0].index, second: tables[1].index) }
        if let extended = sections.first(where: { $0.header.type == .extendedIndices }) {
            throw .wrongSectionType(
                section: extended.index, expected: "absent: there are too few sections for extended indices")
        }
        let count = try Self.entries(of: table, size: ElfNumber.symbolBytes, "symbols", limit: ObjectLimits.symbols)
        let names = Int(table.header.link)
        guard names > 0, names < sections.count else {
            throw .sectionIndexOutOfRange(
                field: "sh_link", holder: table.index, value: table.header.link, count: sections.count)
        }
        guard sections[names].header.type == .strings else {
            throw .wrongSectionType(section: names, expected: "a string table")
        }
        symbolNames = ByteView(bytes: try file.contents(of: names, size: Int(sections[names].header.size)))

        symbols.reserveCapacity(count)
        for (index, raw) in try file.symbols(of: table.index, count: count).enumerated() {
            guard raw.nameOffset < max(symbolNames.count, 1) else {
                throw .stringOutOfRange(
                    table: "the table of symbol names", offset: raw.nameOffset, size: symbolNames.count)
            }
            symbols.append(
                Symbol(
                    nameOffset: raw.nameOffset, kind: Self.kind(raw.info), isGlobal: raw.info >> 4 != 0,
                    isWeak: raw.info >> 4 == 2,
                    place: try place(raw, symbol: index), value: raw.value, size: raw.size))
        }
    }

    private static func kind(_ info: UInt8) -> Symbol.Kind {
        switch info & 15 {
        case 0: .none
        case 1: .object
        case 2: .function
        case 3: .section
        case 4: .file
        default: .other(info & 15)
        }
    }

    private func place(_ raw: ElfFile.RawSymbol, symbol: Int) throws(ObjectError) -> Symbol.Place {
        switch raw.section {
        case 0: return .undefined
        case 0xFFF1: return .absolute
        case 0xFFF2: return .common
        default:
            guard raw.section < sections.count else {
                throw .sectionIndexOutOfRange(
                    field: "st_shndx of symbol", holder: symbol, value: UInt64(raw.section), count: sections.count)
            }
            return .section(Int(raw.section))
        }
    }

    private mutating func readRelocations(of file: borrowing ElfFile) throws(ObjectError) {
        for table in sections where table.header.type == .relocations || table.header.type == .relocationsWithAddend {
            let target = Int(clamping: table.header.info)
            guard target > 0, target < sections.count else {
                throw .sectionIndexOutOfRange(
                    field: "sh_info of section", holder: table.index, value: table.header.info, count: sections.count)
            }
            guard sections[target].role.mattersToRelocations else { continue }
            let name = sections[target].name
            guard table.header.type == .relocations || isUnnumbered else { throw .relocationsWithAddend(section: name) }
            guard table.header.link < sections.count, sections[Int(table.header.link)].header.type == .symbols else {
                throw .wrongSectionType(section: Int(clamping: table.header.link), expected: "a symbol table")
            }
            guard relocations[target] == nil else { throw .severalRelocationSections(section: name) }
            guard table.header.type == .relocations else {
                relocations[target] = try unnumbered(table, for: sections[target], file)
                continue
            }
            let count = try Self.entries(
                of: table, size: ElfNumber.relocationBytes, "relocations of \(name)",
                limit: ObjectLimits.relocationsPerSection)
            relocations[target] = try checked(file.relocations(of: table.index, count: count), for: sections[target])
        }
    }

    /// Relocations of the one kind there was, of maps: no type, no addend, and nothing in the place of one either.
    private func unnumbered(
        _ table: Section, for section: Section, _ file: borrowing ElfFile
    ) throws(ObjectError) -> [Relocation] {
        let count = try Self.entries(
            of: table, size: ElfNumber.relocationWithAddendBytes, "relocations of \(section.name)",
            limit: ObjectLimits.relocationsPerSection)
        guard let raw = try file.relocationsWithoutAddend(of: table.index, count: count) else {
            throw .relocationsWithAddend(section: section.name)
        }
        var list = try checked(raw, for: section)
        for index in list.indices where list[index].type == .none {
            let offset = list[index].offset
            guard section.role == .code, section.contents.uint8(at: offset) == 0x18,
                section.contents.uint32(at: offset + 4) == 0, section.contents.uint32(at: offset + 12) == 0
            else { throw .relocationsWithAddend(section: section.name) }
            list[index].type = .wideImmediate
        }
        return list
    }

    private func checked(
        _ raw: [ElfFile.RawRelocation], for section: Section
    ) throws(ObjectError) -> [Relocation] {
        var list: [Relocation] = []
        list.reserveCapacity(raw.count)
        for relocation in raw {
            guard relocation.offset < section.header.size else {
                throw .relocationOutOfRange(
                    section: section.name, offset: relocation.offset, sectionSize: section.header.size)
            }
            guard relocation.symbol < symbols.count else {
                throw .symbolIndexOutOfRange(
                    section: section.name, offset: relocation.offset, symbol: relocation.symbol, count: symbols.count)
            }
            list.append(
                Relocation(
                    offset: Int(relocation.offset), symbol: Int(relocation.symbol),
                    type: RelocationType(rawValue: relocation.type)))
        }
        list.sort { $0.offset < $1.offset }
        for (first, second) in zip(list, list.dropFirst()) where first.offset == second.offset {
            throw .relocationTwice(section: section.name, offset: UInt64(first.offset))
        }
        return list
    }

    /// How many entries a table has, its `sh_entsize` being what it must be.
    private static func entries(
        of section: Section, size: UInt64, _ what: String, limit: Int
    ) throws(ObjectError) -> Int {
        guard section.header.entrySize == size else {
            throw .sectionEntrySize(section: section.index, size: section.header.entrySize, expected: size)
        }
        guard section.header.size % size == 0 else {
            throw .sectionSizeNotMultiple(section: section.name, size: section.header.size, unit: size)
        }
        let count = section.header.size / size
        guard count <= limit else { throw .limitExceeded(what: what, value: count, limit: UInt64(limit)) }
        return Int(count)
    }
}
