internal import Bytecode
package import ProgramPackage
internal import Prototypes

/// Proves of a program that it ends, that it touches nothing but what it was given, and that no address leaves it; or says
/// what it could not prove and why.
package enum Verifier {
    /// - Parameter index: the program's index in `package.programs`.
    package static func verify(
        program index: Int, of package: ObjectPackage, options: VerifierOptions = VerifierOptions()
    ) -> ProgramVerification {
        analyse(program: index, of: package, options: options).verification
    }

    /// As ``verify(program:of:options:)``, with the way to each finding.
    package static func analyse(
        program index: Int, of package: ObjectPackage, options: VerifierOptions = VerifierOptions()
    ) -> (verification: ProgramVerification, traces: [Trace]) {
        let program = package.programs[index]
        func refuse(_ kind: Finding.Kind, _ text: String, at slot: Int = 0) -> (ProgramVerification, [Trace]) {
            var verification = ProgramVerification(program: index, verdict: .rejected)
            verification.findings = [Finding(kind, at: slot, text)]
            return (verification, [])
        }
        guard let descriptor = descriptor(program.section, options) else {
            return refuse(
                .unsupported, "section '\(program.section)' names no type of programs; say which it is with --type")
        }
        let code: [Instruction]
        var slots = program.code
        var loads: [Int: ClassicLoad] = [:]
        var isTail = false
        for (slot, bits) in program.code.enumerated() {
            if !isTail, let load = ClassicLoad(bits) {
                loads[slot] = load
                slots[slot] = ClassicLoad.placeholder
            }
            isTail = !isTail && bits.opcode == Program.wideImmediateOpcode
        }
        do { code = try decoder.program(slots, limit: PackageLimits.slotsPerProgram) } catch {
            return refuse(.invalidProgram, "\(error)", at: error.slot ?? 0)
        }
        let subject = Subject(
            code: code, loads: loads, maps: package.maps.map { MapFacts($0) }, descriptor: descriptor,
            licence: package.licence,
            options: options)
        var entry = State()
        entry.registers[1] = .pointer(.context)
        var outcome = examine(subject, [entry])
        outcome.verification.program = index
        return outcome
    }

    private static let decoder = Decoder()

    static func descriptor(_ section: String, _ options: VerifierOptions) -> ProgramDescriptor? {
        if let type = options.programType { return ProgramDescriptor.all.first { "\($0.name)" == type } }
        return ProgramDescriptor.row(section: section)
    }

    /// First with few states at each point; where that loses what is needed, with more: see ``Widths``.
    static func examine(_ subject: Subject, _ entries: [State]) -> (verification: ProgramVerification, traces: [Trace])
    {
        var subject = subject
        subject.entersWithFrameAddresses = entries.contains { $0.registers[0..<10].contains { $0.kind == .stack } }
        let start = ContinuousClock.now
        let deadline = start.advanced(by: .milliseconds(Int64(clamping: subject.options.milliseconds)))
        var outcome = attempt(subject, entries, Widths(), deadline)
        while let widths = outcome.next {
            let wider = attempt(subject, entries, widths, deadline)
            guard wider.verification.verdict != .tooComplex else { break }
            outcome = wider
        }
        let spent = start.duration(to: .now)
        outcome.verification.nanoseconds = UInt64(
            clamping: spent.components.seconds * 1_000_000_000 + spent.components.attoseconds / 1_000_000_000)
        return (outcome.verification, outcome.traces)
    }

    /// - Returns: beside the outcome, the widths with which another attempt might prove more; nil where none would.
    private static func attempt(
        _ subject: Subject, _ entries: [State], _ widths: Widths, _ deadline: ContinuousClock.Instant
    ) -> (verification: ProgramVerification, traces: [Trace], next: Widths?) {
        var analysis = Analysis(subject, widths, deadline: deadline)
        var exhausted: Exhausted?
        do throws(Exhausted) { try analysis.run(entries) } catch { exhausted = error }
        var verification = ProgramVerification(program: 0, verdict: .accepted)
        verification.instructions = UInt64(subject.forms.count { $0.family != .tail })
        verification.visits = analysis.visits
        verification.states = analysis.keptStates
        verification.peakStates = UInt64(analysis.peakStates)
        verification.peakBytes = analysis.estimatedBytes
        var traces: [Trace] = []
        if analysis.pending.isEmpty, exhausted == nil {
            if let result = analysis.result {
                verification.result = result.unsignedMinimum...result.unsignedMaximum
            }
            // A run follows states that were visited, none of them twice but in calls that were not followed, so it is no longer
            // than the visits and theirs.
            if !analysis.hasUncountedRounds {
                verification.longestRun = analysis.visits &+ analysis.reusedVisits
            }
            verification.facts = analysis.facts
            if !analysis.unbounded.isEmpty { verification.verdict = .needsFuel }
            for pc in analysis.unbounded.sorted().prefix(16) {
                var finding = Finding(.unboundedLoop, at: pc, "the loop that begins here was not shown to end")
                finding.hint = .boundLoop
                verification.findings.append(finding)
            }
        } else {
            verification.verdict = .rejected
            for (index, found) in analysis.pending.sorted(by: { $0.finding.instruction < $1.finding.instruction })
                .enumerated()
            {
                let report = Report(found, analysis.history, subject, packetChecks: analysis.packetChecks)
                verification.findings.append(report.finding)
                traces.append(Trace(finding: index, branches: report.branches, mergedAt: report.mergedAt))
            }
            if let exhausted {
                if analysis.pending.isEmpty { verification.verdict = .tooComplex }
                verification.findings.append(analysis.explain(exhausted))
            }
        }
        let next =
            exhausted == nil && analysis.mayImprove ? widths.next(after: analysis.joinsBehindFindings) : nil
        return (verification, traces, next)
    }
}

extension MapFacts {
    init(_ map: MapDefinition) {
        name = map.name
        type = MapType(rawValue: map.type)
        keySize = map.keySize
        valueSize = map.valueSize
        maximumEntries = map.maximumEntries
        // BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG (include/uapi/linux/bpf.h).
        isReadOnly = map.isReadOnly || map.flags & 1 << 7 != 0
        isWriteOnly = map.flags & 1 << 8 != 0
        contents = map.isReadOnly && map.maximumEntries == 1 ? map.initialValue : []
        inner = map.innerMap
        spinLock = map.spinLockOffset
        timer = map.timerOffset
    }
}

/// The way to an error: every conditional jump from the entry on, in order, with what it did. A path that went through a
/// state that stands for several is one of those.
package struct Trace: Equatable, Sendable {
    package struct Branch: Equatable, Sendable {
        package var instruction: Int
        package var isTaken: Bool

        package init(instruction: Int, isTaken: Bool) {
            self.instruction = instruction
            self.isTaken = isTaken
        }
    }

    /// Index into the findings of the program.
    package var finding: Int
    package var branches: [Branch]
    /// The instruction whose states were merged last before the error, if any were.
    package var mergedAt: Int?

    package init(finding: Int, branches: [Branch], mergedAt: Int? = nil) {
        self.finding = finding
        self.branches = branches
        self.mergedAt = mergedAt
    }
}
