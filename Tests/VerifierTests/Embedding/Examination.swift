import Bytecode
import Confirmation
import ProgramPackage
import Prototypes
import TestSupport
import Verifier

/// What the verifier believes of each point of a program, asked about real runs.
package protocol StateOracle {
    /// Why the machine, about to do its present instruction, is in none of the states that the verifier has there; nil where it
    /// is in one.
    mutating func objection(to machine: Machine) -> String?
}

/// One program: verified, and if accepted run.
package struct Examination {
    /// What is wrong with the verifier.
    package enum Failure: Equatable, Sendable {
        /// It accepted a program that goes wrong on an input.
        case fault(Input, Fault, instruction: Int)
        /// It said that the program ends.
        case endless(Input)
        /// It did not know the state that the program was in.
        case state(Input, instruction: Int, String)
        /// The result is not in the range that it gave.
        case result(Input, UInt64)
        /// What it has proven of an instruction is not so.
        case fact(Input, instruction: Int, String)
        /// The result depends on what nobody has written.
        case noise(Input, UInt64, UInt64)

        /// What two failures have in common that have one cause, most likely.
        package var sort: String {
            switch self {
            case .fault(_, let fault, _): "fault \(fault)".prefix { $0 != "(" }.description
            case .endless: "endless"
            case .state: "state"
            case .result: "result"
            case .fact: "fact"
            case .noise: "noise"
            }
        }
    }

    package struct Counts: Sendable {
        package var programs = 0
        package var accepted = 0
        package var needsFuel = 0
        package var rejected = 0
        package var tooComplex = 0
        package var runs = 0
        package var unsupported = 0
        package var instructions: UInt64 = 0
        package var statesChecked: UInt64 = 0
        /// How often each of the verifier's facts was held against a run.
        package var facts: FactWatch.Counts = [:]
    }

    /// Verifies a program and may say what it believes at each point.
    package typealias Verify = (ObjectPackage) -> (verification: ProgramVerification, oracle: (any StateOracle)?)

    private let arena = Arena()
    private let verify: Verify
    private let inputs: Int
    package private(set) var counts = Counts()
    /// The most instructions that a run of an accepted program is given.
    private static let fuel: UInt64 = 4_000

    package init(inputs: Int = 8, verify: @escaping Verify) {
        self.inputs = inputs
        self.verify = verify
    }

    /// - Returns: nil where all is well, or the program is none.
    package mutating func examine(
        _ code: [Instruction], section: String, maps: [MapDefinition] = Fixture.maps, seed: UInt64
    ) -> Failure? {
        guard let slots = try? Instruction.encode(code), let descriptor = ProgramDescriptor.row(section: section) else {
            return nil
        }
        counts.programs += 1
        let (verification, oracle) = verify(Fixture.package(slots, section: section, maps: maps))
        switch verification.verdict {
        case .accepted: counts.accepted += 1
        case .needsFuel: counts.needsFuel += 1
        case .rejected:
            counts.rejected += 1
            return nil
        case .tooComplex:
            counts.tooComplex += 1
            return nil
        }
        guard let subject = try? Subject(instructions: code, maps: maps, descriptor: descriptor) else { return nil }
        return run(subject, verification, oracle, seed)
    }

    private mutating func run(
        _ subject: Subject, _ verification: ProgramVerification, _ oracle: (any StateOracle)?, _ seed: UInt64
    ) -> Failure? {
        var machine = Machine(subject, in: arena)
        var oracle = oracle
        var watch = FactWatch(subject.code, verification.facts)
        defer { counts.facts.merge(watch.counts, uniquingKeysWith: +) }
        for number in 0..<inputs {
            let style: Input.Style = number == 0 ? .plain : number & 1 == 0 ? .random : .edges
            let input = Input(style, seed: seed &+ UInt64(number) &* 0x9E37)
            switch once(&machine, input, 1, &oracle, &watch) {
            case .failure(let failure): return failure
            case .halted(.unsupported): counts.unsupported += 1
            case .halted(.tailCalled): break
            case .halted(.fault(.outOfFuel)):
                if verification.verdict == .accepted, verification.longestRun.map({ $0 < Self.fuel }) == true {
                    return .endless(input)
                }
            case .halted(.fault(let fault)): return .fault(input, fault, instruction: machine.index)
            case .halted(.returned(let result)):
                if let range = verification.result, !range.contains(result) { return .result(input, result) }
                guard number < 2 else { break }
                // The same input with other noise where nothing was written.
                var none: (any StateOracle)?
                if case .halted(.returned(let other)) = once(&machine, input, 2, &none, &watch), other != result {
                    return .noise(input, result, other)
                }
            }
        }
        return nil
    }

    private enum Run {
        case halted(Halt)
        case failure(Failure)
    }

    private mutating func once(
        _ machine: inout Machine, _ input: Input, _ garbage: UInt64, _ oracle: inout (any StateOracle)?,
        _ watch: inout FactWatch
    ) -> Run {
        counts.runs += 1
        if let halt = machine.begin(input, fuel: Self.fuel, garbage: garbage) { return .halted(halt) }
        defer { counts.instructions += Self.fuel - min(Self.fuel, machine.fuel) }
        watch.begin()
        // A loop that goes on has shown its states after a while.
        var left = 400
        while true {
            if oracle != nil, left > 0 {
                left -= 1
                counts.statesChecked += 1
                if let objection = oracle?.objection(to: machine) {
                    return .failure(.state(input, instruction: machine.index, objection))
                }
            }
            // Inside of a helper the machine stands at its call.
            if !machine.isBetweenRounds,
                let objection = watch.objection(at: machine.index, register: machine.register)
            {
                return .failure(.fact(input, instruction: machine.index, objection))
            }
            if case .halted(let halt) = machine.step() { return .halted(halt) }
        }
    }
}
