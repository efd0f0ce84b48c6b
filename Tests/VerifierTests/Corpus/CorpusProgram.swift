import ProgramPackage

/// A program of the corpus and what the verifier must say of it. `Programs/README.md` says how they are written.
struct CorpusProgram: Sendable, CustomStringConvertible {
    enum Outcome: String, CaseIterable, Sendable {
        case accepted, needsFuel, rejected

        var verdict: Verdict {
            switch self {
            case .accepted: .accepted
            case .needsFuel: .needsFuel
            case .rejected: .rejected
            }
        }
    }

    /// One error that must be reported, at one of the places that a marker names.
    struct Error: Sendable {
        var places: [Place]
    }

    struct Place: Sendable {
        /// The line in the corpus file.
        var line: Int
        /// Any of these will do.
        var kinds: [Finding.Kind]
        /// Nil where any hint, or none, will do.
        var hint: Finding.Hint?
    }

    var name: String
    var file: String
    /// The line its name stands on, from 1.
    var line: Int
    var outcome: Outcome
    /// Why the program is unsafe, or may look as if it were.
    var reason: String
    var errors: [Error]
    /// What may be reported besides.
    var consequences: [Place]
    var options: VerifierOptions
    /// What the reader of objects, or the assembler, makes of the program.
    var source: Source

    enum Source: Sendable {
        /// A package with this one program.
        case assembled(ObjectPackage)
        /// The C function of this name in the file.
        case function(String)
    }

    var description: String { "\(file):\(line): \(name)" }
}

extension CorpusProgram {
    /// What is wrong with what the verifier said, a line each; empty where nothing is.
    func mismatches(with verification: ProgramVerification, of program: Program) -> [String] {
        var found: [String] = []
        if verification.verdict != outcome.verdict {
            found.append("\(outcome.rawValue) expected, \(verification.verdict)")
        }
        var rest = verification.findings
        switch outcome {
        case .accepted: break
        case .needsFuel: rest.removeAll { $0.kind == .unboundedLoop }
        case .rejected:
            for error in errors {
                let count = rest.count
                rest.removeAll { error.describes($0, line: program.line(of: $0.instruction)) }
                if rest.count == count {
                    found.append("missing: " + error.places.map(\.text).joined(separator: " or "))
                }
            }
            let follows = CorpusProgram.Error(places: consequences)
            rest.removeAll { follows.describes($0, line: program.line(of: $0.instruction)) }
        }
        for finding in rest {
            let line = program.line(of: finding.instruction).map(String.init) ?? "?"
            let place = "line \(line), insn \(finding.instruction)"
            found.append("unexpected: \(place): \(finding.kind) (\(finding.hint)): \(finding.requirement)")
        }
        return found
    }
}

extension CorpusProgram.Error {
    func describes(_ finding: Finding, line: Int?) -> Bool {
        places.contains { place in
            place.line == line && place.kinds.contains(finding.kind) && (place.hint ?? finding.hint) == finding.hint
        }
    }
}

extension CorpusProgram.Place {
    var text: String {
        let kinds = kinds.map { "\($0)" }.joined(separator: "|")
        return "line \(line): \(kinds)" + (hint.map { " (\($0))" } ?? "")
    }
}

extension Program {
    /// The source line of an instruction.
    func line(of instruction: Int) -> Int? {
        lines.last { $0.instruction <= instruction }.map { Int($0.line) }
    }
}

/// What is wrong with the text of the corpus.
struct CorpusError: Error, CustomStringConvertible {
    var file: String
    var line: Int
    var reason: String

    var description: String { "\(file):\(line): \(reason)" }
}
