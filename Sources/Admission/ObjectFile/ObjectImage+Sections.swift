import ProgramPackage

/// What a section is for, as its name and flags say.
enum SectionRole: Equatable, Sendable {
    /// Code; `.text` holds what others call.
    case code
    /// `.data*`, `.rodata*`, `.bss*`: the only value of an array map.
    case data, readOnlyData, zeroData
    /// BTF-defined maps, and maps as `struct bpf_map_def`.
    case maps, legacyMaps
    case licence, btf, btfExtension
    /// What made the object.
    case compiler
    case other

    init(_ section: ObjectImage.Section) {
        if section.isExecutable {
            self = .code
            return
        }
        let isStored = section.header.type == .progbits
        switch section.name {
        case ".maps" where isStored: self = .maps
        case let name where isStored && (name == "maps" || name.hasPrefix("maps/")): self = .legacyMaps
        case "license" where isStored: self = .licence
        case ".BTF" where isStored: self = .btf
        case ".BTF.ext" where isStored: self = .btfExtension
        case ".comment" where isStored: self = .compiler
        case let name where isStored && Self.isData(name, ".rodata"): self = .readOnlyData
        case let name where isStored && Self.isData(name, ".data"): self = .data
        case let name where section.header.type == .nobits && Self.isData(name, ".bss"): self = .zeroData
        default: self = .other
        }
    }

    private static func isData(_ name: String, _ family: String) -> Bool {
        name == family || name.hasPrefix(family + ".")
    }

    /// True where a relocation changes what a program does; those of debug sections only matter to debuggers.
    var mattersToRelocations: Bool {
        switch self {
        case .code, .data, .readOnlyData, .zeroData, .maps, .legacyMaps: true
        case .licence, .btf, .btfExtension, .compiler, .other: false
        }
    }

    var hasUse: Bool {
        switch self {
        case .code, .data, .readOnlyData, .maps, .legacyMaps, .licence, .btf, .btfExtension, .compiler: true
        case .zeroData, .other: false
        }
    }
}

extension ObjectImage {
    /// Every section, its place in the file checked against the file and against every other section's, with the
    /// contents that are of use.
    static func readSections(of file: borrowing ElfFile) throws(ObjectError) -> [Section] {
        // The header check bounded e_shnum; libelf must agree with that before anything is as large as it says.
        guard file.sectionCount > 0, file.sectionCount <= ObjectLimits.sections else {
            throw .limitExceeded(
                what: "sections", value: UInt64(file.sectionCount), limit: UInt64(ObjectLimits.sections))
        }
        guard file.nameSection > 0, file.nameSection < file.sectionCount else {
            throw .sectionIndexOutOfRange(
                field: "e_shstrndx", holder: 0, value: UInt64(file.nameSection), count: file.sectionCount)
        }
        var headers: [ElfFile.Header] = []
        headers.reserveCapacity(file.sectionCount)
        for index in 0..<file.sectionCount { headers.append(try file.header(of: index)) }
        guard headers[0].type == .null, headers[0].size == 0 else {
            throw .wrongSectionType(section: 0, expected: "empty")
        }
        try checkPlaces(headers, fileSize: file.byteCount)
        guard headers[file.nameSection].type == .strings else {
            throw .wrongSectionType(section: file.nameSection, expected: "a string table")
        }
        let names = ByteView(
            bytes: try file.contents(of: file.nameSection, size: Int(headers[file.nameSection].size)))

        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        var usedNames: Set<String> = []
        for (index, header) in headers.enumerated() {
            var section = Section(index: index, name: "", header: header)
            if index > 0 {
                let bytes = try Name.bytes(in: names, at: header.nameOffset, of: "the table of section names")
                section.name = try Name.checked(bytes, "section \(index)", mayBeEmpty: true)
            }
            if section.role.hasUse {
                guard header.flags & SectionFlag.compressed == 0 else {
                    throw .compressedSection(section: section.name)
                }
                section.contents = ByteView(bytes: try file.contents(of: index, size: Int(header.size)))
            }
            if section.role != .other, header.size > 0, !usedNames.insert(section.name).inserted {
                throw .duplicateSection(name: section.name)
            }
            sections.append(section)
        }
        return sections
    }

    /// Sections lie in the file and nowhere on top of one another or of the headers. This also bounds what copying
    /// them all can take.
    private static func checkPlaces(_ headers: [ElfFile.Header], fileSize: Int) throws(ObjectError) {
        var stored: [(section: Int, start: UInt64, end: UInt64)] = []
        for (index, header) in headers.enumerated() where header.type != .nobits && header.type != .null {
            let (end, overflows) = header.offset.addingReportingOverflow(header.size)
            guard !overflows, end <= fileSize else {
                throw .sectionOutOfFile(section: index, offset: header.offset, size: header.size, fileSize: fileSize)
            }
            guard header.size > 0 else { continue }
            guard header.offset >= ElfNumber.headerBytes else {
                throw .sectionOverlapsHeaders(section: index, offset: header.offset)
            }
            stored.append((index, header.offset, end))
        }
        stored.sort { $0.start < $1.start }
        for (first, second) in zip(stored, stored.dropFirst()) where second.start < first.end {
            throw .sectionsOverlap(section: first.section, other: second.section, offset: second.start)
        }
    }
}
