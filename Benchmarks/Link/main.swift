internal import Foundation
internal import Measuring

// Packets through a program between two interfaces: in each tier, and in the kernel, in one run. Needs root.

let object = ".build/examples/firewall.bpf.o"
let rates = [1_000, 10_000, 50_000, 100_000, 200_000, 400_000]

func measure(_ place: String, _ traffic: inout Traffic, _ report: inout Report) throws {
    FileHandle.standardError.write(Data("measuring \(place)\n".utf8))
    guard try traffic.isUp(withinSeconds: 20) else {
        report.problems.append("\(place): no packet arrived")
        return
    }
    for rate in rates {
        let started = Date()
        let outcome = try traffic.run(rate: rate, seconds: 1)
        // Where not as many could be sent in a second, it took longer.
        let seconds = max(1, Date().timeIntervalSince(started) - 0.1)
        report.rows.append(
            Report.Row(
                place: place, offered: rate, sentPerSecond: Double(outcome.sent) / seconds,
                receivedPerSecond: Double(outcome.received) / seconds,
                loss: 1 - Double(outcome.received) / Double(max(outcome.sent, 1)), latency: outcome.latency))
    }
}

func measured() throws -> Report {
    var report = Report(host: HostDescription(), object: object)
    let wires = try Wires()
    var traffic = try Traffic()
    try wires.withKernel(nil) { try measure("kernel, no program", &traffic, &report) }
    do {
        try wires.withKernel(object) { try measure("kernel, generic XDP", &traffic, &report) }
    } catch let failure as Wires.Failure { report.problems.append("kernel, generic XDP: \(failure)") }
    for tier in ["interp-guest", "jit-guest", "interp-child", "jit-child"] {
        let link = try Link(object, tier: tier)
        try withExtendedLifetime(link) { try measure(tier, &traffic, &report) }
    }
    let link = try Link(object, tier: "jit-child", lanes: 2)
    try withExtendedLifetime(link) { try measure("jit-child, 2 lanes", &traffic, &report) }
    return report
}

do {
    let report = try measured()
    let path = Results.directory + "/link"
    try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(report).write(to: URL(filePath: path + ".json"), options: .atomic)
    try Data(report.svg.utf8).write(to: URL(filePath: path + ".svg"), options: .atomic)
    print(report.text)
    print("\nThe same as JSON and as a plot: \(path).json, \(path).svg")
    exit(report.problems.isEmpty ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(2)
}
