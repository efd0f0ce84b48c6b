import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// A way to spoil an object, and what must be said about it.
struct Spoiled: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var edit: @Sendable (inout ObjectEditor) -> Void
    var refusal: @Sendable (ObjectEditor) -> ObjectError

    init(
        _ description: String, _ edit: @escaping @Sendable (inout ObjectEditor) -> Void,
        _ refusal: @escaping @Sendable (ObjectEditor) -> ObjectError
    ) {
        testDescription = description
        self.edit = edit
        self.refusal = refusal
    }
}

@Suite("Spoiled objects are refused by name")
struct RefusalTests {
    static let header: [Spoiled] = [
        Spoiled("no magic", { $0.bytes[1] = 0x45 + 1 }) { _ in .notELF(magic: 0x46_4C_46_7F) },
        Spoiled("an archive", { $0.bytes.replaceSubrange(0..<8, with: Array("!<arch>\n".utf8)) }) { _ in
            .notELF(magic: 0x72_61_3C_21)
        },
        Spoiled("32-bit", { $0.bytes[4] = 1 }) { _ in .header(field: .fileClass, offset: 4, value: 1, expected: 2) },
        Spoiled("big-endian", { $0.bytes[5] = 2 }) { _ in .header(field: .byteOrder, offset: 5, value: 2, expected: 1)
        },
        Spoiled("identification version", { $0.bytes[6] = 0 }) { _ in
            .header(field: .identVersion, offset: 6, value: 0, expected: 1)
        },
        Spoiled("an executable", { $0.put(2, at: 16, width: 2) }) { _ in
            .header(field: .type, offset: 16, value: 2, expected: 1)
        },
        Spoiled("x86-64", { $0.put(62, at: 18, width: 2) }) { _ in
            .header(field: .machine, offset: 18, value: 62, expected: 247)
        },
        Spoiled("version", { $0.put(7, at: 20, width: 4) }) { _ in
            .header(field: .version, offset: 20, value: 7, expected: 1)
        },
        Spoiled("header size", { $0.put(52, at: 52, width: 2) }) { _ in
            .header(field: .headerSize, offset: 52, value: 52, expected: 64)
        },
        Spoiled("section header size", { $0.put(40, at: 58, width: 2) }) { _ in
            .header(field: .sectionHeaderSize, offset: 58, value: 40, expected: 64)
        },
        Spoiled("no sections", { $0.put(0, at: 60, width: 2) }) { _ in
            .header(field: .sectionCount, offset: 60, value: 0, expected: 1)
        },
        Spoiled("too many sections", { $0.put(4097, at: 60, width: 2) }) { _ in
            .limitExceeded(what: "e_shnum", value: 4097, limit: 4096)
        },
        Spoiled("section table past the end", { $0.put(UInt64($0.bytes.count), at: 40, width: 8) }) {
            .sectionOutOfFile(
                section: 0, offset: UInt64($0.bytes.count), size: UInt64($0.sectionCount * 64), fileSize: $0.bytes.count
            )
        },
        Spoiled("section table at the end of memory", { $0.put(.max, at: 40, width: 8) }) {
            .sectionOutOfFile(section: 0, offset: .max, size: UInt64($0.sectionCount * 64), fileSize: $0.bytes.count)
        },
        Spoiled("names in no section", { $0.put(200, at: 62, width: 2) }) {
            .sectionIndexOutOfRange(field: "e_shstrndx", holder: 0, value: 200, count: $0.sectionCount)
        },
        Spoiled("names in code", { $0.put(UInt64($0.index(of: "xdp")), at: 62, width: 2) }) {
            .wrongSectionType(section: Int($0.number(at: 62, width: 2)), expected: "a string table")
        },
    ]

    static let sections: [Spoiled] = [
        Spoiled("past the end", { $0.set("xdp", .offset, UInt64($0.bytes.count)) }) {
            .sectionOutOfFile(
                section: $0.index(of: "xdp"), offset: UInt64($0.bytes.count), size: $0.section("xdp", .size),
                fileSize: $0.bytes.count)
        },
        Spoiled("end overflows", { $0.set("xdp", .size, .max) }) {
            .sectionOutOfFile(
                section: $0.index(of: "xdp"), offset: $0.section("xdp", .offset), size: .max, fileSize: $0.bytes.count)
        },
        Spoiled("over the header", { $0.set("xdp", .offset, 0) }) {
            .sectionOverlapsHeaders(section: $0.index(of: "xdp"), offset: 0)
        },
        Spoiled("over another", { $0.set(".rodata", .offset, $0.section(".data", .offset)) }) {
            .sectionsOverlap(
                section: $0.index(of: ".data"), other: $0.index(of: ".rodata"), offset: $0.section(".data", .offset))
        },
        Spoiled("name past the table", { $0.set("license", .name, 1 << 20) }) {
            .stringOutOfRange(
                table: "the table of section names", offset: 1 << 20,
                size: Int($0.section(Int($0.number(at: 62, width: 2)), .size)))
        },
        Spoiled("escape in a name", { $0.bytes[$0.start(".strtab") + Int($0.section("license", .name))] = 0x1B }) {
            .nameForbiddenCharacter(what: "section \($0.index(of: "\u{1B}icense"))", scalar: 0x1B)
        },
        Spoiled("name not UTF-8", { $0.bytes[$0.start(".strtab") + Int($0.section("license", .name))] = 0xFF }) {
            .nameNotUTF8(what: "section \($0.index(of: "\u{FFFD}icense"))")
        },
        Spoiled("section 0 in use", { $0.put(1, at: $0.headerOffset(0) + 4, width: 4) }) { _ in
            .wrongSectionType(section: 0, expected: "empty")
        },
        Spoiled("compressed", { $0.set(".data", .flags, 3 | 1 << 11) }) { _ in .compressedSection(section: ".data") },
        Spoiled("two of a name", { $0.set("cgroup/connect4", .name, $0.section("xdp", .name)) }) { _ in
            .duplicateSection(name: "xdp")
        },
        Spoiled("half a slot", { $0.set("xdp", .size, $0.section("xdp", .size) - 4) }) {
            .symbolNotInSection(
                symbol: "first", section: "xdp", value: 0, size: $0.symbol("first", .size),
                sectionSize: $0.section("xdp", .size))
        },
        Spoiled("no symbol table", { $0.set(".symtab", .type, 1) }) { _ in .noSymbolTable },
        Spoiled("symbols without an entry size", { $0.set(".symtab", .entrySize, 0) }) {
            .sectionEntrySize(section: $0.index(of: ".symtab"), size: 0, expected: 24)
        },
        Spoiled("half a symbol", { $0.set(".symtab", .size, $0.section(".symtab", .size) - 1) }) {
            .sectionSizeNotMultiple(section: ".symtab", size: $0.section(".symtab", .size), unit: 24)
        },
        Spoiled("symbol names in no section", { $0.set(".symtab", .link, 77) }) {
            .sectionIndexOutOfRange(
                field: "sh_link", holder: $0.index(of: ".symtab"), value: 77, count: $0.sectionCount)
        },
        Spoiled("symbol names in code", { $0.set(".symtab", .link, UInt64($0.index(of: "xdp"))) }) {
            .wrongSectionType(section: $0.index(of: "xdp"), expected: "a string table")
        },
        Spoiled("two symbol tables", { $0.set(".llvm_addrsig", .type, 2) }) {
            .severalSymbolTables(first: $0.index(of: ".llvm_addrsig"), second: $0.index(of: ".symtab"))
        },
        Spoiled("extended indices", { $0.set(".llvm_addrsig", .type, 18) }) {
            .wrongSectionType(
                section: $0.index(of: ".llvm_addrsig"),
                expected: "absent: there are too few sections for extended indices")
        },
        Spoiled("a huge .bss", { $0.set(".bss", .size, 1 << 40) }) { _ in
            .limitExceeded(what: "bytes of section .bss", value: 1 << 40, limit: 16 << 20)
        },
    ]

    static let symbols: [Spoiled] = [
        Spoiled("in no section", { $0.setSymbol("first", .section, 300) }) {
            .sectionIndexOutOfRange(
                field: "st_shndx of symbol", holder: $0.symbolIndex("first"), value: 300, count: $0.sectionCount)
        },
        Spoiled("name past the table", { $0.put(0xFFFF_FFFF, at: $0.start(".symtab") + 24, width: 4) }) {
            .stringOutOfRange(
                table: "the table of symbol names", offset: 0xFFFF_FFFF, size: Int($0.section(".strtab", .size)))
        },
        Spoiled("begins inside an instruction", { $0.setSymbol("first", .value, 4) }) {
            .symbolMisaligned(symbol: "first", value: 4, size: $0.symbol("first", .size))
        },
        Spoiled("begins past the section", { $0.setSymbol("first", .value, 1 << 63) }) {
            .symbolNotInSection(
                symbol: "first", section: "xdp", value: 1 << 63, size: $0.symbol("first", .size),
                sectionSize: $0.section("xdp", .size))
        },
        Spoiled(
            "end overflows",
            {
                $0.setSymbol("first", .size, 0xFFFF_FFFF_FFFF_FFF8); $0.setSymbol("first", .value, 8)
            }
        ) {
            .symbolNotInSection(
                symbol: "first", section: "xdp", value: 8, size: 0xFFFF_FFFF_FFFF_FFF8,
                sectionSize: $0.section("xdp", .size))
        },
        Spoiled("two functions overlap", { $0.setSymbol("global_sub", .size, $0.symbol("global_sub", .size) + 8) }) {
            .functionsOverlap(
                section: ".text", first: "global_sub", second: "local_sub", offset: $0.symbol("local_sub", .value))
        },
        Spoiled("ends too early", { $0.setSymbol("second", .size, $0.symbol("second", .size) - 8) }) {
            .functionFallsThrough(
                function: "second", section: "cgroup/connect4", offset: Int($0.symbol("second", .size)) - 8)
        },
        Spoiled("a map beyond its section", { $0.setSymbol("table", .value, 1 << 20) }) {
            .symbolNotInSection(
                symbol: "table", section: ".maps", value: 1 << 20, size: $0.symbol("table", .size),
                sectionSize: $0.section(".maps", .size))
        },
        Spoiled("two maps at one place", { $0.setSymbol("table", .value, 0) }) { _ in
            .duplicateName(what: "maps at offset 0 of section .maps", name: "counts', 'table")
        },
        Spoiled("a map without a symbol", { $0.setSymbol("table", .info, 0x12) }) { _ in .mapWithoutSymbol(map: "table")
        },
        Spoiled("common", { $0.setSymbol("settable", .section, 0xFFF2) }) { _ in
            .unplacedSymbol(symbol: "settable", section: ".text", offset: 16)
        },
        Spoiled("in a section of no use", { $0.setSymbol("settable", .section, UInt64($0.index(of: "license"))) }) {
            _ in
            .unknownTarget(symbol: "settable", targetSection: "license", section: ".text", offset: 16)
        },
        Spoiled("outside of its data", { $0.setSymbol("settable", .value, 4) }) { _ in
            .targetOffset(symbol: "settable", section: ".text", offset: 16, target: 4, limit: 4)
        },
        Spoiled("negative", { $0.setSymbol("settable", .value, .max) }) { _ in
            .targetOffset(symbol: "settable", section: ".text", offset: 16, target: .max, limit: 4)
        },
        Spoiled("in the middle of a map", { $0.put(4, at: $0.start("xdp") + $0.firstRelocated("xdp") + 4, width: 4) }) {
            .unknownTarget(symbol: "counts", targetSection: ".maps", section: "xdp", offset: $0.firstRelocated("xdp"))
        },
        Spoiled(
            "in the high half of an addend",
            { $0.put(1, at: $0.start("xdp") + $0.firstRelocated("xdp") + 12, width: 4) }
        ) {
            .targetOffset(
                symbol: "counts", section: "xdp", offset: $0.firstRelocated("xdp"), target: 1 << 32,
                limit: Int64($0.section(".maps", .size)))
        },
        Spoiled("a call of no function", { $0.put(1, at: $0.start("xdp") + $0.secondRelocated("xdp") + 4, width: 4) }) {
            .callTargetNotAFunction(
                section: "xdp", offset: $0.secondRelocated("xdp"), targetSection: ".text",
                targetOffset: Int64($0.symbol("global_sub", .value)) + 16)
        },
        Spoiled(
            "a call before the section",
            { $0.put(0x8000_0000, at: $0.start("xdp") + $0.secondRelocated("xdp") + 4, width: 4) }
        ) {
            .callTargetNotAFunction(
                section: "xdp", offset: $0.secondRelocated("xdp"), targetSection: ".text",
                targetOffset: Int64($0.symbol("global_sub", .value)) + (Int64(Int32.min) + 1) * 8)
        },
    ]

    static let relocations: [Spoiled] = [
        Spoiled("against no symbol", { $0.put(5000, at: $0.start(".relxdp") + 12, width: 4) }) {
            .symbolIndexOutOfRange(
                section: "xdp", offset: $0.number(at: $0.start(".relxdp"), width: 8), symbol: 5000,
                count: Int($0.section(".symtab", .size) / 24))
        },
        Spoiled("past the section", { $0.put(1 << 40, at: $0.start(".relxdp"), width: 8) }) {
            .relocationOutOfRange(section: "xdp", offset: 1 << 40, sectionSize: $0.section("xdp", .size))
        },
        Spoiled(
            "inside an instruction",
            { $0.put($0.number(at: $0.start(".relxdp"), width: 8) + 4, at: $0.start(".relxdp"), width: 8) }
        ) {
            .relocationMisaligned(section: "xdp", offset: $0.number(at: $0.start(".relxdp"), width: 8))
        },
        Spoiled(
            "in the second half",
            { $0.put($0.number(at: $0.start(".relxdp"), width: 8) + 8, at: $0.start(".relxdp"), width: 8) }
        ) {
            .relocationMisaligned(section: "xdp", offset: $0.number(at: $0.start(".relxdp"), width: 8))
        },
        Spoiled(
            "missing",
            {
                $0.bytes[$0.start("xdp") + $0.firstRelocated("xdp") + 1] |= 0x10; $0.set(".relxdp", .type, 1)
            }
        ) {
            .unrelocatedReference(section: "xdp", offset: $0.firstRelocated("xdp"), subtype: 1)
        },
        Spoiled(
            "twice", { $0.put($0.number(at: $0.start(".relxdp") + 16, width: 8), at: $0.start(".relxdp"), width: 8) }
        ) {
            .relocationTwice(section: "xdp", offset: $0.number(at: $0.start(".relxdp"), width: 8))
        },
        Spoiled("unknown type", { $0.put(99, at: $0.start(".relxdp") + 8, width: 4) }) {
            .relocationUnknown(section: "xdp", offset: $0.number(at: $0.start(".relxdp"), width: 8), type: 99)
        },
        Spoiled("a call's on an immediate", { $0.put(10, at: $0.start(".relxdp") + 8, width: 4) }) {
            .relocationMismatch(
                section: "xdp", offset: Int($0.number(at: $0.start(".relxdp"), width: 8)), type: 10, opcode: 0x18)
        },
        Spoiled("on a plain instruction", { $0.put(0, at: $0.start(".relxdp"), width: 8) }) { _ in
            .relocationMismatch(section: "xdp", offset: 0, type: 1, opcode: 0xBF)
        },
        Spoiled("of no section", { $0.set(".relxdp", .info, 500) }) {
            .sectionIndexOutOfRange(
                field: "sh_info of section", holder: $0.index(of: ".relxdp"), value: 500, count: $0.sectionCount)
        },
        Spoiled("of a section that has some", { $0.set(".rel.text", .info, UInt64($0.index(of: "xdp"))) }) { _ in
            .severalRelocationSections(section: "xdp")
        },
        Spoiled("against the wrong table", { $0.set(".relxdp", .link, UInt64($0.index(of: "xdp"))) }) {
            .wrongSectionType(section: $0.index(of: "xdp"), expected: "a symbol table")
        },
        Spoiled("with addends", { $0.set(".relxdp", .type, 4) }) { _ in .relocationsWithAddend(section: "xdp") },
        Spoiled("without an entry size", { $0.set(".relxdp", .entrySize, 0) }) {
            .sectionEntrySize(section: $0.index(of: ".relxdp"), size: 0, expected: 16)
        },
        Spoiled(
            "of data",
            {
                $0.set(".relxdp", .info, UInt64($0.index(of: ".maps"))); $0.put(0, at: $0.start(".relxdp"), width: 8);
                $0.put(8, at: $0.start(".relxdp") + 16, width: 8)
            }
        ) { _ in
            .mapInitializers(section: ".maps", offset: 0, symbol: "counts")
        },
    ]

    static let types: [Spoiled] = [
        Spoiled("magic", { $0.bytes[$0.start(".BTF")] = 0 }) { _ in
            .btf(section: ".BTF", offset: 0, .wrongMagic(0xEB00))
        },
        Spoiled("version", { $0.bytes[$0.start(".BTF") + 2] = 2 }) { _ in
            .btf(section: ".BTF", offset: 2, .wrongVersion(2))
        },
        Spoiled("header", { $0.put(20, at: $0.start(".BTF") + 4, width: 4) }) { _ in
            .btf(section: ".BTF", offset: 4, .headerSize(20))
        },
        Spoiled(
            "types past the end",
            {
                $0.put(.max, at: $0.start(".BTF") + 12, width: 4);
                $0.put(0xFFFF_FFFC, at: $0.start(".BTF") + 12, width: 4)
            }
        ) {
            .btf(
                section: ".BTF", offset: 8,
                .outOfSection(what: "the types", start: 24, length: 0xFFFF_FFFC, size: Int($0.section(".BTF", .size))))
        },
        Spoiled("types off the grid", { $0.put(2, at: $0.start(".BTF") + 8, width: 4) }) { _ in
            .btf(section: ".BTF", offset: 8, .misaligned(what: "the types", value: 2))
        },
        Spoiled(
            "strings without an end",
            { $0.put($0.number(at: $0.start(".BTF") + 20, width: 4) - 1, at: $0.start(".BTF") + 20, width: 4) }
        ) {
            .btf(section: ".BTF", offset: 24 + Int($0.number(at: $0.start(".BTF") + 16, width: 4)), .strings)
        },
        Spoiled("unknown kind", { $0.bytes[$0.start(".BTF") + 24 + 7] = 31 }) { _ in
            .btf(section: ".BTF", offset: 24, .unknownKind(31))
        },
        Spoiled("name out of range", { $0.put(.max, at: $0.start(".BTF") + 24, width: 4) }) {
            .btf(
                section: ".BTF", offset: 24,
                .nameOutOfRange(.max, size: Int($0.number(at: $0.start(".BTF") + 20, width: 4))))
        },
        Spoiled("lines: magic", { $0.bytes[$0.start(".BTF.ext") + 1] = 0 }) { _ in
            .btf(section: ".BTF.ext", offset: 0, .wrongMagic(0x9F))
        },
        Spoiled("lines: record size", { $0.put(12, at: $0.lineTable, width: 4) }) {
            .btf(section: ".BTF.ext", offset: $0.lineTable - $0.start(".BTF.ext"), .recordSize(what: "lines", 12))
        },
        Spoiled("lines: too many", { $0.put(.max, at: $0.lineTable + 8, width: 4) }) {
            .btf(
                section: ".BTF.ext", offset: $0.lineTable - $0.start(".BTF.ext") + 8,
                .truncated(
                    what: "lines", needed: 0xFFFF_FFFF * 16,
                    available: Int($0.number(at: $0.start(".BTF.ext") + 20, width: 4)) - 12))
        },
        Spoiled("lines: inside an instruction", { $0.put(4, at: $0.lineTable + 12, width: 4) }) {
            .btf(
                section: ".BTF.ext", offset: $0.lineTable - $0.start(".BTF.ext") + 12,
                .instructionOffset(section: ".text", offset: 4, size: Int($0.section(".text", .size))))
        },
        Spoiled(
            "lines: out of order",
            { $0.put($0.number(at: $0.lineTable + 28, width: 4), at: $0.lineTable + 12, width: 4) }
        ) {
            .btf(
                section: ".BTF.ext", offset: $0.lineTable - $0.start(".BTF.ext") + 28,
                .instructionOrder(section: ".text", offset: UInt32($0.number(at: $0.lineTable + 28, width: 4))))
        },
        Spoiled("no types at all", { $0.set(".BTF", .type, 8) }) { _ in .btfNeeded(section: ".BTF.ext") },
        Spoiled(
            "no types, no lines",
            {
                $0.set(".BTF", .type, 8); $0.set(".BTF.ext", .type, 8)
            }
        ) { _ in .btfNeeded(section: ".maps") },
    ]

    @Test("spoiled", arguments: header + sections + symbols + relocations + types)
    func spoiled(_ spoiled: Spoiled) throws {
        // Types and lines without DWARF: every section left matters.
        let object = try BPFCompiler.stripped(BPFCompiler.object(CSource.everything), flags: ["-g"])
        var editor = ObjectEditor(object)
        spoiled.edit(&editor)
        let refusal = spoiled.refusal(editor)
        #expect(throws: refusal) { try ObjectReader.read(editor.bytes) }
        #expect(!"\(refusal)".isEmpty && !"\(refusal)".contains("ObjectError"))
    }
}

extension ObjectEditor {
    /// The offsets of the first two relocated instructions of a section.
    func firstRelocated(_ section: String) -> Int { Int(number(at: start(".rel\(section)"), width: 8)) }
    func secondRelocated(_ section: String) -> Int { Int(number(at: start(".rel\(section)") + 16, width: 8)) }

    /// Where the table of lines begins in the file.
    var lineTable: Int {
        let start = start(".BTF.ext")
        return start + Int(number(at: start + 4, width: 4)) + Int(number(at: start + 16, width: 4))
    }
}
