import Foundation
import PolicyCore
import PolicyLog
import PolicyTrust

/// A log in a folder of its own, with a clock that the test turns.
final class TestLog {
    let folder: String
    let key: SigningKey
    var settings = DecisionLog.Settings()
    private(set) var now: UInt64 = 1_000_000_000

    init(seed: UInt8 = 1, folder: String? = nil) throws {
        self.folder = folder ?? NSTemporaryDirectory() + "/ringfence-log-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        key = try SigningKey(seed: [UInt8](repeating: seed, count: 32))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/decisions.jsonl" }
    var states: String { folder + "/state" }
    var time: LogTime {
        let seconds = UTCTime(secondsSince1970: 1_780_000_000 + Int64(now / 1_000_000_000))
        return LogTime(wall: seconds, floor: seconds, bootNanoseconds: now)
    }

    func pass(milliseconds: UInt64) { now += milliseconds * 1_000_000 }

    func open() throws -> DecisionLog {
        try DecisionLog.open(path: path, states: states, key: key, time: time, snapshot: snapshot, settings: settings)
    }

    /// Writes records, some of each kind.
    func write(_ count: Int, to log: inout DecisionLog) throws {
        for index in 0..<count {
            pass(milliseconds: 1)
            let body: LogRecord.Body =
                switch index % 4 {
                case 0: .reload(LogRecord.Reload(from: snapshot, alarms: ["alarm \(index)"]))
                case 1: .floor(LogRecord.Floor(name: "base/test", version: UInt64(index), sha256: snapshot))
                case 2: .recovery(LogRecord.Recovery(id: "r\(index)", sha256: snapshot, expires: time.wall))
                case _: .decision(DecisionRecord(denial), ticket: index % 8 == 3 ? "t\(index)" : nil)
                }
            try log.append(body, time: time, snapshot: snapshot)
        }
    }

    func make(_ count: Int) throws {
        var log = try open()
        try write(count, to: &log)
        try log.close(time: time, snapshot: snapshot)
    }

    func bytes(_ name: String = "decisions.jsonl") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    }

    func setBytes(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    func lines(_ name: String = "decisions.jsonl") throws -> [[UInt8]] {
        try bytes(name).split(separator: 0x0A).map { Array($0) }
    }

    var firstSeal: EpochKey {
        get throws { must(EpochKey(text: try bytes("state/log-seal"))) }
    }

    /// What verifying says: with the host's key and the first seal.
    func verify(_ lines: [[UInt8]]? = nil, exported: [LogPosition] = []) throws -> Result<LogSummary, LogFault> {
        let (lines, seal) = (try lines ?? self.lines(), try firstSeal)
        do throws(LogFault) {
            return .success(
                try LogVerifier.verify(
                    lines, trusted: [key.verificationKey], firstSeal: seal, exported: exported))
        } catch {
            return .failure(error)
        }
    }
}

struct Missing: Error {}

let snapshot = sha256([1, 2, 3])

/// No policy, so no.
let denial = decide(
    PolicySet(bases: []), facts: Facts(),
    availability: Availability(guest: .usable, child: .usable, eligible: .offered),
    now: UTCTime(secondsSince1970: 1_780_000_000))

extension Result where Failure == LogFault {
    var fault: LogFault? {
        switch self {
        case .success: nil
        case .failure(let fault): fault
        }
    }
}

/// The records of a chain written anew from one of them on, as someone would who changes one and knows how a chain is made, but has no key.
func rechained(_ lines: [[UInt8]], from index: Int, with change: (inout LogRecord) -> Void) throws -> [[UInt8]] {
    var lines = lines
    var record = try LogRecord(line: lines[index])
    change(&record)
    lines[index] = record.line
    var head = LogChain.head(after: record.previous, line: lines[index])
    for index in lines.indices.dropFirst(index + 1) {
        var record = try LogRecord(line: lines[index])
        record.previous = head
        lines[index] = record.line
        head = LogChain.head(after: head, line: lines[index])
    }
    return lines
}
