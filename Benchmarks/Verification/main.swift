internal import Foundation
internal import Linux
internal import Measuring
internal import ObjectFile
internal import ProgramPackage

// Verifies every program of every object beneath a folder, and asks the kernel's verifier about the same program in the same turn.
//
//   RINGFENCE_SAMPLES   the folder
//   RINGFENCE_REPEATS   how often each program is verified; the shortest time counts (default 1)
//   RINGFENCE_KERNEL    0: the kernel is not asked

let environment = ProcessInfo.processInfo.environment
guard let folder = environment["RINGFENCE_SAMPLES"] else {
    print("RINGFENCE_SAMPLES must name a folder with eBPF objects")
    exit(2)
}
let repeats = environment["RINGFENCE_REPEATS"].flatMap { Int($0) } ?? 1
let asksKernel = environment["RINGFENCE_KERNEL"] != "0"
let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
let objects = paths.filter { $0.hasSuffix(".o") }.sorted()
guard !objects.isEmpty else {
    print("there is no object beneath \(folder)")
    exit(2)
}

// Looking for a breaking input is another question than whether there is one.
var options = VerifierOptions()
options.confirms = false

let before = peakResidentBytes()
var rows: [Row] = []
for object in objects {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder).appending(path: object)))
    do throws(ObjectError) {
        var package = try ObjectReader.read(bytes)
        // What a licence allows is no question of safety, and the same for both.
        package.licence = "GPL"
        let kernel = asksKernel ? KernelVerifier(package) : nil
        for index in package.programs.indices {
            rows.append(
                Row(index, of: package, object: object, kernel: kernel, repeats: repeats, options: options))
        }
    } catch { rows.append(Row(object: object, refused: error)) }
}
let comparison = Comparison(rows, residentBytesBefore: before, residentBytesPeak: peakResidentBytes())
print(comparison.text)
try comparison.figure.map(Results.keep)
print("\nThe same as JSON: \(try comparison.write())")

/// The most memory that this process ever had resident.
func peakResidentBytes() -> UInt64 {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) })
    else { return 0 }
    return kilobytes * 1024
}
