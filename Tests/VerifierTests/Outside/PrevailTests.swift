import Foundation
import Testing

/// PREVAIL's own tests, put to this verifier: its documents stay where they are, in the folder that $RINGFENCE_PREVAIL
/// names (`test-data` of the repository vbpf/prevail).
@Suite("PREVAIL's documents")
struct PrevailTests {
    static let folder = ProcessInfo.processInfo.environment["RINGFENCE_PREVAIL"].map { URL(fileURLWithPath: $0) }

    @Test(
        "what its authors want rejected is rejected, and of what they want accepted 99 in 100 are",
        .enabled(if: folder != nil, "needs $RINGFENCE_PREVAIL, the folder of PREVAIL's test-data"))
    func verdicts() throws {
        let allowed = Dictionary(grouping: AllowedDisagreement.all, by: \.key)
        let judgements = try PrevailDocument.all(in: #require(Self.folder)).map {
            try PrevailJudgement($0) { try VerifierSeam.ask($0) }
        }
        print(Self.table(judgements))
        var used: Set<AllowedDisagreement.Key> = []
        func isAllowed(_ judgement: PrevailJudgement) -> Bool {
            let key = AllowedDisagreement.Key(file: judgement.document.file, name: judgement.document.name)
            guard allowed[key] != nil else { return false }
            used.insert(key)
            return true
        }
        let unsafe = judgements.filter { $0.outcome == .onlyPrevailRejects && !isAllowed($0) }
        for judgement in unsafe { Issue.record("accepted although rejection is expected: \(judgement.document.text)") }
        let strict = judgements.filter { $0.outcome == .onlyWeReject }
        let argued = strict.filter(isAllowed)
        for judgement in strict where !argued.contains(where: { $0.document.text == judgement.document.text }) {
            print("REJECTED ALTHOUGH ACCEPTANCE IS EXPECTED: \(judgement.document.text)\(Self.findings(judgement))")
        }
        let expressed = judgements.filter { if case .notExpressible = $0.outcome { false } else { true } }
        let wanted = expressed.filter(\.document.isAccepted).count
        let missed = strict.count - argued.count
        print("rejected although acceptance is expected: \(missed) of \(wanted), and \(argued.count) with an argument")
        #expect(missed * 100 <= wanted)
        for key in allowed.keys where !used.contains(key) {
            Issue.record("\(key.file), '\(key.name)': no disagreement any more that needs an argument")
        }
        if ProcessInfo.processInfo.environment["RINGFENCE_PREVAIL_POST"] != nil {
            for judgement in judgements where judgement.otherPlace != nil {
                print("ANOTHER PLACE \(judgement.document.text)\(Self.findings(judgement))")
            }
            for judgement in judgements where !judgement.weaker.isEmpty {
                print("WEAKER \(judgement.weaker.joined(separator: ", ")) in \(judgement.document.text)")
            }
        }
    }

    private static func findings(_ judgement: PrevailJudgement) -> String {
        judgement.findings.prefix(3).map { "  we say, slot \($0.instruction): \($0.text)\n" }.joined()
    }

    /// By file: how many documents, what is expected, what came of it.
    private static func table(_ judgements: [PrevailJudgement]) -> String {
        func row(_ name: String, _ judgements: [PrevailJudgement]) -> String {
            func count(_ outcome: PrevailJudgement.Outcome) -> Int { judgements.filter { $0.outcome == outcome }.count }
            func post(_ outcome: ExitExpectation.Outcome) -> Int {
                judgements.reduce(0) { $0 + $1.post[outcome, default: 0] }
            }
            let expressed = judgements.filter { if case .notExpressible = $0.outcome { false } else { true } }
            let places = judgements.compactMap(\.agreesOnPlace)
            let columns = [
                judgements.count, expressed.count, count(.bothAccept), count(.bothReject), count(.onlyPrevailRejects),
                count(.onlyWeReject), places.filter { $0 }.count, places.count, post(.said), post(.weaker),
                post(.relationMissing), post(.notOurs),
            ]
            return "| \(name) | \(columns.map(String.init).joined(separator: " | ")) |\n"
        }
        var text = """
            | file | documents | expressed | both accept | both reject | only they reject | only we reject \
            | same place | of | post said | weaker | relation | not ours |
            |---|---|---|---|---|---|---|---|---|---|---|---|---|

            """
        for file in Set(judgements.map(\.document.file)).sorted() {
            text += row(file, judgements.filter { $0.document.file == file })
        }
        text += row("all", judgements)
        var reasons: [String: Int] = [:]
        for judgement in judgements {
            if case .notExpressible(let reason) = judgement.outcome { reasons[reason, default: 0] += 1 }
        }
        for (reason, count) in reasons.sorted(by: { $0.key < $1.key }) { text += "not expressed: \(count) \(reason)\n" }
        return text
    }
}
