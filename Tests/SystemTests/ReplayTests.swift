import Foundation
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// Recordings: the same verdicts bit for bit, in any tier, or the first difference by name.
@Suite("Record and replay", .serialized)
struct ReplayTests {
    private struct Report: Decodable {
        struct Program: Decodable {
            let tier: String
            let recordedTier: String
            let events: Int
            let notDecidedAgain: Int
            let verdicts: [String: Int]
        }
        struct Difference: Decodable {
            let event: Int
            let field: String
        }
        let programs: [Program]
        let events: Int
        let difference: Difference?
    }

    private static func replay(
        _ file: String, _ workshop: borrowing Workshop, policy: String = "policy.dsse", _ more: [String] = []
    ) throws -> (status: Int32, report: Report?, errors: String) {
        let ending = try Tool.run(
            "ringfence",
            [
                "replay", file, "--json", "--policy", workshop.path(policy), "--trust", workshop.path("dev.pub"),
            ] + more)
        return (
            ending.status, try? JSONDecoder().decode(Report.self, from: Data(ending.output.utf8)), ending.errors
        )
    }

    @Test(
        "what comes of time, random numbers, an LRU, rings and lines comes again in every tier",
        arguments: TieredRun.tiers)
    func gamble(tier: Tier) throws {
        let recording = try RecordedGamble.record(in: tier, events: 400)
        // All four verdicts were met, or nothing was drawn.
        #expect(recording.verdicts.count == 4, "\(recording.verdicts)")
        for other in TieredRun.tiers {
            let replay = try RecordedGamble.replay(recording.bytes, in: other)
            #expect(replay.difference == nil && replay.events == 400, "\(other): \(replay)")
        }
    }

    @Test("cells that were killed meanwhile change nothing that is decided again", arguments: TieredRun.tiers)
    func killed(tier: Tier) throws {
        let recording = try RecordedGamble.record(in: tier, events: 200, killingAt: [20, 21, 90, 150])
        for other in TieredRun.tiers {
            let replay = try RecordedGamble.replay(recording.bytes, in: other)
            #expect(replay.difference == nil && replay.events == 200, "\(other): \(replay)")
            #expect(replay.skipped > 0 && replay.skipped <= 4)
        }
    }

    @Test("another seed, time, packet, verdict or map is a difference that has a name")
    func differences() throws {
        let tier = try #require(TieredRun.tiers.last)
        let recording = try RecordedGamble.record(in: tier, events: 50)
        var met: [String: Int] = [:]
        for mutation in RecordingMutation.meaningful {
            var bytes = recording.bytes
            try mutation.apply(to: &bytes)
            let replay = try RecordedGamble.replay(bytes, in: tier)
            let difference = try #require(replay.difference, "\(mutation)")
            #expect(mutation.fields.contains(difference.field), "\(mutation): \(difference)")
            met[difference.field, default: 0] += 1
        }
        #expect(met.keys.count >= 3, "\(met)")
    }

    @Test("a recording that was cut off is refused at every place, and taken as far as it goes where that is asked for")
    func cut() throws {
        let tier = try #require(TieredRun.tiers.last)
        let recording = try RecordedGamble.record(in: tier, events: 12)
        var taken: Set<UInt64> = []
        for count in 0..<recording.bytes.count where count < 64 || count % 97 == 0 {
            let part = Array(recording.bytes[..<count])
            #expect(throws: RecordingError.self, "\(count)") { try RecordingMutation.read(part) }
            if let events = try? RecordingMutation.read(part, takesCut: true) { taken.insert(events) }
        }
        #expect(taken.count > 3, "\(taken)")
        let most = try #require(taken.max())
        #expect(most <= 12)
        let replay = try RecordedGamble.replay(
            Array(recording.bytes.dropLast(200)), in: tier, takesCut: true)
        #expect(replay.difference == nil && replay.events <= 12)
    }

    @Test("whatever changes in a recording, it is refused by name or read: nothing is believed, nothing traps")
    func mutated() throws {
        let tier = try #require(TieredRun.tiers.last)
        let recording = try RecordedGamble.record(in: tier, events: 30, killingAt: [9])
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var outcomes = [0, 0]
        for _ in 0..<3_000 {
            var bytes = recording.bytes
            // Most of the file is the object, which has readers and tests of its own.
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place =
                    Bool.random(using: &random)
                    ? Int.random(in: 0..<400, using: &random)
                    : Int.random(in: max(0, bytes.count - 12_000)..<bytes.count, using: &random)
                bytes[place] = Bool.random(using: &random) ? .random(in: 0 ... .max, using: &random) : 0xFF
            }
            do {
                _ = try RecordingMutation.read(bytes)
                outcomes[0] += 1
            } catch is RecordingError { outcomes[1] += 1 }
        }
        #expect(outcomes[0] > 100 && outcomes[1] > 100, "seed \(seed): \(outcomes)")
    }

    @Test("a changed recording that is read is replayed, to a difference, an error with a name, or its end")
    func hostile() throws {
        let tier = try #require(TieredRun.tiers.last)
        let recording = try RecordedGamble.record(in: tier, events: 20, killingAt: [9])
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var outcomes: [String: Int] = [:]
        while outcomes.values.reduce(0, +) < 40 {
            var bytes = recording.bytes
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.count - 9_000..<bytes.count, using: &random)] = .random(
                    in: 0 ... .max, using: &random)
            }
            guard (try? RecordingMutation.read(bytes)) != nil else { continue }
            do {
                let replay = try RecordedGamble.replay(bytes, in: tier)
                outcomes[replay.difference?.field ?? "same", default: 0] += 1
            } catch is ReplayError {
                outcomes["error", default: 0] += 1
            } catch is RecordedGamble.Foreign { outcomes["another object", default: 0] += 1 }
        }
        #expect(outcomes.count > 1, "seed \(seed): \(outcomes)")
    }

    @Test("a recording ends where it has no room, and what it has is whole")
    func full() throws {
        let tier = try #require(TieredRun.tiers.last)
        let whole = try RecordedGamble.record(in: tier, events: 5)
        let recording = try RecordedGamble.record(
            in: tier, events: 500, limit: UInt64(whole.bytes.count) + 5_000)
        #expect(recording.bytes.count <= whole.bytes.count + 5_000)
        let replay = try RecordedGamble.replay(recording.bytes, in: tier)
        #expect(replay.difference == nil && replay.events > 5 && replay.events < 500, "\(replay)")
    }

    @Test("a run over a capture replays in every tier, with the same counts", arguments: TieredRun.tiers)
    func run(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let file = workshop.path("run.rec")
        let ran = try Tool.run(
            "ringfence", ["run", object, "--record", file, "--json", "--tier", tier.name] + workshop.trusted)
        #expect(ran.status == 0, "\(ran.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ran.output.utf8)) as? [String: Any])
        for other in TieredRun.tiers {
            let (status, replayed, errors) = try Self.replay(file, workshop, ["--tier", other.name])
            #expect(status == 0, "\(errors)")
            let program = try #require(replayed?.programs.first)
            #expect(program.events == 2759 && program.tier == other.name && program.recordedTier == tier.name)
            #expect(program.verdicts == report["verdicts"] as? [String: Int])
            #expect(replayed?.difference == nil)
        }
        // Of another object's code nothing is replayed.
        let pass = try workshop.write("pass.o", try Programs.example("pass"))
        let other = try Self.replay(file, workshop, [pass])
        #expect(other.status == 2)
        let same = try Self.replay(file, workshop, [object])
        #expect(same.status == 0, "\(same.errors)")
    }

    @Test(
        "packets that cross a link are recorded as they come, cells that are killed meanwhile too",
        .enabled(if: Wires.isPossible, "\(Wires.reason)"))
    func link() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let file = workshop.path("link.rec")
        let tier = try #require(TieredRun.tiers.first)
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--tier", tier.name, "--record",
                file, "--live", workshop.path("live"),
            ])
        #expect(try ends.settle(0, seconds: 60))
        for round in 1...8 {
            for number in 0..<50 { try ends.send(RecordedGamble.packet(number + round * 50), on: 0) }
            for process in JailHunt.grandchildren(of: running.processIdentifier) { kill(process, SIGKILL) }
            #expect(try ends.settle(UInt16(round)))
        }
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any])
        #expect((report["cellFailures"] as? Int ?? 0) > 0)
        for other in TieredRun.tiers {
            let (status, replayed, errors) = try Self.replay(file, workshop, ["--tier", other.name])
            #expect(status == 0, "\(errors) \(String(describing: replayed?.difference))")
            #expect(replayed?.programs.first?.verdicts == report["verdicts"] as? [String: Int])
            #expect(replayed?.events == report["packets"] as? Int && (replayed?.events ?? 0) > 400)
        }
    }

    @Test("calls of a supervised process are recorded with who made them, and decided again")
    func supervise() throws {
        let bench = try SuperviseBench()
        let file = bench.workshop.path("calls.rec")
        let hooks = ["connect4", "bind4", "sock_create"]
        let script = """
            for i in 1 2 3; do for a in 127.0.0.1 127.0.0.2 127.0.0.3; do \(SuperviseBench.caller) connect $a 9 tcp; done; done; exit 0
            """
        let ran = try Tool.run(
            "ringfence",
            bench.arguments(hooks, tier: SuperviseBench.tier, ["/bin/sh", "-c", script], ["--record", file]))
        #expect(ran.status == 0, "\(ran)")
        let counts = try bench.counts("connect4")
        #expect(counts.denied == 3)
        for other in TieredRun.tiers {
            let (status, replayed, errors) = try Self.replay(
                file, bench.workshop, policy: "own.dsse", ["--tier", other.name])
            #expect(status == 0, "\(errors)")
            #expect(replayed?.programs.count == 3)
            #expect(replayed?.programs.first?.events == counts.calls)
            #expect(replayed?.difference == nil)
        }
    }
}
