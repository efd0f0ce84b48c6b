import CElf

/// An ELF file in memory, read through libelf. The only file of admission that handles pointers.
///
/// libelf works on a private copy and only reads it. Whatever it returns is copied out and checked before anything
/// relies on it.
@safe struct ElfFile: ~Copyable {
    private let elf: OpaquePointer
    private let image: UnsafeMutableRawBufferPointer
    let byteCount: Int
    let sectionCount: Int
    /// Index of the section that holds the names of sections.
    let nameSection: Int

    /// One section header, as the file has it.
    struct Header: Equatable, Sendable {
        var nameOffset: UInt64
        var type: SectionType
        var flags: UInt64
        var offset: UInt64
        var size: UInt64
        var link: UInt64
        var info: UInt64
        var entrySize: UInt64
    }

    /// One symbol, as the file has it.
    struct RawSymbol: Equatable, Sendable {
        var nameOffset: UInt64
        var info: UInt8
        var section: UInt16
        var value: UInt64
        var size: UInt64
    }

    /// One relocation, as the file has it.
    struct RawRelocation: Equatable, Sendable {
        var offset: UInt64
        var symbol: UInt32
        var type: UInt32
    }

    /// The caller has checked the ELF header.
    init(copying bytes: [UInt8]) throws(ObjectError) {
        // libelf wants the version agreed on before anything else.
        guard elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE) else {
            throw Self.failure("elf_version")
        }
        // SAFETY: `image` has room for every byte, is filled before it is read, and lives until `deinit`, or is freed
        // on each way out below.
        let image = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        unsafe image.copyBytes(from: bytes)
        guard let elf = unsafe elf_memory(image.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) else {
            unsafe image.deallocate()
            throw Self.failure("elf_memory")
        }
        var sectionCount = 0
        var nameSection = 0
        // SAFETY: `elf` is live; the out parameters outlive the calls.
        let isObject = unsafe elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64
        let counted = unsafe isObject && elf_getshdrnum(elf, &sectionCount) == 0
        let named = unsafe counted && elf_getshdrstrndx(elf, &nameSection) == 0
        guard named else {
            let error = Self.failure(!isObject ? "elf_kind" : !counted ? "elf_getshdrnum" : "elf_getshdrstrndx")
            unsafe elf_end(elf)
            unsafe image.deallocate()
            throw error
        }
        unsafe self.elf = elf
        unsafe self.image = image
        self.byteCount = bytes.count
        self.sectionCount = sectionCount
        self.nameSection = nameSection
    }

    deinit {
        // SAFETY: both were made in `init` and are used by nobody after this.
        unsafe elf_end(elf)
        unsafe image.deallocate()
    }

    func header(of index: Int) throws(ObjectError) -> Header {
        // SAFETY: the descriptor belongs to `elf`, which is live; `raw` outlives the call.
        guard let section = unsafe elf_getscn(elf, index) else { throw Self.failure("elf_getscn", index) }
        var raw = GElf_Shdr()
        guard unsafe gelf_getshdr(section, &raw) != nil else { throw Self.failure("gelf_getshdr", index) }
        return Header(
            nameOffset: UInt64(raw.sh_name), type: SectionType(rawValue: raw.sh_type), flags: raw.sh_flags,
            offset: raw.sh_offset, size: raw.sh_size, link: UInt64(raw.sh_link), info: UInt64(raw.sh_info),
            entrySize: raw.sh_entsize)
    }

    /// A copy of a section's bytes. `size` is what its checked header says.
    func contents(of index: Int, size: Int) throws(ObjectError) -> [UInt8] {
        if size == 0 { return [] }
        // SAFETY: the descriptors belong to `elf`, which is live.
        guard let section = unsafe elf_getscn(elf, index) else { throw Self.failure("elf_getscn", index) }
        guard let data = unsafe elf_rawdata(section, nil) else { throw Self.failure("elf_rawdata", index) }
        guard let buffer = unsafe data.pointee.d_buf, unsafe data.pointee.d_size == size else {
            throw .libelf(
                operation: "elf_rawdata", section: index, message: "no data, or not of the size in the header")
        }
        // SAFETY: libelf says that `buffer` has d_size bytes, which is `size`.
        return unsafe Array(UnsafeRawBufferPointer(start: buffer, count: size))
    }

    /// The first `count` entries of a symbol table.
    func symbols(of index: Int, count: Int) throws(ObjectError) -> [RawSymbol] {
        let data = try unsafe table(of: index)
        var symbols: [RawSymbol] = []
        symbols.reserveCapacity(count)
        var raw = GElf_Sym()
        for entry in 0..<count {
            // SAFETY: `data` belongs to `elf`; gelf_getsym refuses an entry that is not in it.
            guard unsafe gelf_getsym(data, Int32(entry), &raw) != nil else { throw Self.failure("gelf_getsym", index) }
            symbols.append(
                RawSymbol(
                    nameOffset: UInt64(raw.st_name), info: raw.st_info, section: raw.st_shndx, value: raw.st_value,
                    size: raw.st_size))
        }
        return symbols
    }

    /// The first `count` entries of a table of relocations.
    func relocations(of index: Int, count: Int) throws(ObjectError) -> [RawRelocation] {
        let data = try unsafe table(of: index)
        var relocations: [RawRelocation] = []
        relocations.reserveCapacity(count)
        var raw = GElf_Rel()
        for entry in 0..<count {
            // SAFETY: `data` belongs to `elf`; gelf_getrel refuses an entry that is not in it.
            guard unsafe gelf_getrel(data, Int32(entry), &raw) != nil else { throw Self.failure("gelf_getrel", index) }
            relocations.append(
                RawRelocation(
                    offset: raw.r_offset, symbol: UInt32(truncatingIfNeeded: raw.r_info >> 32),
                    type: UInt32(truncatingIfNeeded: raw.r_info)))
        }
        return relocations
    }

    /// The first `count` entries of a table of relocations with addends, which must all be 0; nil where one is not.
    func relocationsWithoutAddend(of index: Int, count: Int) throws(ObjectError) -> [RawRelocation]? {
        let data = try unsafe table(of: index)
        var relocations: [RawRelocation] = []
        relocations.reserveCapacity(count)
        var raw = GElf_Rela()
        for entry in 0..<count {
            // SAFETY: `data` belongs to `elf`; gelf_getrela refuses an entry that is not in it.
            guard unsafe gelf_getrela(data, Int32(entry), &raw) != nil else {
                throw Self.failure("gelf_getrela", index)
            }
            guard raw.r_addend == 0 else { return nil }
            relocations.append(
                RawRelocation(
                    offset: raw.r_offset, symbol: UInt32(truncatingIfNeeded: raw.r_info >> 32),
                    type: UInt32(truncatingIfNeeded: raw.r_info)))
        }
        return relocations
    }

    @unsafe private func table(of index: Int) throws(ObjectError) -> UnsafeMutablePointer<Elf_Data> {
        // SAFETY: the descriptors belong to `elf`, which is live.
        guard let section = unsafe elf_getscn(elf, index) else { throw Self.failure("elf_getscn", index) }
        guard let data = unsafe elf_getdata(section, nil) else { throw Self.failure("elf_getdata", index) }
        return unsafe data
    }

    private static func failure(_ operation: String, _ section: Int? = nil) -> ObjectError {
        // SAFETY: elf_errmsg returns a static string that ends in a zero byte, or nil where there is no error.
        let message = unsafe elf_errmsg(-1).map { unsafe String(cString: $0) }
        return .libelf(operation: operation, section: section, message: message ?? "no reason given")
    }
}
