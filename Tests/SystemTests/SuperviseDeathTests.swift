import Foundation
import TestSupport
import Testing

/// What becomes of a supervised tree where a part of what supervises it dies.
@Suite("Deaths around supervised processes", .serialized)
struct SuperviseDeathTests {
    /// A run that connects ten times a second, and the ways to hear of it.
    private final class Running {
        let process: Process
        private let output = Pipe()
        private let bench: SuperviseBench

        init(_ bench: SuperviseBench, _ command: [String], more: [String] = []) throws {
            self.bench = bench
            let arguments = bench.arguments(["connect4"], tier: SuperviseBench.tier, command, more)
            process = Tool.process("ringfence", arguments, output, FileHandle.nullDevice)
            try process.run()
            // "begun PROCESS"
            _ = try line()
        }

        func line() throws -> String {
            var text: [UInt8] = []
            while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
                text.append(byte)
            }
            return String(decoding: text, as: UTF8.self)
        }

        var supervisor: Int32? {
            SuperviseDeathTests.children(of: process.processIdentifier, named: "ringfence").first
        }

        var cells: [Int32] { SuperviseDeathTests.cells(of: process.processIdentifier) }
    }

    /// The processes that another has started, by name.
    private static func children(of parent: Int32, named name: String? = nil) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { process in
            guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else {
                return false
            }
            return status.contains("\nPPid:\t\(parent)\n")
                && (name.map { status.hasPrefix("Name:\t\($0)\n") } ?? true)
        }
    }

    /// The processes of a broker in which programs run.
    static func cells(of broker: Int32) -> [Int32] {
        ["ringfence-jail", "ringfence-child"].flatMap { children(of: broker, named: $0) }.flatMap { children(of: $0) }
    }

    /// "done N refused N error N"
    private static func numbers(_ line: String) throws -> (done: Int, refused: Int, error: Int) {
        let words = line.split(separator: " ")
        try #require(words.count == 6, "\(line)")
        return (Int(words[1]) ?? -1, Int(words[3]) ?? -1, Int(words[5]) ?? -1)
    }

    @Test(
        "where a cell is killed, the call that it had gets what the policy says, and later ones are decided by another",
        arguments: ["open", "closed"])
    func cell(onFailure: String) throws {
        let bench = try SuperviseBench(failing: onFailure)
        let running = try Running(bench, [SuperviseBench.caller, "slowly", "127.0.0.1", "9"])
        var killed = 0
        for _ in 0..<4 {
            usleep(700_000)
            for cell in running.cells where kill(cell, SIGKILL) == 0 { killed += 1 }
        }
        let ending = try Self.numbers(running.line())
        running.process.waitUntilExit()
        #expect(ending.error == 0)
        #expect(ending.done + ending.refused == 100)
        let program = try #require((try bench.report["programs"] as? [[String: Any]])?.first)
        let failures = try #require(program["failures"] as? Int)
        let unanswered = try #require(try bench.report["unanswered"] as? Int)
        // A process that dies costs the event that it has, or would have had, and no other.
        #expect(failures >= 1 && failures <= killed)
        // On a busy host another cell may take longer to come up than a call waits: then policy answers for that call as well, and for those
        // that wait meanwhile. A call that was given up may be one whose cell died.
        let answeredFor = max(failures, unanswered)...failures + unanswered
        #expect(onFailure == "open" ? ending.refused == 0 : answeredFor.contains(ending.refused))
    }

    @Test(
        "where nobody answers in time, a call gets what the policy says, and waits no longer",
        arguments: ["open", "closed"])
    func silence(onFailure: String) throws {
        let bench = try SuperviseBench(failing: onFailure)
        let running = try Running(
            bench, [SuperviseBench.caller, "slowly", "127.0.0.1", "9"], more: ["--deadline", "300"])
        usleep(500_000)
        kill(running.process.processIdentifier, SIGSTOP)
        usleep(2_000_000)
        kill(running.process.processIdentifier, SIGCONT)
        let ending = try Self.numbers(running.line())
        running.process.waitUntilExit()
        #expect(ending.error == 0 && ending.done + ending.refused == 100)
        // Two at least fall into the time in which nobody answers, and of no other is the answer policy's.
        let unanswered = try #require(try bench.report["unanswered"] as? Int)
        #expect(unanswered >= 2)
        #expect(ending.refused == (onFailure == "open" ? 0 : unanswered))
    }

    @Test("where the broker is killed, the command is too")
    func broker() throws {
        let bench = try SuperviseBench()
        let running = try Running(bench, [SuperviseBench.caller, "slowly", "127.0.0.1", "9"])
        let supervisor = try #require(running.supervisor)
        let command = try #require(Self.children(of: supervisor).first)
        kill(running.process.processIdentifier, SIGKILL)
        for _ in 0..<100 where kill(command, 0) == 0 || kill(supervisor, 0) == 0 { usleep(50_000) }
        #expect(kill(command, 0) != 0)
        #expect(kill(supervisor, 0) != 0)
        #expect(try running.line() == "")
    }

    @Test("where the supervisor is killed, what the command left behind gets ENOSYS, and nothing waits")
    func supervisor() throws {
        let bench = try SuperviseBench()
        let running = try Running(
            bench, ["/bin/sh", "-c", "\(SuperviseBench.caller) slowly 127.0.0.1 9 & wait"])
        usleep(500_000)
        kill(try #require(running.supervisor), SIGKILL)
        // The command's own words come between lines of JSON that say why it is supervised no more.
        var line = try running.line()
        for _ in 0..<20 where !line.hasPrefix("done") { line = try running.line() }
        #expect(try Self.numbers(line).error == Int(ENOSYS))
        running.process.waitUntilExit()
        #expect(running.process.terminationStatus == 4)
    }
}
