import ProgramPackage

/// A file of types that programs are to be made to fit: BTF by itself, as `/sys/kernel/btf/vmlinux` is, or an ELF file of whatever machine
/// that has a section of it.
enum TypesFile {
    static func read(_ bytes: [UInt8]) throws(ObjectError) -> BTF {
        do throws(ObjectError) {
            if bytes.starts(with: [0x9F, 0xEB]) { return try BTF(parsing: ByteView(bytes: bytes)) }
            return try BTF(parsing: ByteView(bytes: section(of: bytes)))
        } catch { throw .typesFile(error) }
    }

    private static func section(of bytes: [UInt8]) throws(ObjectError) -> [UInt8] {
        try ElfHeader.check(bytes, ofAnyMachine: true)
        let file = try ElfFile(copying: bytes)
        guard file.sectionCount <= ObjectLimits.sections, file.nameSection > 0, file.nameSection < file.sectionCount
        else {
            throw .limitExceeded(
                what: "sections", value: UInt64(file.sectionCount), limit: UInt64(ObjectLimits.sections))
        }
        func contents(_ index: Int, _ header: ElfFile.Header) throws(ObjectError) -> [UInt8] {
            let (end, overflows) = header.offset.addingReportingOverflow(header.size)
            guard !overflows, end <= bytes.count else {
                throw .sectionOutOfFile(
                    section: index, offset: header.offset, size: header.size, fileSize: bytes.count)
            }
            return try file.contents(of: index, size: Int(header.size))
        }
        let header = try file.header(of: file.nameSection)
        guard header.type == .strings else {
            throw .wrongSectionType(section: file.nameSection, expected: "a string table")
        }
        let names = ByteView(bytes: try contents(file.nameSection, header))
        for index in 1..<file.sectionCount {
            let header = try file.header(of: index)
            let name = try Name.bytes(in: names, at: header.nameOffset, of: "the table of section names")
            guard name.elementsEqual(BTF.sectionName.utf8), header.type == .progbits else { continue }
            guard header.flags & SectionFlag.compressed == 0 else { throw .compressedSection(section: BTF.sectionName) }
            return try contents(index, header)
        }
        throw .noTypes
    }
}
