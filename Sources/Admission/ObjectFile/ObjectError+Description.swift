extension ObjectError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let bytes, let limit):
            "the object has \(bytes) bytes; the limit is \(limit)"
        case .tooShort(let bytes, let needed):
            "the file ends at offset \(bytes), inside the ELF header of \(needed) bytes"
        case .notELF(let magic):
            "offset 0: not an ELF file (it begins with 0x\(hex(UInt64(magic))))"
        case .header(let field, let offset, let value, let expected):
            "offset \(offset): \(field.rawValue) is \(value), not \(expected)\(remedy(for: field, value))"
        case .libelf(let operation, let section, let message):
            "\(operation)\(section.map { " of section \($0)" } ?? ""): \(message)"
        case .limitExceeded(let what, let value, let limit):
            "\(what): \(value); the limit is \(limit)"
        case .sectionOutOfFile(let section, let offset, let size, let fileSize):
            "section \(section) claims \(size) bytes at offset \(offset) of a file of \(fileSize)"
        case .sectionsOverlap(let section, let other, let offset):
            "sections \(section) and \(other) both claim the byte at offset \(offset)"
        case .sectionOverlapsHeaders(let section, let offset):
            "section \(section) at offset \(offset) overlaps the file's headers"
        case .sectionEntrySize(let section, let size, let expected):
            "section \(section): sh_entsize is \(size), not \(expected)"
        case .sectionSizeNotMultiple(let section, let size, let unit):
            "section \(section): \(size) bytes are no multiple of \(unit)"
        case .sectionIndexOutOfRange(let field, let holder, let value, let count):
            "\(field) of \(holder) is \(value); there are \(count) sections"
        case .wrongSectionType(let section, let expected):
            "section \(section) should be \(expected)"
        case .compressedSection(let section):
            "section \(section) is compressed; write it plain (objcopy --decompress-debug-sections)"
        case .duplicateSection(let name):
            "two sections are named '\(name)'"
        case .severalSymbolTables(let first, let second):
            "sections \(first) and \(second) are both symbol tables"
        case .noSymbolTable:
            "the object has no symbol table; strip debug information only (strip -g), not symbols"
        case .stringOutOfRange(let table, let offset, let size):
            "\(table): a string at \(offset) of \(size) bytes"
        case .stringUnterminated(let table, let offset):
            "\(table): the string at \(offset) does not end"
        case .nameTooLong(let what, let bytes, let limit):
            "the name of \(what) has \(bytes) bytes or more; the limit is \(limit)"
        case .nameEmpty(let what):
            "\(what) has no name"
        case .nameNotUTF8(let what):
            "the name of \(what) is not UTF-8"
        case .nameForbiddenCharacter(let what, let scalar):
            "the name of \(what) holds the control character U+\(hex(UInt64(scalar)).uppercased())"
        case .duplicateName(let what, let name):
            "two \(what) are named '\(name)'"
        case .noPrograms:
            "no function in an executable section: nothing to run (was the object stripped of its symbols?)"
        case .symbolNotInSection(let symbol, let section, let value, let size, let sectionSize):
            "symbol '\(symbol)' claims \(size) bytes at \(value) of section \(section), which has \(sectionSize)"
        case .symbolMisaligned(let symbol, let value, let size):
            "function '\(symbol)' begins at \(value) and has \(size) bytes: no whole instructions"
        case .functionsOverlap(let section, let first, let second, let offset):
            "section \(section): functions '\(first)' and '\(second)' both claim offset \(offset)"
        case .functionFallsThrough(let function, let section, let offset):
            "section \(section), offset \(offset): the last instruction of '\(function)' is neither exit nor a jump"
        case .jumpLeavesFunction(let function, let section, let offset, let target):
            "section \(section), offset \(offset): a jump out of function '\(function)' to offset \(target)"
        case .wideImmediateCut(let section, let offset):
            "section \(section), offset \(offset): the second half of the 64-bit immediate is missing"
        case .callTargetNotAFunction(let section, let offset, let targetSection, let targetOffset):
            "section \(section), offset \(offset): calls offset \(targetOffset) of section \(targetSection), where no function begins"
        case .recursion(let program, let functions):
            "program '\(program)': recursion is not allowed (\(functions.joined(separator: " → ")))"
        case .tooManyFunctions(let program, let limit):
            "program '\(program)' has more than \(limit) functions"
        case .tooManySlots(let program, let slots, let limit):
            "program '\(program)' has \(slots) slots or more; the limit is \(limit)"
        case .packetLoad(let section, let offset, let type):
            "section \(section), offset \(offset): a packet load of classic BPF, which programs of type \(type) do not have; "
                + "read the packet through data and data_end, or by a helper"
        case .relocationOutOfRange(let section, let offset, let sectionSize):
            "section \(section): a relocation at \(offset) of \(sectionSize) bytes"
        case .relocationMisaligned(let section, let offset):
            "section \(section): a relocation at \(offset), inside an instruction"
        case .relocationTwice(let section, let offset):
            "section \(section): two relocations at \(offset)"
        case .relocationUnknown(let section, let offset, let type):
            "section \(section), offset \(offset): relocation of type \(type) in code"
        case .relocationMismatch(let section, let offset, let type, let opcode):
            "section \(section), offset \(offset): relocation of type \(type) on an instruction with opcode 0x\(hex(UInt64(opcode)))"
        case .relocationsWithAddend(let section):
            "section \(section): relocations with explicit addends (SHT_RELA) do not belong in BPF objects"
        case .severalRelocationSections(let section):
            "section \(section) has more than one table of relocations"
        case .symbolIndexOutOfRange(let section, let offset, let symbol, let count):
            "section \(section), offset \(offset): a relocation against symbol \(symbol) of \(count)"
        case .undefinedSymbol(let symbol, let section, let offset):
            "section \(section), offset \(offset): '\(symbol)' is not defined in the object. There is no kernel to take it from "
                + "and nothing to link with: define it, declare it weak, or use a map or a helper"
        case .kernelSymbol(let symbol, let isFunction, let section, let offset):
            "section \(section), offset \(offset): '\(symbol)' is a kernel's \(isFunction ? "function (kfunc)" : "variable (ksym)"), "
                + "and there is no kernel here; declare it __weak and look whether it is there (bpf_ksym_exists)"
        case .unsetSetting(let name, let section, let offset):
            "section \(section), offset \(offset): '\(name)' is a setting of a kernel (.kconfig) that has no value here; "
                + "declare one by --kconfig, or the extern __weak, which makes it 0"
        case .setting(let name, let problem): "extern '\(name)' \(problem)"
        case .settingsLine(let line, let problem): "the kernel's configuration: line \(line) \(problem)"
        case .unplacedSymbol(let symbol, let section, let offset):
            "section \(section), offset \(offset): '\(symbol)' has no section (a common or absolute symbol); make it static or give it a value"
        case .unknownTarget(let symbol, let targetSection, let section, let offset):
            "section \(section), offset \(offset): refers to '\(symbol)' in section \(targetSection), "
                + "which is neither code, nor maps, nor .data, .rodata or .bss"
        case .targetOffset(let symbol, let section, let offset, let target, let limit):
            "section \(section), offset \(offset): refers to '\(symbol)' at \(target); valid is 0 to below \(limit)"
        case .unrelocatedReference(let section, let offset, let subtype):
            "section \(section), offset \(offset): a 64-bit immediate of sub-type \(subtype) without a relocation"
        case .dataRelocation(let section, let offset, let symbol):
            "section \(section), offset \(offset): data holds the address of '\(symbol)'; fill it in at run time"
        case .mapInitializers(let section, let offset, let symbol):
            "section \(section), offset \(offset): a map is initialised with '\(symbol)' where it cannot hold it; fill it in at run time"
        case .btf(let section, let offset, let problem):
            "section \(section), offset \(offset): \(problem)"
        case .typesFile(let error): "the file of types: \(error)"
        case .noTypes: "has no section .BTF; for a kernel's give /sys/kernel/btf/vmlinux, or what it was built as"
        case .btfNeeded(let section):
            "section \(section) needs type information to be understood; compile with -g"
        case .mapWithoutSymbol(let map):
            "map '\(map)' has type information and no symbol in .maps"
        case .mapMember(let map, let member, let problem):
            "map '\(map)': member '\(member)' \(problem)"
        case .mapKeySizes(let map, let member, let declared, let ofType):
            "map '\(map)': \(member)_size is \(declared) and the type of \(member) has \(ofType) bytes"
        case .mapDefinitionSize(let section, let symbol, let size, let minimum):
            "section \(section): the definition of map '\(symbol)' has \(size) bytes; it needs \(minimum)"
        case .mapDefinitionTail(let section, let offset):
            "section \(section), offset \(offset): a map definition has fields beyond map_flags that are not zero, "
                + "and are not as bpf_load.c or iproute2 has them"
        case .mapInnerUnknown(let map, let number):
            "map '\(map)': its inner map is number \(number), and there is no such map that another may hold"
        case .mapSlotTwice(let map, let slot):
            "map '\(map)': two things are to be in slot \(slot)"
        case .mapSlot(let map, let slot, let keySize, let entries):
            "map '\(map)': something is to be in slot \(slot) of \(entries), with keys of \(keySize) bytes"
        case .mapUnlikeInner(let map, let slot, let inner):
            "map '\(map)': '\(inner)' is to be in slot \(slot), and is not like the maps that it holds"
        case .windowsMapType(let map, let type):
            "map '\(map)' has type \(type), which eBPF for Windows has not, or leaves to its drivers"
        case .windowsMapNumbers(let section):
            "section \(section) describes maps by numbers, which eBPF for Windows lays out otherwise; describe them by BTF (.maps)"
        case .mapField(let map, let field, let offset, let valueSize):
            "map '\(map)': struct \(field) at \(offset) of a value of \(valueSize) bytes"
        case .package(let error):
            "\(error)"
        }
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }

    private func remedy(for field: HeaderField, _ value: UInt64) -> String {
        switch field {
        case .fileClass: "; BPF objects are 64-bit"
        case .byteOrder: "; compile with --target=bpf (little-endian)"
        case .machine: "; compile with --target=bpf"
        case .type: "; give the object that the compiler wrote, not a linked file"
        case .identVersion, .version, .headerSize, .sectionHeaderSize, .sectionHeaderOffset, .sectionCount,
            .sectionNames:
            ""
        }
    }
}

extension BTFProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let what, let needed, let available): "\(what) needs \(needed) bytes and \(available) are left"
        case .wrongMagic(let magic): "magic is 0x\(String(magic, radix: 16)), not 0xeb9f"
        case .wrongVersion(let version): "version is \(version), not 1"
        case .headerSize(let size): "a header of \(size) bytes"
        case .outOfSection(let what, let start, let length, let size):
            "\(what) claims \(length) bytes at \(start) of \(size)"
        case .misaligned(let what, let value): "\(what) is \(value), no multiple of 4"
        case .strings: "the strings do not begin and end with a zero byte"
        case .tooManyTypes(let limit): "more than \(limit) types"
        case .unknownKind(let kind): "a type of unknown kind \(kind)"
        case .nameOutOfRange(let offset, let size): "a name at \(offset) of \(size) bytes of strings"
        case .typeOutOfRange(let type, let count): "refers to type \(type); there are \(count)"
        case .wrongKind(let type, let expected): "type \(type) should be \(expected)"
        case .tooDeep(let type, let limit): "type \(type) is nested deeper than \(limit), or in itself"
        case .sizeOverflow(let type): "type \(type) has no size that fits 32 bits"
        case .recordSize(let what, let size): "records of \(what) have \(size) bytes"
        case .instructionOffset(let section, let offset, let size):
            "a record for offset \(offset) of section \(section), which has \(size) bytes of whole instructions"
        case .instructionOrder(let section, let offset):
            "the record for offset \(offset) of section \(section) is out of order"
        case .sectionTwice(let section): "section \(section) has two tables of the same kind"
        case .instructionTwice(let offset): "two CO-RE relocations for the instruction at \(offset)"
        case .coreQuestion(let kind): "a CO-RE relocation of kind \(kind); there are 0 to 12"
        case .coreAccess: "the access of a CO-RE relocation does not lead through its type"
        case .corePlace(let opcode, let answer):
            "a CO-RE relocation of an instruction that has no place for \(answer): opcode \(opcode)"
        case .coreAmbiguous(let type):
            "several types '\(type)' answer a CO-RE relocation, and not the same"
        }
    }
}

extension MapMemberProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown: "is not one that map definitions have"
        case .twice: "occurs twice"
        case .notANumber: "should be written with __uint()"
        case .notAType: "should be written with __type()"
        case .doesNotFit(let value): "is \(value), which does not fit 32 bits"
        case .missing: "is missing"
        case .notHere: "does not belong in such a map"
        }
    }
}
