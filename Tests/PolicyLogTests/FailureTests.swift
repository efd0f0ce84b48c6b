import Foundation
import Glibc
import PolicyCore
import PolicyLog
import PolicyTrust
import Testing

@Suite("A log that cannot be written (T108)", .serialized)
struct FailureTests {
    /// A file system that is full as soon as it has so many bytes; root alone can make one.
    private static func withSmallFileSystem(_ size: Int, _ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/ringfence-full-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(mount("none", folder, "tmpfs", 0, "size=\(size)") == 0)
        defer {
            umount2(folder, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: folder)
        }
        try body(folder)
    }

    private static func policies(logRequired: Bool) -> PolicySet {
        var options = PolicyOptions(guestCodegen: true)
        options.logRequired = logRequired
        let start = UTCTime(secondsSince1970: 1_700_000_000)
        let file = PolicyFile(
            id: "test", version: 1, issued: start, expires: UTCTime(secondsSince1970: 1_900_000_000), options: options,
            rules: [Rule(.permit, id: "all", tier: .jitChild, when: [])])
        return PolicySet(bases: [PolicyBase(file: file, sha256: anyDigest)])
    }

    private static let verified: Facts = {
        var facts = Facts()
        facts[.verdict] = .known(.accepted, .proven)
        return facts
    }()

    @Test(
        "T108 where the disk is full nothing runs if a policy says log_required, and else what is safest, with an alarm",
        .enabled(if: geteuid() == 0, "only root can mount a small file system"), arguments: [true, false])
    func diskFull(logRequired: Bool) throws {
        try Self.withSmallFileSystem(64 << 10) { folder in
            let test = try TestLog(folder: folder + "/log")
            try FileManager.default.createDirectory(atPath: test.folder + "/state", withIntermediateDirectories: true)
            // What says where the log stands is elsewhere, so that only the log is full.
            let states = NSTemporaryDirectory() + "/ringfence-states-\(UInt64.random(in: 0 ... .max))"
            defer { try? FileManager.default.removeItem(atPath: states) }
            let set = Self.policies(logRequired: logRequired)
            let all = Availability(guest: .usable, child: .usable, eligible: .offered)
            var log = try DecisionLog.open(
                path: test.path, states: states, key: test.key, time: test.time, snapshot: snapshot)
            func decide(_ log: inout DecisionLog) -> RecordedDecision {
                test.pass(milliseconds: 1)
                return log.decide(
                    set, availability: all, now: test.time.wall, time: test.time, snapshot: snapshot
                ) {
                    PolicyCore.decide($0, facts: Self.verified, availability: all, now: test.time.wall)
                }
            }
            let first = decide(&log)
            #expect(first.decision.outcome == .jitChild)
            #expect(first.sequence == 1)
            #expect(first.alarm == nil)
            var failed = first
            var count = 1
            while failed.alarm == nil, count < 1000 {
                failed = decide(&log)
                count += 1
            }
            // The last write was cut short by the end of the file system, or did not begin.
            switch failed.alarm {
            case .shortWrite, .system: break
            case let other: Issue.record("\(String(describing: other))")
            }
            #expect(failed.alarm?.code == .logUnavailable)
            for decision in [failed.decision, decide(&log).decision, decide(&log).decision] {
                if logRequired {
                    #expect(decision.outcome == .deny)
                    #expect(decision.code == .logUnavailable)
                    #expect(!decision.allows)
                } else {
                    #expect(decision.outcome == .interpGuest)
                    #expect(decision.cap == .logUnavailable)
                    #expect(decision.ceiling == .interpGuest)
                }
            }
            // There is room again: what was lost is counted, what was begun is accounted for, and it all holds.
            #expect(mount("none", folder, "tmpfs", UInt(MS_REMOUNT), "size=\(1 << 20)") == 0)
            let next = decide(&log)
            #expect(next.alarm == nil)
            #expect(next.decision.outcome == .jitChild)
            try log.close(time: test.time, snapshot: snapshot)
            let lines = try test.lines()
            let summary = try LogVerifier.verify(lines, trusted: [test.key.verificationKey])
            #expect(summary.lost == 3)
            #expect(summary.decisions == UInt64(count))
        }
    }

    @Test("a log that ends within a line is gone on with, and a record says so, wherever it ends")
    func torn() throws {
        let test = try TestLog()
        var writer = try test.open()
        try test.write(8, to: &writer)
        let full = writer.position.sequence
        // The process ends here: no last checkpoint.
        _ = consume writer
        let bytes = try test.bytes()
        let starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        let (state, salt) = (try test.bytes("state/log-state"), try test.bytes("state/log-salt"))
        #expect(!salt.isEmpty)
        var outcomes: Set<UInt64> = []
        for length in stride(from: 0, through: bytes.count, by: 61) + Array(starts.map { max(0, $0 - 1) }) + starts {
            try test.setBytes(Array(bytes.prefix(length)))
            try Data(state).write(to: URL(fileURLWithPath: test.states + "/log-state"))
            let isWithin = !starts.contains(length)
            var log = try test.open()
            try test.write(2, to: &log)
            try log.close(time: test.time, snapshot: snapshot)
            let summary = try test.verify().get()
            #expect(summary.torn == (isWithin ? 1 : 0), "cut at \(length) of \(bytes.count)")
            #expect(summary.unsealed == 0)
            // What was there is there: not a byte of it is gone.
            #expect(try test.bytes().starts(with: bytes.prefix(length)))
            outcomes.insert(summary.end.sequence)
        }
        #expect(outcomes.count > 4)
        #expect(full == 9)
    }

    @Test("what is no record, with no record that accounts for it, is not gone on with")
    func rubble() throws {
        let test = try TestLog()
        var writer = try test.open()
        try test.write(4, to: &writer)
        _ = consume writer
        var lines = try test.lines()
        lines.insert(Array("{}".utf8), at: 3)
        try test.setBytes(Array(lines.joined(separator: [0x0A])) + [0x0A])
        #expect(throws: LogError.altered(sequence: 3)) { _ = try test.open() }
        let fault = try #require(try test.verify(lines).fault)
        #expect(fault.sequence == 3)
    }

    @Test("a log whose state is gone is no first run, and neither is a state without its log")
    func missingState() throws {
        let test = try TestLog()
        try test.make(3)
        try FileManager.default.removeItem(atPath: test.states + "/log-state")
        #expect(throws: LogError.stateMissing(path: test.states + "/log-state")) { _ = try test.open() }
        let other = try TestLog()
        try other.make(3)
        try FileManager.default.removeItem(atPath: other.path)
        #expect(throws: LogError.truncated(sequence: 5)) { _ = try other.open() }
    }

    @Test("one at a time writes")
    func locked() throws {
        let test = try TestLog()
        let first = try test.open()
        #expect(throws: LogError.self) { _ = try test.open() }
        _ = consume first
        _ = try test.open()
    }

    @Test("a crash between a checkpoint and what says where the log stands costs nothing")
    func betweenCheckpointAndState() throws {
        let test = try TestLog()
        try test.make(3)
        let state = try test.bytes("state/log-state")
        try test.make(3)
        try Data(state).write(to: URL(fileURLWithPath: test.states + "/log-state"))
        try test.make(3)
        #expect(try test.verify().get().sealsChecked == 3)
    }

    @Test("a crash within a change of files, at either step, costs nothing")
    func withinRotation() throws {
        for step in 0..<2 {
            let test = try TestLog()
            test.settings.maximumFileBytes = 1000
            var log = try test.open()
            try test.write(255, to: &log)
            // The 256th record made a checkpoint, and the file was set aside.
            _ = consume log
            let old = test.folder + "/decisions.jsonl.1"
            try FileManager.default.removeItem(atPath: test.path)
            if step == 0 { try FileManager.default.moveItem(atPath: old, toPath: test.path) }
            var again = try test.open()
            try test.write(1, to: &again)
            try again.close(time: test.time, snapshot: snapshot)
            let summary = try test.verify(test.lines("decisions.jsonl.1") + test.lines()).get()
            #expect(summary.files == 2)
            #expect(summary.end.sequence == 262 - 1)
        }
    }

    @Test("a quiet log gets its checkpoint after ten seconds, and it is exported")
    func quiet() throws {
        let test = try TestLog()
        let exported = Exported()
        test.settings.export = { exported.lines.append($0) }
        var log = try test.open()
        try test.write(1, to: &log)
        log.checkpointIfDue(test.time, snapshot: snapshot)
        #expect(exported.lines.isEmpty)
        test.pass(milliseconds: 10_000)
        log.checkpointIfDue(test.time, snapshot: snapshot)
        #expect(exported.lines.count == 1)
        log.checkpointIfDue(test.time, snapshot: snapshot)
        #expect(exported.lines.count == 1)
        #expect(try test.lines().last == exported.lines.last)
        try log.close(time: test.time, snapshot: snapshot)
    }
}

private final class Exported: @unchecked Sendable { var lines: [[UInt8]] = [] }
