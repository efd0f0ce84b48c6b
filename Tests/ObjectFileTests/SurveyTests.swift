import Foundation
import ProgramPackage
import Testing

@testable import ObjectFile

/// Reads every object under $RINGFENCE_SAMPLES and says what became of each: for looking at collections that are not
/// part of this repository.
@Suite("Objects of others", .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_SAMPLES"] != nil))
struct SurveyTests {
    @Test("every object gives a package that survives its own bytes, or a named error")
    func survey() throws {
        let root = ProcessInfo.processInfo.environment["RINGFENCE_SAMPLES"] ?? ""
        var read = 0, programs = 0
        var refused: [(String, ObjectError)] = []
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: URL(fileURLWithPath: root), includingPropertiesForKeys: nil))
        {
            guard file.pathExtension == "o", let data = try? Data(contentsOf: file) else { continue }
            do throws(ObjectError) {
                let package = try ObjectReader.read(Array(data))
                let again = try? ObjectPackage(parsing: package.serialized())
                #expect(again == package)
                read += 1
                programs += package.programs.count
            } catch {
                refused.append((file.path, error))
            }
        }
        print("read \(read) objects, \(programs) programs; refused \(refused.count)")
        for (path, error) in refused.sorted(by: { $0.0 < $1.0 }) { print("REFUSED \(path): \(error)") }
    }
}
