import ArgumentParser
import Foundation
import PolicyCommands
import PolicyCore
import PolicyLog
import PolicyTrust
import Testing

@Suite("ringfence log")
struct LogCommandTests {
    private static func run(_ arguments: String...) throws {
        var command = try LogCommand.parseAsRoot(arguments)
        try command.run()
    }

    private static func keys(of log: TestLog) throws -> String {
        let path = log.folder + "/host.pub"
        try Data(KeyFiles.text(of: log.key.verificationKey, comment: "host")).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("verify ends with 3 where the log does not hold, and with 0 where it does")
    func verify() throws {
        let log = try TestLog()
        try log.make(20)
        let (trust, seal) = (try Self.keys(of: log), log.states + "/log-seal")
        try Self.run("verify", log.path, "--trust", trust, "--seal", seal)
        try Self.run("verify", log.path, "--trust", trust, "--json")
        var lines = try log.lines()
        lines.remove(at: 5)
        try log.setBytes(Array(lines.joined(separator: [0x0A])) + [0x0A])
        for more in [[], ["--trust", trust], ["--json"]] {
            #expect(throws: ExitCode(3)) {
                var command = try LogCommand.parseAsRoot(["verify", log.path] + more)
                try command.run()
            }
        }
        // A file that is not there, or a key that is none, is another matter.
        #expect(throws: (any Error).self) { try Self.run("verify", log.path + ".none") }
        #expect(throws: (any Error).self) { try Self.run("verify", log.path, "--trust", log.path) }
        #expect(throws: (any Error).self) { try Self.run("verify", log.path, "--head", "5") }
    }

    @Test("what is exported holds by itself, begins where it was asked for, and ends with what seals it")
    func export() throws {
        let log = try TestLog()
        var writer = try log.open()
        for _ in 0..<6 {
            try log.write(4, to: &writer)
            log.pass(milliseconds: 20_000)
        }
        try writer.close(time: log.time, snapshot: snapshot)
        let times = try log.lines().map { try LogRecord(line: $0).time.wall }
        let (trust, out) = (try Self.keys(of: log), log.folder + "/excerpt.jsonl")
        let since = must(times.first { $0 > times[0] })
        try Self.run(
            "export", log.path, "--since", since.description, "--until", since.description, "--out", out, "--trust",
            trust)
        let excerpt = try log.lines("excerpt.jsonl")
        #expect((2..<times.count - 4).contains(excerpt.count))
        let summary = try LogVerifier.verify(excerpt, trusted: [log.key.verificationKey])
        #expect(summary.unsealed == 0)
        // The one after the first record, which came twenty seconds after the last, and the one that seals the rest.
        #expect(summary.signaturesChecked == 2)
        let first = must(summary.first)
        #expect(first.sequence == UInt64(must(times.firstIndex(of: since))))
        #expect(try LogRecord(line: must(excerpt.last)).body.kind == "checkpoint")
        // Nothing is overwritten, and a broken log is not exported.
        #expect(throws: (any Error).self) { try Self.run("export", log.path, "--out", out) }
        let table = log.folder + "/all.csv"
        try Self.run("export", log.path, "--format", "csv", "--out", table)
        let rows = try log.lines("all.csv")
        #expect(rows.count == times.count + 1)
        let columns = rows[0].split(separator: UInt8(ascii: ",")).count
        #expect(rows.dropFirst().allSatisfy { $0.count { $0 == UInt8(ascii: "\"") } >= 2 * columns })
        var lines = try log.lines()
        lines.swapAt(3, 4)
        try log.setBytes(Array(lines.joined(separator: [0x0A])) + [0x0A])
        #expect(throws: ExitCode(3)) { try Self.run("export", log.path, "--out", log.folder + "/none") }
        #expect(!FileManager.default.fileExists(atPath: log.folder + "/none"))
        #expect(!FileManager.default.fileExists(atPath: log.folder + "/none.new"))
    }

    @Test("tail shows records of every kind, and lines that are none")
    func tail() throws {
        let log = try TestLog()
        try log.make(20)
        try Self.run("tail", log.path, "-n", "8")
        try log.setBytes(try log.bytes() + Array("{}\n{".utf8))
        try Self.run("tail", log.path, "--json")
        #expect(throws: (any Error).self) { try Self.run("tail", log.path, "-n", "-1") }
    }
}
