internal import Foundation
internal import Measuring

// What operations on maps cost (S11): the same programs in cells and in the kernel, in one run.

/// Names in the arguments, or parts of names, choose among the operations.
func isChosen(_ name: String) -> Bool {
    let chosen = CommandLine.arguments.dropFirst()
    return chosen.isEmpty || chosen.contains { name.localizedCaseInsensitiveContains($0) }
}

let measurement = try Measurement()
var report = Report(host: HostDescription())
for operation in Operation.all where isChosen(operation.name) { report.rows += measurement.rows(of: operation) }
report.judge()
let long = try Workshop(Workshop.long)
for one in LaneRow.programs where isChosen(one.name) {
    report.lanes += LaneRow.rows(of: one.name, one.program, in: long)
}

try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
let path = Results.directory + "/operations"
try encoder.encode(report).write(to: URL(filePath: path + ".json"), options: .atomic)
try Data(report.plot.svg.utf8).write(to: URL(filePath: path + ".svg"), options: .atomic)
print(report.text)
print("\nThe same as JSON and as a plot: \(path).json, \(path).svg")
// A place that is not there is no failure; one in which something went wrong is.
let problems = report.rows.compactMap(\.problem) + report.lanes.compactMap(\.problem)
let isWrong = problems.contains { !$0.hasPrefix("not available") }
exit(isWrong ? 1 : 0)
