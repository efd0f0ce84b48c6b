import ProgramPackage

/// The checks of the 64-byte ELF header that come before libelf sees the file: what is not a little-endian 64-bit
/// relocatable BPF object with a plain section table goes no further. Compilers of before 2016 had no number for the
/// machine and wrote none; the decoder will tell whether it is that machine's code.
enum ElfHeader {
    /// - Parameter ofAnyMachine: whether it may be any file with sections, of any machine.
    static func check(_ bytes: [UInt8], ofAnyMachine: Bool = false) throws(ObjectError) {
        let limit = ofAnyMachine ? AdmissionRequest.typesBytes : ObjectLimits.objectBytes
        guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count, limit: limit) }
        let view = ByteView(bytes: Array(bytes.prefix(ElfNumber.headerBytes)))
        if let magic = view.uint32(at: 0), magic != 0x46_4C_45_7F { throw .notELF(magic: magic) }
        guard view.count == ElfNumber.headerBytes else {
            throw .tooShort(bytes: bytes.count, needed: ElfNumber.headerBytes)
        }
        try expect(.fileClass, 4, view.uint8(at: 4), UInt64(ElfNumber.class64))
        try expect(.byteOrder, 5, view.uint8(at: 5), UInt64(ElfNumber.littleEndian))
        try expect(.identVersion, 6, view.uint8(at: 6), UInt64(ElfNumber.currentVersion))
        if !ofAnyMachine {
            try expect(.type, 16, view.uint16(at: 16), UInt64(ElfNumber.typeRelocatable))
            let machine = view.uint16(at: 18) ?? 0
            if machine != ElfNumber.machineNone { try expect(.machine, 18, machine, UInt64(ElfNumber.machineBPF)) }
        }
        try expect(.version, 20, view.uint32(at: 20), UInt64(ElfNumber.currentVersion))
        try expect(.headerSize, 52, view.uint16(at: 52), UInt64(ElfNumber.headerBytes))
        try expect(.sectionHeaderSize, 58, view.uint16(at: 58), UInt64(ElfNumber.sectionHeaderBytes))

        // A count of 0 would mean "look into section 0", which is how files say that they have 65,280 sections or more.
        let count = UInt64(view.uint16(at: 60) ?? 0)
        guard count > 0 else { throw .header(field: .sectionCount, offset: 60, value: 0, expected: 1) }
        guard count <= ObjectLimits.sections else {
            throw .limitExceeded(what: "e_shnum", value: count, limit: UInt64(ObjectLimits.sections))
        }
        let tableOffset = view.uint64(at: 40) ?? 0
        let tableSize = count * UInt64(ElfNumber.sectionHeaderBytes)
        guard tableOffset >= UInt64(ElfNumber.headerBytes), tableSize <= bytes.count,
            tableOffset <= UInt64(bytes.count) - tableSize
        else {
            throw .sectionOutOfFile(section: 0, offset: tableOffset, size: tableSize, fileSize: bytes.count)
        }
        let names = UInt64(view.uint16(at: 62) ?? 0)
        guard names < count else {
            throw .sectionIndexOutOfRange(field: "e_shstrndx", holder: 0, value: names, count: Int(count))
        }
    }

    private static func expect(
        _ field: ObjectError.HeaderField, _ offset: Int, _ value: (some FixedWidthInteger)?, _ expected: UInt64
    ) throws(ObjectError) {
        let value = UInt64(value ?? 0)
        guard value == expected else {
            throw .header(field: field, offset: offset, value: value, expected: expected)
        }
    }
}
