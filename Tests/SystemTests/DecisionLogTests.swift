import Foundation
import TestSupport
import Testing

/// What runs is recorded before it does, and what must be recorded and cannot be does not run.
@Suite("Decisions in the log")
struct DecisionLogTests {
    /// The example policy with `log_required`, and an object.
    private static func begin(_ workshop: borrowing Workshop, isRequired: Bool = true) throws -> [String] {
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let example = Tool.repository.appendingPathComponent("Policies/example.toml")
        var text = try String(contentsOf: example, encoding: .utf8)
        if isRequired { text = text.replacing("[options]", with: "[options]\nlog_required = true", maxReplacements: 1) }
        let source = try workshop.write("logged.toml", Array(text.utf8))
        let signed = workshop.path("logged.dsse")
        let signing = try Tool.run(
            "ringfence", ["policy", "sign", source, "--key", workshop.path("dev.key"), "--out", signed])
        #expect(signing.status == 0, "\(signing.errors)")
        return [
            "run", object, "--pcap", Tool.capture, "--policy", signed, "--trust", workshop.path("dev.pub"), "--log",
            workshop.path("decisions.jsonl"),
        ]
    }

    private static func verify(_ workshop: borrowing Workshop) throws -> Tool.Ending {
        let states = workshop.path("decisions.jsonl.state")
        return try Tool.run(
            "ringfence",
            [
                "log", "verify", workshop.path("decisions.jsonl"), "--trust", "\(states)/log-key.pub", "--seal",
                "\(states)/log-seal",
            ])
    }

    @Test(
        "every decision is a record: allowed and denied, of a tier and its shadow; the log holds and is replayed",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func recorded() throws {
        let workshop = try Workshop()
        let arguments = try Self.begin(workshop)
        let ran = try Tool.run("ringfence", arguments + ["--shadow", "interp-guest"])
        #expect(ran.status == 0, "\(ran.output)\(ran.errors)")
        let refused = try Tool.run("ringfence", arguments + ["--tier", "jit-child"])
        #expect(refused.status == 1 && refused.output.contains("E_REQUEST_ABOVE_CEILING"), "\(refused.output)")
        let tested = try Tool.run(
            "ringfence",
            ["test-run", arguments[1], "--data-in", String(repeating: "00", count: 64)] + arguments.dropFirst(4))
        #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
        let holds = try Self.verify(workshop)
        #expect(holds.status == 0 && holds.output.contains("4 decisions, 1 denials"), "\(holds.output)\(holds.errors)")
        #expect(holds.output.contains("signed by") && holds.output.contains("sealed with its own key"))
        let again = try Tool.run(
            "ringfence",
            ["policy", "replay", workshop.path("logged.dsse"), "--log", workshop.path("decisions.jsonl")])
        #expect(again.status == 0, "\(again.output)\(again.errors)")
    }

    @Test("commands that run at once take turns, and their records are one chain")
    func together() throws {
        let workshop = try Workshop()
        let arguments = try Self.begin(workshop) + ["--tier", "jit-child"]
        var running: [Process] = []
        for _ in 0..<4 {
            let process = Tool.process("ringfence", arguments, FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            running.append(process)
        }
        for process in running {
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
        }
        let holds = try Self.verify(workshop)
        #expect(holds.status == 0 && holds.output.contains("4 decisions, 4 denials"), "\(holds.output)\(holds.errors)")
    }

    @Test(
        "a log that cannot be written denies under log_required, and without it leaves what is safest, with a warning",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"), arguments: [true, false])
    func unavailable(isRequired: Bool) throws {
        let workshop = try Workshop()
        var arguments = try Self.begin(workshop, isRequired: isRequired)
        // A file where there should be a directory.
        arguments[arguments.count - 1] = "\(try workshop.write("file", [0]))/decisions.jsonl"
        let ending = try Tool.run("ringfence", arguments)
        #expect(ending.errors.contains("warning: E_LOG_UNAVAILABLE"), "\(ending.errors)")
        #expect(ending.status == (isRequired ? 1 : 0), "\(ending.output)\(ending.errors)")
        #expect(ending.output.contains(isRequired ? "E_LOG_UNAVAILABLE" : "interp-guest"), "\(ending.output)")
    }

    @Test("a log that somebody cut off is not gone on with")
    func cut() throws {
        let workshop = try Workshop()
        let arguments = try Self.begin(workshop) + ["--tier", "jit-child"]
        _ = try Tool.run("ringfence", arguments)
        _ = try workshop.write("decisions.jsonl", [])
        let ending = try Tool.run("ringfence", Array(arguments.dropLast(2)))
        #expect(ending.status == 1, "\(ending.output)\(ending.errors)")
        #expect(ending.errors.contains("the log ends before record"), "\(ending.errors)")
    }
}
