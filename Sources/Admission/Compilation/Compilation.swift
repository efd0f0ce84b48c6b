package import Bytecode
package import Channel
package import ProgramPackage

/// Compiles a program that was verified to machine code that runs at one address, in a cell, and nowhere else.
///
/// A pure function of what it is given: the same program, shapes, facts, options and target give the same bytes. The instructions must
/// be what ``Decoder`` made, whole and in order: control cannot leave them. The code checks no access; whoever runs it relies on
/// the verifier for that, and on the walls of the cell.
///
/// What is here knows no processor; the folders beside this file do.
package enum Compilation {
    /// What a program, or a set of programs that go on in one another, says about itself, and what the verifier found out.
    package struct Program: Sendable {
        package var code: [Instruction]
        /// Where each program of the set begins, ascending; the first, which is the one that is entered, with instruction 0.
        package var entries: [Int]
        /// In the program's own numbering.
        package var maps: [MapShape]
        package var helperProfile: HelperProfile
        /// What is proven of each instruction; empty where nothing is. A way of a branch that is never gone has no code, and so has what
        /// only such ways lead to; a division is not looked at for what it never does.
        package var facts: [InstructionFacts] = []

        package init(
            code: [Instruction], entries: [Int] = [0], maps: [MapShape] = [], helperProfile: HelperProfile = .linux,
            facts: [InstructionFacts] = []
        ) {
            self.code = code
            self.entries = entries
            self.maps = maps
            self.helperProfile = helperProfile
            self.facts = facts
        }
    }

    /// What of a map is in its program's code: nothing of where it lies, so that the code serves every cell.
    package struct MapShape: Equatable, Sendable {
        /// Linux's number.
        package var type: UInt32
        package var valueSize: UInt32
        package var maximumEntries: UInt32
        /// `BPF_F_*`.
        package var flags: UInt32

        package init(type: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32 = 0) {
            self.type = type
            self.valueSize = valueSize
            self.maximumEntries = maximumEntries
            self.flags = flags
        }
    }

    package struct Options: Sendable {
        /// Whether the program is stopped when it has executed more than its fuel: where the verifier could not prove that it ends.
        package var countsFuel: Bool
        /// Not nil: no constant of the program stands in the code as its author chose it, but combined with one that is made of this.
        /// A program can then not plant instructions in its constants.
        package var blindingSeed: UInt64?

        package init(countsFuel: Bool, blindingSeed: UInt64? = nil) {
            self.countsFuel = countsFuel
            self.blindingSeed = blindingSeed
        }
    }

    /// Where the code will lie and what of the image it calls.
    package struct Target: Equatable, Sendable {
        package var codeStart: UInt64
        package var helper: UInt64
        package var fault: UInt64

        /// - Parameters:
        ///   - helper: what code calls for a helper, as the image's header says.
        ///   - fault: what it jumps to where it cannot go on.
        package init(codeStart: UInt64 = AddressMap.code, helper: UInt64, fault: UInt64) {
            self.codeStart = codeStart
            self.helper = helper
            self.fault = fault
        }
    }

    /// Compiles for x86-64.
    package static func x86(
        _ program: Program, _ options: Options, for target: Target
    ) throws(CompilationError) -> CompiledProgram {
        let notes = try notes(on: program)
        let lowering = Lowering(program, options, target)
        return try lowering.compile(program.code.span, notes)
    }

    /// What every back end needs to know of each instruction.
    private static func notes(on program: Program) throws(CompilationError) -> Notes {
        let count = program.code.count
        guard count > 0 else { throw .emptyProgram }
        guard program.facts.isEmpty || program.facts.count == count else {
            throw .factsDiffer(facts: program.facts.count, instructions: count)
        }
        try check(program.entries, of: program.code)
        var notes = Notes(count: count)
        let code = program.code.span
        notes.findControlFlow(code, entries: program.entries, facts: program.facts.span)
        notes.findLiveRegisters(code, program.helperProfile)
        return notes
    }

    /// Each entry is the start of an instruction, and nothing runs into it from the program before.
    private static func check(_ entries: [Int], of code: [Instruction]) throws(CompilationError) {
        guard entries.first == 0 else { throw .entry(program: 0, instruction: entries.first ?? -1) }
        for (number, entry) in entries.enumerated().dropFirst() {
            guard entry > entries[number - 1], entry < code.count, code[entry].operation != .wideImmediateTail,
                code[entry - 1].operation.endsProgram
            else { throw .entry(program: number, instruction: entry) }
        }
    }
}

extension Operation {
    /// What ``Decoder`` lets a program end with.
    fileprivate var endsProgram: Bool { self == .exit || self == .jump || self == .jumpLong }
}

/// Why a program cannot be compiled.
package enum CompilationError: Error, Equatable, Sendable {
    case emptyProgram
    case factsDiffer(facts: Int, instructions: Int)
    /// Programs of a set begin where none can.
    case entry(program: Int, instruction: Int)
    case codeTooLarge(bytes: Int, limit: Int)
}
