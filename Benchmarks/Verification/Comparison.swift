internal import Foundation
internal import Measuring

/// The rows of all programs, and what they come to.
struct Comparison: Codable {
    /// Times in milliseconds.
    struct Times: Codable {
        let programs: Int
        let total: Double
        let median: Double
        let p90: Double
        let worst: Double
        let worstProgram: String

        init(_ samples: [(row: Row, milliseconds: Double)]) {
            let sorted = samples.map(\.milliseconds).sorted()
            func quantile(_ part: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
            }
            programs = sorted.count
            total = sorted.reduce(0, +)
            median = quantile(0.5)
            p90 = quantile(0.9)
            let slowest = samples.max { $0.milliseconds < $1.milliseconds }
            worst = slowest?.milliseconds ?? 0
            worstProgram = slowest?.row.name ?? ""
        }
    }

    let host: HostDescription
    let rows: [Row]
    /// Programs by verdict; the kernel's under names of its own.
    let verdicts: [String: Int]
    let kernelVerdicts: [String: Int]
    /// Over all programs.
    let times: Times
    /// Over the programs that the kernel judged: of both.
    let timesBesideKernel: Times
    let kernelTimes: Times
    let kernelCallTimes: Times
    /// Over the programs that both accept.
    let timesOfAccepted: Times
    let kernelTimesOfAccepted: Times
    /// The most memory that this process had resident before it verified, and in all.
    let residentBytesBefore: UInt64
    let residentBytesPeak: UInt64

    init(_ rows: [Row], residentBytesBefore: UInt64, residentBytesPeak: UInt64) {
        host = HostDescription()
        self.rows = rows
        self.residentBytesBefore = residentBytesBefore
        self.residentBytesPeak = residentBytesPeak
        verdicts = Dictionary(rows.map { ($0.verdict, 1) }, uniquingKeysWith: +)
        let programs = rows.filter { $0.verdict != "unreadable" }
        kernelVerdicts = Dictionary(programs.map { ($0.kernel.verdict.rawValue, 1) }, uniquingKeysWith: +)
        func times(_ rows: [Row], _ milliseconds: (Row) -> Double) -> Times {
            Times(rows.map { ($0, milliseconds($0)) })
        }
        let judged = programs.filter { $0.kernel.verdict != .notAsked }
        let accepted = judged.filter { $0.isAccepted && $0.kernel.verdict == .accepted }
        self.times = times(programs, \.milliseconds)
        timesBesideKernel = times(judged, \.milliseconds)
        kernelTimes = times(judged, \.kernel.milliseconds)
        kernelCallTimes = times(judged, \.kernel.callMilliseconds)
        timesOfAccepted = times(accepted, \.milliseconds)
        kernelTimesOfAccepted = times(accepted, \.kernel.milliseconds)
    }

    var acceptedHereOnly: [Row] { rows.filter { $0.isAccepted && $0.kernel.verdict == .rejected } }
    var acceptedByKernelOnly: [Row] {
        rows.filter { !$0.isAccepted && $0.kernel.verdict == .accepted }
    }

    /// What the figures are held to: name, limit, value.
    var targets: [Figure.Target] {
        var targets = [
            Figure.Target("median, ms", limit: 1, value: times.median),
            Figure.Target("worst program, ms", limit: 1000, value: times.worst),
            Figure.Target("resident memory, MB", limit: 100, value: Double(residentBytesPeak) / 1e6),
        ]
        if kernelTimes.programs > 0 {
            targets.insert(
                Figure.Target(
                    "total beside the kernel's, ms", limit: kernelTimes.total, value: timesBesideKernel.total),
                at: 0)
        }
        return targets
    }

    /// The line in the report of all benchmarks.
    var figure: Figure? {
        let programs = rows.filter { $0.verdict != "unreadable" }
        guard let here = Summary(programs.map { $0.milliseconds * 1e6 }) else { return nil }
        var series = [Figure.Series("verification of one program", "ns", here)]
        let judged = programs.filter { $0.kernel.verdict != .notAsked }
        if let kernel = Summary(judged.map { $0.kernel.milliseconds * 1e6 }) {
            series.append(Figure.Series("the kernel's verifier", "ns", kernel))
        }
        return Figure("S7", "", "verification of public objects", series, targets: targets)
    }

    /// Writes everything as one JSON file.
    func write() throws -> String {
        try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
        let path = Results.directory + "/verification.json"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        return path
    }
}
