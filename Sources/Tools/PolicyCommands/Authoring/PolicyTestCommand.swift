internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy test`: the self-tests, one by one.
struct PolicyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run a policy's self-tests, and say what each of them came to.",
        discussion: """
            Examples:
              ringfence policy test Policies/example.toml
              ringfence policy test --json Policies/production.toml

            Needs no key. Exit status 1 where a self-test fails: the engine refuses such a file.
            """)

    @Argument(help: "The policy text, or a signed policy.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let base = try PolicyFiles.readEither(file)
        let results = base.file.expectations.map { SelfTestResult($0, base.decision(on: $0, eligible: .offered)) }
        if json {
            Output.write(try CommandSupport.json(Report(selfTests: results)))
        } else {
            for result in results { Output.write("\(Printable.text(file, limit: 400)):\(result.text)") }
            let failures = results.count { !$0.passed }
            Output.write(failures == 0 ? "ok: \(results.count) passed" : "\(failures) of \(results.count) failed")
        }
        if results.contains(where: { !$0.passed }) { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    private struct Report: Encodable {
        var selfTests: [SelfTestResult]
    }
}

/// What one self-test came to.
struct SelfTestResult: Encodable {
    var line: Int
    var passed: Bool
    var expected: String
    var expectedCode: String?
    var outcome: String
    var code: String
    var reason: String

    init(_ expectation: Expectation, _ decision: Decision) {
        line = expectation.position.line
        passed = expectation.isMet(by: decision)
        expected = expectation.outcome.name
        expectedCode = expectation.code?.rawValue
        outcome = decision.outcome.name
        code = decision.code.rawValue
        reason = decision.reason
    }

    var text: String {
        let wanted = [expected, expectedCode].compactMap { $0 }.joined(separator: " ")
        return passed
            ? "\(line): ok    \(wanted)" : "\(line): FAILS wants \(wanted), gets \(outcome) \(code): \(reason)"
    }
}
