internal import Foundation
internal import Measuring

// What isolation costs: the same programs and events in every tier, without a fence in this process, and in the kernel.

let measurement = Measurement()
let tiny = try Subject.tiny()
var report = Report(host: HostDescription())
var idle = try measurement.rows(of: tiny, beside: [])
try measurement.start(tiny, &idle)
report.rows = idle
var subjects = try Subject.loops()
do { subjects.insert(try Subject.firewall(), at: 0) } catch {
    print("NOT MEASURED: the example firewall (make examples): \(error)")
}
for subject in subjects { report.rows += try measurement.rows(of: subject, beside: idle) }
report.judge()

try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
let path = Results.directory + "/isolation"
try encoder.encode(report).write(to: URL(filePath: path + ".json"), options: .atomic)
try Data(report.plot.svg.utf8).write(to: URL(filePath: path + ".svg"), options: .atomic)
print(report.text)
print("\nThe same as JSON and as a plot: \(path).json, \(path).svg")
