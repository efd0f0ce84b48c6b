import Foundation

/// `make survey SAMPLES=DIR`: what of a collection of objects loads, is proven and runs an event here, and the reason for what does not.
///
/// It asks `ringfence`, as its user would, and knows nothing else.
let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    print("usage: object-survey DIRECTORY RINGFENCE DETAILS.jsonl")
    exit(2)
}
let details = URL(fileURLWithPath: arguments[3])
guard
    let found = FileManager.default.enumerator(
        at: URL(fileURLWithPath: arguments[1]), includingPropertiesForKeys: nil)
else {
    print("\(arguments[1]) is no directory")
    exit(2)
}
let survey = try Survey(ringfence: arguments[2])
let objects = found.compactMap { $0 as? URL }.filter { $0.pathExtension == "o" }.map(\.path).sorted()
var outcomes: [Outcome] = []
for (index, object) in objects.enumerated() {
    FileHandle.standardError.write(Data("\r\(index + 1)/\(objects.count) \(outcomes.count) programs".utf8))
    outcomes += survey.outcomes(of: object)
}
survey.removePolicy()
FileHandle.standardError.write(Data("\n".utf8))
try outcomes.map(\.line).joined(separator: "\n").write(to: details, atomically: true, encoding: .utf8)
print(Summary(objects: objects, outcomes).text)
