import CommandSupport
import Hooks
import Testing

@testable import Commands

@Suite("A failure says what broke, where, and what to do")
struct FailureTests {
    @Test("a place in a file is a line and column, an offset, or the whole")
    func places() {
        let line = Failure(
            .badInput, "policy.toml", at: .line(3, column: 9), "unknown key `efect`", remedy: "write `effect`")
        #expect(line.text() == "error: policy.toml:3:9: unknown key `efect`\n  remedy: write `effect`\n")
        let offset = Failure(.badInput, "mixed.pcap", at: .offset(24), "too long")
        #expect(offset.text() == "error: mixed.pcap@24: too long\n")
        #expect(Failure(.internalError, "/dev/kvm", "not there").text() == "error: /dev/kvm: not there\n")
        #expect(Failure(.denied, "", "policy says no").text() == "error: policy says no\n")
    }

    @Test("a refused capture carries its offset and its remedy")
    func captures() {
        let failure = Failure(file: "in.pcap", .oversizedRecord(offset: 24, claimedLength: 9_999, limit: 2_048))
        #expect(failure.exitStatus == .badInput)
        #expect(
            failure.text().hasPrefix("error: in.pcap@24: a record claims 9999 bytes, and the limit is 2048\n  remedy: ")
        )
    }

    @Test("hostile texts stay on their line")
    func hostile() {
        let failure = Failure(.badInput, "a\nb.o", "no section \u{1B}[31mxdp", remedy: "rename\r\nit")
        #expect(failure.text() == "error: a\\u{a}b.o: no section \\u{1b}[31mxdp\n  remedy: rename\\u{d}\\u{a}it\n")
    }

    @Test("as JSON it has the same facts")
    func encoded() throws {
        let failure = Failure(.trustFailure, "p.dsse", at: .line(1, column: 2), "bad signature", remedy: "sign it")
        #expect(
            try json(failure) == """
                {
                  "error" : {
                    "code" : 3,
                    "column" : 2,
                    "kind" : "trust-failure",
                    "line" : 1,
                    "problem" : "bad signature",
                    "remedy" : "sign it",
                    "subject" : "p.dsse"
                  }
                }
                """)
    }

    @Test("the exit statuses are the documented ones")
    func exitStatuses() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(ExitStatus.denied.rawValue == 1 && ExitStatus.badInput.rawValue == 2)
        #expect(ExitStatus.trustFailure.rawValue == 3 && ExitStatus.internalError.rawValue == 4)
        for code in ExitStatus.allCases { #expect(ExitStatus.help.contains("  \(code.rawValue)  \(code.meaning)\n")) }
    }
}
