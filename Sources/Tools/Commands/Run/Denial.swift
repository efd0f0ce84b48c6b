internal import Channel
internal import CommandSupport
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

/// What `ringfence run` says where policy says no: the decision, and, where it was for want of a proof, what the verifier
/// found first.
struct Denial: Encodable {
    let decision: DecisionRecord
    /// The program of the set that is denied; nil where there is only one.
    let program: String?
    let explanation: String
    let verification: VerificationSummary?
    /// How to see all that the verifier found.
    let remedy: String?

    init(_ set: SetDecision, _ admitted: AdmittedProgram, object: String) {
        let decision = set.decision
        let member = admitted.members[set.strictest]
        self.decision = DecisionRecord(decision)
        program = admitted.members.count > 1 ? member.program.name : nil
        explanation = decision.explanation
        verification = VerificationSummary(member, .checked)
        remedy =
            switch decision.code {
            case .verdict: "run `ringfence verify \(object)` for the report"
            case .logUnavailable: "a policy that is named with --policy is recorded where --log FILE says"
            case _: nil
            }
    }

    /// The keys of the decision, and these beside them.
    private enum Key: String, CodingKey { case member, verification, remedy }

    func encode(to encoder: any Encoder) throws {
        try decision.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(program, forKey: .member)
        try container.encodeIfPresent(verification, forKey: .verification)
        try container.encodeIfPresent(remedy, forKey: .remedy)
    }

    var text: String {
        var text = explanation
        if let program { text += "\n  of      \(Printable.text(program, limit: 64)), in which the program goes on" }
        guard let remedy else { return text }
        if decision.code == PolicyCode.verdict.rawValue, let first = verification?.firstFinding {
            text += "\n  first   \(Printable.text(first, limit: 600))"
        }
        text += "\n  remedy  \(Printable.text(remedy, limit: 400))"
        return text
    }
}

/// What the verifier said of a program, in a few words.
struct VerificationSummary: Encodable {
    let verdict: String
    /// `verified`, `metered` or `checked`: how the program runs, if it does.
    let execution: String
    let instructions: UInt64
    let states: UInt64
    let nanoseconds: UInt64
    let findings: Int
    /// The line, or the instruction, and what is wrong there.
    let firstFinding: String?

    /// Nil where the verifier was not asked.
    init?(_ member: AdmittedProgram.Member, _ mode: ExecutionMode) {
        guard let verification = member.verification else { return nil }
        verdict = verification.verdict.name
        execution = "\(mode)"
        instructions = verification.instructions
        states = verification.states
        nanoseconds = verification.nanoseconds
        findings = verification.findings.count
        let first = verification.findings.min { $0.instruction < $1.instruction }
        firstFinding = first.map { finding in
            let map = SourceMap(of: member.program)
            let place = map.place(of: finding.instruction).map(\.short) ?? "instruction \(finding.instruction)"
            return "\(place): \(finding.kind.title): \(finding.requirement)"
        }
    }

    /// For people.
    var sentence: String {
        let proven =
            switch verdict {
            case Verdict.accepted.name: "accepted: proven to be safe and to end, \(cost)"
            case Verdict.needsFuel.name: "needs fuel: proven to be safe, \(cost)"
            case Verdict.rejected.name: "rejected"
            case _: "too complex"
            }
        let checks =
            switch execution {
            case "verified": "nothing is checked as it runs"
            case "metered": "only its fuel is counted as it runs"
            case _: "every access is checked as it runs"
            }
        return "\(proven); \(checks)"
    }

    private var cost: String {
        "\(Quantity.grouped(states)) state\(states == 1 ? "" : "s") in \(Quantity.duration(nanoseconds: nanoseconds))"
    }
}
