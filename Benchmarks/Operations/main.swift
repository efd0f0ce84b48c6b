internal import Foundation
internal import Measuring

// What operations on maps cost (S11): the same programs in cells and in the kernel, in one run.

/// Names in the arguments, or parts of names, choose among the operations.
func isChosen(_ name: String) -> Bool {
    let chosen = CommandLine.arguments.dropFirst()
    return chosen.isEmpty || chosen.contains { name.localizedCaseInsensitiveContains($0) }
}

/// The table comes at the end, minutes later.
func say(_ name: String) { FileHandle.standardError.write(Data("measuring \(name)\n".utf8)) }

let path = Results.directory + "/operations"

/// Writes what there is so far: a run that is ended early leaves what it found.
func keep(_ report: Report) throws {
    try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(report).write(to: URL(filePath: path + ".json"), options: .atomic)
    try Data(report.plot.svg.utf8).write(to: URL(filePath: path + ".svg"), options: .atomic)
}

/// In a function of its own, so that what it starts ends with it.
func measured() throws -> Report {
    let measurement = try Measurement()
    var report = Report(host: HostDescription())
    for operation in Operation.all where isChosen(operation.name) {
        say(operation.name)
        report.rows += measurement.rows(of: operation)
        try keep(report)
    }
    report.judge()
    let long = try Workshop(Workshop.long)
    for one in LaneRow.programs where isChosen(one.name) {
        say("\(one.name) on several lanes")
        report.lanes += LaneRow.rows(of: one.name, one.program, in: long)
    }
    return report
}

let report = try measured()
try keep(report)
print(report.text)
print("\nThe same as JSON and as a plot: \(path).json, \(path).svg")
// A place that is not there is no failure; one in which something went wrong is.
let problems = report.rows.compactMap(\.problem) + report.lanes.compactMap(\.problem)
exit(problems.contains { !$0.hasPrefix("not available") } ? 1 : 0)
