package import ProgramPackage

/// Why bytes are not an object that can run here. Every case carries where it broke; ``description`` says it in one
/// line, with what to do where something can be done.
package enum ObjectError: Error, Equatable, Sendable {
    // The file as a whole.
    case tooLarge(bytes: Int, limit: Int)
    case tooShort(bytes: Int, needed: Int)
    case notELF(magic: UInt32)
    /// A field of the ELF header has a value other than the only one that fits. `offset` is the field's.
    case header(field: HeaderField, offset: Int, value: UInt64, expected: UInt64)
    /// A call of libelf failed; the message is `elf_errmsg`'s.
    case libelf(operation: String, section: Int?, message: String)
    case limitExceeded(what: String, value: UInt64, limit: UInt64)

    // Section headers.
    case sectionOutOfFile(section: Int, offset: UInt64, size: UInt64, fileSize: Int)
    case sectionsOverlap(section: Int, other: Int, offset: UInt64)
    case sectionOverlapsHeaders(section: Int, offset: UInt64)
    case sectionEntrySize(section: Int, size: UInt64, expected: UInt64)
    case sectionSizeNotMultiple(section: String, size: UInt64, unit: UInt64)
    /// `sh_link`, `sh_info` or `st_shndx` names a section that there is not.
    case sectionIndexOutOfRange(field: String, holder: Int, value: UInt64, count: Int)
    case wrongSectionType(section: Int, expected: String)
    case compressedSection(section: String)
    case duplicateSection(name: String)
    case severalSymbolTables(first: Int, second: Int)
    case noSymbolTable

    // Names.
    case stringOutOfRange(table: String, offset: UInt64, size: Int)
    case stringUnterminated(table: String, offset: UInt64)
    case nameTooLong(what: String, bytes: Int, limit: Int)
    case nameEmpty(what: String)
    case nameNotUTF8(what: String)
    case nameForbiddenCharacter(what: String, scalar: UInt32)
    case duplicateName(what: String, name: String)

    // Functions.
    case noPrograms
    case symbolNotInSection(symbol: String, section: String, value: UInt64, size: UInt64, sectionSize: UInt64)
    case symbolMisaligned(symbol: String, value: UInt64, size: UInt64)
    case functionsOverlap(section: String, first: String, second: String, offset: UInt64)
    case functionFallsThrough(function: String, section: String, offset: Int)
    case jumpLeavesFunction(function: String, section: String, offset: Int, target: Int)
    case wideImmediateCut(section: String, offset: Int)
    case callTargetNotAFunction(section: String, offset: Int, targetSection: String, targetOffset: Int64)
    case recursion(program: String, functions: [String])
    case tooManyFunctions(program: String, limit: Int)
    case tooManySlots(program: String, slots: Int, limit: Int)
    /// A packet load of classic BPF in a program of a type that has none.
    case packetLoad(section: String, offset: Int, type: String)

    // Relocations.
    case relocationOutOfRange(section: String, offset: UInt64, sectionSize: UInt64)
    case relocationMisaligned(section: String, offset: UInt64)
    case relocationTwice(section: String, offset: UInt64)
    case relocationUnknown(section: String, offset: UInt64, type: UInt32)
    /// The instruction is not one that this kind of relocation belongs to.
    case relocationMismatch(section: String, offset: Int, type: UInt32, opcode: UInt8)
    case relocationsWithAddend(section: String)
    case severalRelocationSections(section: String)
    case symbolIndexOutOfRange(section: String, offset: UInt64, symbol: UInt32, count: Int)
    case undefinedSymbol(symbol: String, section: String, offset: Int)
    case unplacedSymbol(symbol: String, section: String, offset: Int)
    /// What only a kernel has, and the object cannot do without.
    case kernelSymbol(symbol: String, isFunction: Bool, section: String, offset: Int)
    /// A setting of a kernel that nobody has declared, and the object cannot do without.
    case unsetSetting(name: String, section: String, offset: Int)
    case setting(name: String, SettingProblem)
    case settingsLine(line: Int, SettingsProblem)
    case unknownTarget(symbol: String, targetSection: String, section: String, offset: Int)
    case targetOffset(symbol: String, section: String, offset: Int, target: Int64, limit: Int64)
    /// A 64-bit immediate that is marked as a reference, without the relocation that says to what.
    case unrelocatedReference(section: String, offset: Int, subtype: UInt8)
    case dataRelocation(section: String, offset: UInt64, symbol: String)
    case mapInitializers(section: String, offset: UInt64, symbol: String)

    // BTF.
    case btf(section: String, offset: Int, BTFProblem)
    case btfNeeded(section: String)

    /// What is wrong with a file of types that programs are to fit.
    indirect case typesFile(ObjectError)
    case noTypes

    // Maps.
    case mapWithoutSymbol(map: String)
    case mapMember(map: String, member: String, MapMemberProblem)
    case mapKeySizes(map: String, member: String, declared: UInt64, ofType: UInt64)
    case mapDefinitionSize(section: String, symbol: String, size: UInt64, minimum: UInt64)
    case mapDefinitionTail(section: String, offset: UInt64)
    /// A definition names another by a number that is none's.
    case mapInnerUnknown(map: String, number: UInt32)
    /// A map is said to hold two things in one place.
    case mapSlotTwice(map: String, slot: UInt32)
    /// A map is said to hold something where it has no place for it.
    case mapSlot(map: String, slot: UInt32, keySize: UInt32, entries: UInt32)
    case mapUnlikeInner(map: String, slot: UInt32, inner: String)
    /// Of an object for eBPF for Windows: a type of maps that it does not have, or not as part of itself; maps as structures of numbers.
    case windowsMapType(map: String, type: UInt32)
    case windowsMapNumbers(section: String)
    /// A lock or timer in a value is where none can be.
    case mapField(map: String, field: String, offset: UInt32, valueSize: UInt32)

    /// What was read does not fit into a package.
    case package(PackageError)

    /// Whether it keeps one program from running, and says nothing of the others of the object.
    var concernsOneProgram: Bool {
        switch self {
        case .undefinedSymbol, .kernelSymbol, .unsetSetting, .packetLoad: true
        case _: false
        }
    }

    package enum HeaderField: String, Sendable {
        case fileClass = "EI_CLASS"
        case byteOrder = "EI_DATA"
        case identVersion = "EI_VERSION"
        case type = "e_type"
        case machine = "e_machine"
        case version = "e_version"
        case headerSize = "e_ehsize"
        case sectionHeaderSize = "e_shentsize"
        case sectionHeaderOffset = "e_shoff"
        case sectionCount = "e_shnum"
        case sectionNames = "e_shstrndx"
    }
}

/// What is wrong in `.BTF` or `.BTF.ext`.
package enum BTFProblem: Error, Equatable, Sendable {
    case truncated(what: String, needed: Int, available: Int)
    case wrongMagic(UInt16)
    case wrongVersion(UInt8)
    case headerSize(UInt32)
    case outOfSection(what: String, start: UInt64, length: UInt64, size: Int)
    case misaligned(what: String, value: UInt64)
    case strings
    case tooManyTypes(limit: Int)
    case unknownKind(UInt8)
    case nameOutOfRange(UInt32, size: Int)
    case typeOutOfRange(UInt32, count: Int)
    case wrongKind(type: UInt32, expected: String)
    case tooDeep(type: UInt32, limit: Int)
    case sizeOverflow(type: UInt32)
    case recordSize(what: String, UInt32)
    case instructionOffset(section: String, offset: UInt32, size: Int)
    case instructionOrder(section: String, offset: UInt32)
    case sectionTwice(section: String)
    case instructionTwice(offset: UInt32)
    /// A CO-RE relocation that asks what no libbpf knows.
    case coreQuestion(UInt32)
    /// The access of a CO-RE relocation is none of its type.
    case coreAccess
    /// The instruction of a CO-RE relocation has no place for its answer.
    case corePlace(opcode: UInt8, answer: UInt64)
    /// Several types of the name a CO-RE relocation asks for give different answers.
    case coreAmbiguous(type: String)
}

/// What is wrong with a member of a BTF map definition.
package enum MapMemberProblem: Equatable, Sendable {
    case unknown
    case twice
    case notANumber
    case notAType
    case doesNotFit(UInt64)
    case missing
    /// Is not for maps of this type, or not inside of another definition.
    case notHere
}
