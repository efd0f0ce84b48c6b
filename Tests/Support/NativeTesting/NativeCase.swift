import Bytecode
import Channel
import Enclosure
import ProgramPackage

/// A program, or a set of programs, and the payload that it gets.
package struct NativeCase: Sendable {
    package var code: [Instruction]
    /// Where each program of the set begins.
    package var entries: [Int]
    package var payload: [UInt8]
    /// What is proven of each instruction; empty where that is nothing.
    package var facts: [InstructionFacts]

    package init(code: [Instruction], entries: [Int] = [0], payload: [UInt8], facts: [InstructionFacts] = []) {
        self.code = code
        self.entries = entries
        self.payload = payload
        self.facts = facts
    }
}

/// What came of one event, in everything that a host can see.
package struct NativeOutcome: Equatable, Sendable {
    package var ending: Enclosure.Verdict.Ending
    package var instructionsExecuted: UInt64
    package var payload: [UInt8]
}

/// What cases have in common.
package struct NativeSettings: Sendable {
    package var fuel: UInt64 = 100_000
    package var mode = ExecutionMode.metered
    package var profile = HelperProfile.conformance
    package var blindingSeed: UInt64?
    /// Of the programs, one after the other, in the storage of the workbench.
    package var maps: [MapPlan] = []
    package var randomSeed: UInt64 = 1

    package init() {}

    package struct MapPlan: Sendable {
        package var type: UInt32
        package var key: UInt32 = 4
        package var value: UInt32
        package var entries: UInt32
        package var flags: UInt32 = 0
        /// Of an array of programs or a map of maps: what it holds under 0, 1, 2 and so on, 0 for nothing.
        package var numbers: [UInt32] = []

        /// An array of programs.
        package init(programs: [UInt32]) {
            self.init(type: 3, value: 4, entries: UInt32(programs.count))
            numbers = programs
        }

        /// An array of maps, or a hash of maps.
        package init(maps: [UInt32], hashed: Bool = false, flags: UInt32 = 0) {
            self.init(type: hashed ? 13 : 12, value: 4, entries: UInt32(maps.count), flags: flags)
            numbers = maps
        }

        package init(type: UInt32, key: UInt32 = 4, value: UInt32, entries: UInt32, flags: UInt32 = 0) {
            self.type = type
            self.key = key
            self.value = value
            self.entries = entries
            self.flags = flags
        }
    }
}
