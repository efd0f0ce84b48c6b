import Foundation
import Testing

/// The files by which a service manager runs the service, judged by its own validator.
@Suite("Unit files")
struct UnitFilesTests {
    static let analyzer = URL(fileURLWithPath: "/usr/bin")
    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")

    /// Copies in which the service is the one that was built, since a validator asks whether there is one.
    private static func copies(_ workshop: borrowing Workshop) throws -> [String] {
        try ["ringfenced.service", "ringfenced.socket"].map { name in
            let source = Tool.repository.appendingPathComponent("Images/systemd/\(name)")
            let text = try String(contentsOf: source, encoding: .utf8)
                .replacing("/usr/bin/ringfenced", with: Tool.folder.appendingPathComponent("ringfenced").path)
            return try workshop.write(name, Array(text.utf8))
        }
    }

    @Test("the manager reads them without a word", .enabled(if: isThere, "needs systemd-analyze"))
    func verified() throws {
        let workshop = try Workshop()
        let ending = try Tool.run("systemd-analyze", ["verify"] + (try Self.copies(workshop)), in: Self.analyzer)
        #expect(ending.status == 0 && ending.output.isEmpty && ending.errors.isEmpty, "\(ending)")
    }

    @Test(
        "a service that is run by them is exposed no more than it has to be",
        .enabled(if: isThere, "needs systemd-analyze"))
    func exposure() throws {
        let workshop = try Workshop()
        // In tenths of the analyser's scale, of which 10 is what nothing protects; namespaces and their capabilities are what is left.
        let ending = try Tool.run(
            "systemd-analyze",
            ["security", "--offline=yes", "--threshold=40", "--no-pager", try Self.copies(workshop)[0]],
            in: Self.analyzer)
        #expect(ending.status == 0, "\(ending.output.suffix(300))\(ending.errors)")
    }
}
