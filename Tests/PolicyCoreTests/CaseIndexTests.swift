import Foundation
import Testing

/// The cases that the policy layer has to stand up to, T01 to T112, are found by their numbers in the names of tests: of what a case demands,
/// nothing is lost by renaming or moving a test.
@Suite("The cases of the policy layer")
struct CaseIndexTests {
    static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What stands between the quotation marks after `@Test(`, in every source of every test.
    static func names() throws -> [String] {
        let files = try #require(FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil))
        var names: [String] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            for match in source.matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"/) { names.append(String(match.1)) }
        }
        return names
    }

    @Test("each of the 112 cases is in the name of a test, and no test names a case that there is not")
    func index() throws {
        let names = try Self.names()
        // Were the pattern to find nothing, nothing would be missed.
        #expect(names.count > 500)
        var found: Set<Int> = []
        for name in names {
            for match in name.matches(of: /\bT([0-9]{2,3})\b/) { found.insert(try #require(Int(match.1))) }
        }
        #expect(Set(1...112).subtracting(found).sorted() == [])
        #expect(found.subtracting(1...112).sorted() == [])
    }
}
