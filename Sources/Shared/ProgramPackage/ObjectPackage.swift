package import Bytecode

/// What admission makes of one ELF object: every program linked by itself, every map defined, every fact that a
/// person or a policy may ask for. It crosses from the admission jail to the broker as bytes in a sealed memfd, and
/// those bytes are hostile: whoever parsed the object may be the attacker's by then. ``ObjectPackage/init(parsing:)``
/// believes nothing.
package struct ObjectPackage: Equatable, Sendable {
    /// The string in the `license` section, or empty.
    package var licence: String
    /// Every section of the object, in file order.
    package var sections: [SectionSummary]
    package var maps: [MapDefinition]
    package var programs: [Program]
    /// True where the object has a well-formed `.BTF` / `.BTF.ext` section.
    package var hasBTF: Bool
    package var hasLineInfo: Bool

    package init(
        licence: String = "", sections: [SectionSummary] = [], maps: [MapDefinition] = [], programs: [Program] = [],
        hasBTF: Bool = false, hasLineInfo: Bool = false
    ) {
        self.licence = licence
        self.sections = sections
        self.maps = maps
        self.programs = programs
        self.hasBTF = hasBTF
        self.hasLineInfo = hasLineInfo
    }
}

/// A section as `ringfence inspect` lists it.
package struct SectionSummary: Equatable, Sendable {
    package var name: String
    /// Bytes in the file.
    package var size: UInt64
    package var isExecutable: Bool

    package init(name: String, size: UInt64, isExecutable: Bool) {
        self.name = name
        self.size = size
        self.isExecutable = isExecutable
    }
}

/// One entry point with everything it calls.
package struct Program: Equatable, Sendable {
    /// The symbol of the entry function.
    package var name: String
    /// The ELF section it came from, which is the author's claim of type and attach point ("xdp", "cgroup/connect4",
    /// …).
    package var section: String
    /// The linked code: the entry function first, then every bpf-to-bpf callee, local calls resolved. A reference to
    /// a map is a 64-bit immediate with sub-type 1 (map) or 2 (address in the map's only value) whose first immediate
    /// is the index into ``ObjectPackage/maps``, and whose second is the offset (sub-type 2). The address of a
    /// function is one with sub-type 4, relative to the next slot like a call. No other sub-type occurs.
    package var code: [Slot]
    /// The functions in ``code``, ascending by ``FunctionRange/start``; the first starts at 0.
    package var functions: [FunctionRange]
    /// Ascending by ``LineInfo/instruction``.
    package var lines: [LineInfo]

    package init(
        name: String, section: String, code: [Slot], functions: [FunctionRange] = [], lines: [LineInfo] = []
    ) {
        self.name = name
        self.section = section
        self.code = code
        self.functions = functions
        self.lines = lines
    }
}

/// A function of the linked code.
package struct FunctionRange: Equatable, Sendable {
    package var name: String
    /// Index of its first slot.
    package var start: Int

    package init(name: String, start: Int) {
        self.name = name
        self.start = start
    }
}

/// Where an instruction came from (`.BTF.ext`).
package struct LineInfo: Equatable, Sendable {
    /// Index of the first slot of this line in the linked code.
    package var instruction: Int
    package var file: String
    /// 1-based; 0 where unknown.
    package var line: UInt32
    package var column: UInt32
    /// The source text of the line, as the compiler recorded it.
    package var text: String

    package init(instruction: Int, file: String, line: UInt32, column: UInt32, text: String) {
        self.instruction = instruction
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }
}

/// A map as the object defines it. Numbers are Linux's (`enum bpf_map_type`, `BPF_F_*`).
package struct MapDefinition: Equatable, Sendable {
    package var name: String
    package var type: UInt32
    package var keySize: UInt32
    package var valueSize: UInt32
    package var maximumEntries: UInt32
    package var flags: UInt32
    /// The initial bytes of value 0, for the array that holds `.data*` or `.rodata*`; empty means zeros.
    package var initialValue: [UInt8]
    /// True for `.rodata*`: the program may not write it.
    package var isReadOnly: Bool
    /// `pinning` of a BTF definition: 0, or 1 for "share by name" (LIBBPF_PIN_BY_NAME).
    package var pinning: UInt32
    /// `map_extra`: what it means depends on the type.
    package var extra: UInt64

    package init(
        name: String, type: UInt32, keySize: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32 = 0,
        initialValue: [UInt8] = [], isReadOnly: Bool = false, pinning: UInt32 = 0, extra: UInt64 = 0
    ) {
        self.name = name
        self.type = type
        self.keySize = keySize
        self.valueSize = valueSize
        self.maximumEntries = maximumEntries
        self.flags = flags
        self.initialValue = initialValue
        self.isReadOnly = isReadOnly
        self.pinning = pinning
        self.extra = extra
    }
}
