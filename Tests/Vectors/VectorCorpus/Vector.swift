package import Bytecode

/// A program, the memory it is given, and what must come of it.
package struct Vector: Sendable, CustomStringConvertible {
    package var name: String
    package var file: String
    /// The line its name stands on, from 1.
    package var line: Int
    /// The bytes at r1, and r2 of them; both registers are zero if there are none.
    package var memory: [UInt8]
    /// How many instructions may run.
    package var fuel: UInt64
    package var assembly: String
    package var slots: [Slot]
    package var expectation: Expectation
    /// The memory after the run, if the vector says.
    package var memoryAfter: [UInt8]?

    package init(
        name: String, file: String, line: Int, memory: [UInt8], fuel: UInt64, assembly: String, slots: [Slot],
        expectation: Expectation, memoryAfter: [UInt8]?
    ) {
        self.name = name
        self.file = file
        self.line = line
        self.memory = memory
        self.fuel = fuel
        self.assembly = assembly
        self.slots = slots
        self.expectation = expectation
        self.memoryAfter = memoryAfter
    }

    package static var defaultFuel: UInt64 { 100_000 }

    package var description: String { "\(file):\(line): \(name)" }

    package enum Expectation: Equatable, Sendable {
        /// r0 at exit.
        case result(UInt64)
        case fault(Fault)
    }

    package struct Fault: Equatable, Sendable {
        package var kind: FaultKind
        /// The slot of the instruction that faulted.
        package var index: Int
        package var address: Address?
        package var size: Int?

        package init(kind: FaultKind, index: Int, address: Address? = nil, size: Int? = nil) {
            self.kind = kind
            self.index = index
            self.address = address
            self.size = size
        }
    }

    /// The names are those that the cell reports.
    package enum FaultKind: String, CaseIterable, Sendable {
        case outOfBoundsRead
        case outOfBoundsWrite
        case misalignedAtomic
        case callDepthExceeded
        case fuelExhausted
        /// The address is the helper's id.
        case unknownHelper
    }

    /// An address, said without knowing where a cell's memory lies.
    package enum Address: Equatable, Sendable {
        case absolute(UInt64)
        /// From r1 at entry.
        case memory(Int64)
        /// From r10 at entry.
        case frame(Int64)

        /// The address in a cell where the memory and the top of the first frame lie at these addresses.
        package func resolved(memory: UInt64, frame: UInt64) -> UInt64 {
            switch self {
            case .absolute(let address): address
            case .memory(let offset): memory &+ UInt64(bitPattern: offset)
            case .frame(let offset): frame &+ UInt64(bitPattern: offset)
            }
        }
    }
}

/// What is wrong with the text of the corpus.
package struct VectorError: Error, Equatable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var reason: String

    package var description: String { "\(file):\(line): \(reason)" }
}
