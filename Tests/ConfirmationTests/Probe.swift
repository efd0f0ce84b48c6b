import Bytecode
import BytecodeText
import ProgramPackage
import Prototypes
import Testing
import Verifier

@testable import Confirmation

/// A program, what a verifier might say against one of its instructions, and the way to it.
struct Probe: CustomTestStringConvertible, Sendable {
    var name: String
    var kind: Finding.Kind
    /// What each conditional jump on the way does, first to last.
    var way: [Bool]
    /// Assembly; the instruction meant has the label `bad`.
    var text: String

    init(_ name: String, _ kind: Finding.Kind, _ way: [Bool], _ text: String) {
        self.name = name
        self.kind = kind
        self.way = way
        self.text = text
    }

    var testDescription: String { name }

    /// Index of the slot with the label `bad`.
    var instruction: Int {
        var index = 0
        for line in text.split(separator: "\n") {
            if line.contains("bad:") { return index }
            let isEmpty = line.allSatisfy { $0 == " " } || line.hasSuffix(":")
            index += isEmpty ? 0 : line.hasSuffix(" ll") || line.contains("ld_pseudo") ? 2 : 1
        }
        return index
    }

    /// The trace that takes these ways, by walking the program.
    func trace(_ subject: Subject) -> Trace {
        var branches: [Trace.Branch] = []
        var index = 0
        var returns: [Int] = []
        for isTaken in way {
            while true {
                let instruction = subject.code[index]
                switch instruction.operation {
                case .jump, .jumpLong: index = Int(instruction.offset)
                case .callLocal:
                    returns.append(index + 1)
                    index = Int(instruction.offset)
                case .exit: index = returns.popLast() ?? 0
                default:
                    if case .branch = Effect(instruction.operation) {
                        branches.append(Trace.Branch(instruction: index, isTaken: isTaken))
                        index = isTaken ? Int(instruction.offset) : index + 1
                    } else {
                        index += instruction.operation.encoding.occupiesTwoSlots ? 2 : 1
                        continue
                    }
                }
                if case .branch = Effect(instruction.operation) { break }
            }
        }
        return Trace(finding: 0, branches: branches, mergedAt: 7)
    }

    func search(_ bench: Bench) throws -> Search {
        let subject = try bench.subject(text)
        return Search(
            subject, Finding(kind, at: instruction, ""), trace(subject), Confirmation.Budget(), bench.arena)
    }
}
