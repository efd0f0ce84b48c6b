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
    /// Programs of the object that are not in ``programs``, and why.
    package var omitted: [OmittedProgram]
    /// True where the object has a well-formed `.BTF` / `.BTF.ext` section.
    package var hasBTF: Bool
    package var hasLineInfo: Bool
    /// What keys and values of maps are made of, where debug information says so.
    package var valueTypes: ValueTypes

    package init(
        licence: String = "", sections: [SectionSummary] = [], maps: [MapDefinition] = [], programs: [Program] = [],
        omitted: [OmittedProgram] = [], hasBTF: Bool = false, hasLineInfo: Bool = false,
        valueTypes: ValueTypes = .none
    ) {
        self.licence = licence
        self.sections = sections
        self.maps = maps
        self.programs = programs
        self.omitted = omitted
        self.hasBTF = hasBTF
        self.hasLineInfo = hasLineInfo
        self.valueTypes = valueTypes
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

/// An entry point that cannot be linked, because it needs something that only a kernel has.
package struct OmittedProgram: Equatable, Sendable {
    package var name: String
    package var section: String
    /// One line for a person.
    package var reason: String

    package init(name: String, section: String, reason: String) {
        self.name = name
        self.section = section
        self.reason = reason
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
    /// Names of the kernel's types whose layout the code asks for (CO-RE): the first few, by first use. Where there is
    /// any, the code has the layout of the kernel that its author had, and is not to run as it is.
    package var needsRelocation: [String]

    package init(
        name: String, section: String, code: [Slot], functions: [FunctionRange] = [], lines: [LineInfo] = [],
        needsRelocation: [String] = []
    ) {
        self.name = name
        self.section = section
        self.code = code
        self.functions = functions
        self.lines = lines
        self.needsRelocation = needsRelocation
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
