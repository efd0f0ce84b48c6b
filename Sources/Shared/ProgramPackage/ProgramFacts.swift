package import Bytecode

/// What can be said of a program by looking at its code once, without reasoning about what it computes.
package struct ProgramFacts: Equatable, Sendable {
    /// Slots of the code, each eight bytes.
    package var slotCount = 0
    /// Instructions: a 64-bit immediate is one of two slots.
    package var instructionCount = 0
    /// Ids of the helpers that are called, ascending.
    package var helperIDs: [UInt32] = []
    /// Indices into ``ObjectPackage/maps`` in the order of first reference.
    package var mapIndices: [Int] = []
    package var hasLocalCalls = false
    package var hasAtomics = false
    /// A jump to itself or to an earlier instruction: the program may loop.
    package var hasBackEdges = false
    /// The address of a function is taken (callbacks).
    package var takesCodeAddress = false
}

/// Why code is not a program whose facts can be told.
package enum ProgramFactsError: Error, Equatable, Sendable {
    case undecodable(DecodeError)
    case reference(ReferenceError)
}

extension ProgramFactsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .undecodable(let error): "\(error)"
        case .reference(let error): "\(error)"
        }
    }
}

extension Program {
    /// BPF_STX with mode BPF_ATOMIC, whatever the size (RFC 9669 section 5.3).
    private static let atomicClassAndMode: UInt8 = 0xC3
    private static let classAndModeMask: UInt8 = 0xE7

    package func facts(in package: ObjectPackage) throws(ProgramFactsError) -> ProgramFacts {
        let instructions: [Instruction]
        do {
            instructions = try Decoder().program(code, limit: PackageLimits.slotsPerProgram)
        } catch {
            throw .undecodable(error)
        }
        var facts = ProgramFacts()
        facts.slotCount = code.count
        var helpers: Set<UInt32> = []
        for (index, instruction) in instructions.enumerated() {
            if instruction.operation != .wideImmediateTail { facts.instructionCount += 1 }
            let encoding = instruction.operation.encoding
            var jumps = encoding.offset == .jump
            switch encoding.immediate {
            case .helper where AbsentCall(rawValue: Int32(truncatingIfNeeded: instruction.immediate)) == nil:
                helpers.insert(UInt32(truncatingIfNeeded: instruction.immediate))
            // It stands for what is not here, and is no helper that policy could be asked about.
            case .helper: break
            case .localCall: facts.hasLocalCalls = true
            case .jump: jumps = true
            case .wideCode: facts.takesCodeAddress = true
            case .unused, .value, .kernelFunction, .selector, .wide, .wideLow: break
            }
            if jumps, Int(instruction.offset) <= index { facts.hasBackEdges = true }
            if encoding.opcode & Self.classAndModeMask == Self.atomicClassAndMode { facts.hasAtomics = true }
        }
        facts.helperIDs = helpers.sorted()
        do {
            for (_, reference) in try references(to: package.maps) {
                switch reference {
                case .map(let index), .mapValue(let index, _):
                    if !facts.mapIndices.contains(index) { facts.mapIndices.append(index) }
                case .code: break
                }
            }
        } catch {
            throw .reference(error)
        }
        return facts
    }
}
