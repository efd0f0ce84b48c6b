internal import Foundation
internal import Measuring

// What supervision costs a call: connections of one process, as nobody sees them, under a filter that asks nobody about them, and asked about in
// each tier. In one run, since the machine is shared.

let object = ".build/examples/connections.bpf.o"
let caller = ".build/bench/supervised-caller"
let calls = 20_000

/// What the process itself measured, in nanoseconds.
func connections(by words: [String]) throws -> (p50: Double, p99: Double) {
    let output = try Running.output(words + [caller, "connect", "127.0.0.1", "9", "udp", "\(calls)"])
    // "error N peer ADDRESS:PORT p50 N p99 N"
    let parts = output.split(whereSeparator: \.isWhitespace)
    guard parts.count == 8, parts[1] == "0", let p50 = Double(parts[5]), let p99 = Double(parts[7]) else {
        throw Running.Failure(description: "the caller said \(output)")
    }
    return (p50, p99)
}

func supervise(_ hook: String, tier: String, report: String) -> [String] {
    [
        ".build/release/ringfence", "supervise", "--hook", "\(hook)=\(object)", "--policy",
        ".build/bench/supervise.dsse",
        "--trust", ".build/dev/dev.pub", "--tier", tier, "--json", "--report", report, "--",
    ]
}

func measured() throws -> Report {
    var report = Report(host: HostDescription(), object: object, calls: calls)
    func measure(_ place: String, _ words: [String], report file: String? = nil) {
        FileHandle.standardError.write(Data("measuring \(place)\n".utf8))
        do {
            let (p50, p99) = try connections(by: words)
            report.rows.append(
                Report.Row(place: place, p50: p50, p99: p99, decision: try file.map(Report.Decision.init(file:))))
        } catch { report.problems.append("\(place): \(error)") }
    }
    let file = ".build/bench/supervise-run.json"
    measure("unsupervised", [])
    for tier in ["interp-guest", "jit-guest", "interp-child", "jit-child"] {
        measure(tier, supervise("cgroup/connect4", tier: tier, report: file), report: file)
    }
    measure("unsupervised, again", [])
    return report
}

do {
    let report = try measured()
    let path = Results.directory + "/supervise"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(report).write(to: URL(filePath: path + ".json"), options: .atomic)
    print(report.text)
    print("\nThe same as JSON: \(path).json")
    exit(report.problems.isEmpty ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(2)
}
