package import ProgramPackage

/// What `ringfence verify` says of an object: a row for each program, and everything that is known of each finding. The
/// keys of its JSON are part of the interface; a key whose value is unknown is not there.
package struct VerifyReport: Encodable, Sendable {
    package struct Verifier: Encodable, Sendable {
        package var version: UInt32
        package var visits: UInt64
        package var states: UInt64
        package var memory: UInt64
        package var milliseconds: UInt64
        package var addressLeaks: Bool
        package var confirms: Bool
        /// The program type that was said by hand.
        package var type: String?
    }

    package struct ProgramRow: Encodable, Sendable {
        package var name: String
        package var section: String
        /// The program type that it was verified for.
        package var type: String?
        /// `accepted`, `needs_fuel`, `rejected`, `too_complex`; `not_verified` where ``problem`` says why.
        package var verdict: String
        package var problem: String?
        package var instructions: UInt64
        package var visits: UInt64
        package var states: UInt64
        package var peakStates: UInt64
        package var peakBytes: UInt64
        package var nanoseconds: UInt64
        package var longestRun: UInt64?
        package var result: Range?
        package var findings: [FindingRow]
        package var unlistedFindings: UInt64
    }

    /// The values that R0 can have at exit, unsigned.
    package struct Range: Encodable, Sendable {
        package var least: UInt64
        package var greatest: UInt64
    }

    package struct FindingRow: Encodable, Sendable {
        package var kind: String
        package var title: String
        package var instruction: Int
        package var disassembly: String
        package var function: String?
        package var source: SourceMap.Place?
        package var requirement: String
        package var facts: [NoteRow]
        package var path: [NoteRow]
        package var hint: String
        package var advice: String?
        package var lesson: String
        package var confirmation: ConfirmationRow
    }

    package struct NoteRow: Encodable, Sendable {
        package var instruction: Int
        package var text: String
        package var source: SourceMap.Place?
    }

    package struct ConfirmationRow: Encodable, Sendable {
        /// `not_tried`, `confirmed`, `not_confirmed`.
        package var state: String
        /// The input, and what happened.
        package var lines: [String]
        package var reason: String?
        package var lostAt: NoteRow?
    }

    package var file: String
    package var fileDigest: String
    package var verifier: Verifier
    package var programs: [ProgramRow]

    /// Whether every program is proven safe. One that needs fuel is.
    package var isAllAccepted: Bool {
        programs.allSatisfy { [Verdict.accepted.name, Verdict.needsFuel.name].contains($0.verdict) }
    }

    /// - Parameters:
    ///   - programs: indices of the programs that were asked for, each with its type; nil where that is not known.
    ///   - omitted: of what was asked for, what the object has and the package has not.
    package init(
        _ package: ObjectPackage, _ verification: Verification, file: String, fileDigest: String,
        programs: [(index: Int, type: String?)], omitted: [OmittedProgram] = []
    ) {
        self.file = file
        self.fileDigest = fileDigest
        let options = verification.options
        verifier = Verifier(
            version: verification.version, visits: options.visits, states: options.states, memory: options.memory,
            milliseconds: options.milliseconds, addressLeaks: options.allowsAddressLeaks, confirms: options.confirms,
            type: options.programType)
        self.programs =
            programs.map { index, type in
                ProgramRow(package.programs[index], type: type, verification.of(program: index))
            } + omitted.map(ProgramRow.init)
    }
}

extension VerifyReport.ProgramRow {
    fileprivate init(_ program: OmittedProgram) {
        self.init(Program(name: program.name, section: program.section, code: []), type: nil, nil)
        problem = "it cannot be linked: \(program.reason)"
    }

    fileprivate init(_ program: Program, type: String?, _ verification: ProgramVerification?) {
        let told = verification ?? ProgramVerification(program: 0, verdict: .tooComplex)
        let map = SourceMap(of: program)
        self.init(
            name: program.name, section: program.section, type: type,
            verdict: verification?.verdict.name ?? "not_verified",
            problem: verification == nil
                ? "section \(program.section) names no program type; say it with --type" : nil,
            instructions: told.instructions, visits: told.visits, states: told.states, peakStates: told.peakStates,
            peakBytes: told.peakBytes, nanoseconds: told.nanoseconds, longestRun: told.longestRun,
            result: told.result.map { VerifyReport.Range(least: $0.lowerBound, greatest: $0.upperBound) },
            findings: told.findings.sorted { ($0.instruction, $0.kind.rawValue) < ($1.instruction, $1.kind.rawValue) }
                .map { VerifyReport.FindingRow($0, map) },
            unlistedFindings: told.unlistedFindings)
    }
}

extension VerifyReport.FindingRow {
    fileprivate init(_ finding: Finding, _ map: SourceMap) {
        func row(_ note: Finding.Note) -> VerifyReport.NoteRow {
            VerifyReport.NoteRow(
                instruction: note.instruction, text: note.text, source: map.place(of: note.instruction))
        }
        let confirmation =
            switch finding.confirmation {
            case .notTried: VerifyReport.ConfirmationRow(state: "not_tried", lines: [])
            case .confirmed(let lines): VerifyReport.ConfirmationRow(state: "confirmed", lines: lines)
            case .notConfirmed(let lost, let reason):
                VerifyReport.ConfirmationRow(
                    state: "not_confirmed", lines: [], reason: reason,
                    lostAt: lost.map { row(Finding.Note($0, map.text(of: $0))) })
            }
        self.init(
            kind: finding.kind.name, title: finding.kind.title, instruction: finding.instruction,
            disassembly: map.text(of: finding.instruction), function: map.function(of: finding.instruction)?.name,
            source: map.place(of: finding.instruction), requirement: finding.requirement,
            facts: finding.facts.map(row), path: finding.path.map(row), hint: finding.hint.name,
            advice: finding.hint.advice, lesson: finding.kind.lesson, confirmation: confirmation)
    }
}
