import Foundation
import ProgramPackage
import Testing

@testable import ObjectFile

/// Reads every object under $RINGFENCE_SAMPLES and says what became of each: for looking at collections that are not
/// part of this repository.
@Suite("Objects of others", .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_SAMPLES"] != nil))
struct SurveyTests {
    /// Objects that are no objects, by the last part of their path.
    private static let invalid: [String: String] = [
        // A section begins inside of the ELF header.
        "invalid/badsymsize.o": "overlaps the file's headers",
        // The last slot of a function is the first half of a 64-bit immediate.
        "invalid/invalid-lddw.o": "the second half of the 64-bit immediate is missing",
    ]

    @Test("every object gives a package that survives its own bytes, or a named error")
    func survey() throws {
        let root = ProcessInfo.processInfo.environment["RINGFENCE_SAMPLES"] ?? ""
        var read = 0, programs = 0, omitted = 0
        var refused: [(String, ObjectError)] = []
        var rows: [String] = []
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: URL(fileURLWithPath: root), includingPropertiesForKeys: nil))
        {
            guard file.pathExtension == "o", let data = try? Data(contentsOf: file) else { continue }
            do throws(ObjectError) {
                let package = try ObjectReader.read(Array(data))
                let again = try? ObjectPackage(parsing: package.serialized())
                #expect(again == package, "\(file.path)")
                read += 1
                programs += package.programs.count
                omitted += package.omitted.count
                for program in package.programs {
                    let types = program.needsRelocation.joined(separator: ",")
                    rows.append("PROGRAM\t\(file.path)\t\(program.section)\t\(program.name)\t\(types)")
                }
                for program in package.omitted {
                    rows.append("OMITTED\t\(file.path)\t\(program.section)\t\(program.name)\t\(program.reason)")
                }
            } catch {
                refused.append((file.path, error))
                let argument = Self.invalid.first { file.path.hasSuffix($0.key) }
                #expect(argument.map { "\(error)".contains($0.value) } ?? false, "\(file.path): \(error)")
            }
        }
        print("read \(read) objects, \(programs) programs, \(omitted) left out; refused \(refused.count)")
        for (path, error) in refused.sorted(by: { $0.0 < $1.0 }) { print("REFUSED \(path): \(error)") }
        if let list = ProcessInfo.processInfo.environment["RINGFENCE_SAMPLES_LIST"] {
            try rows.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        }
    }
}
