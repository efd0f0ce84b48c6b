import Foundation
import Testing

/// What a confined process may open. The flags are open(2)'s: 0 read, 1 write, 2 both, 0o100 create.
@Suite("Files")
struct FileViewTests {
    static let denied = -13

    @Test(
        "a broker reads everywhere and writes beneath its paths only",
        arguments: [
            ("/proc/self/mem", 0, 0), ("/proc/self/mem", 1, denied), ("/proc/self/mem", 2, denied),
            ("/proc/thread-self/mem", 2, denied), ("/proc/self/task/../mem", 2, denied),
            ("/proc/self/maps", 0, 0), ("/proc/self/oom_score_adj", 1, denied), ("/etc/passwd", 0, 0),
            ("/dev/kvm", 2, denied), ("/tmp", 0, 0),
        ])
    func broker(path: String, flags: Int, expected: Int) throws {
        #expect(try Probe.run(["open", "broker", "\(flags)", path]) == ["\(expected)"])
    }

    @Test("a path that the broker lists can be written, and its neighbour cannot")
    func listedPath() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("view-\(UUID().uuidString)")
        let inner = directory.appendingPathComponent("inner").path
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let flags = "\(0o101)"
        #expect(try Probe.run(["open", "broker", flags, inner + "/new", inner]) == ["0"])
        #expect(try Probe.run(["open", "broker", flags, directory.path + "/new", inner]) == ["\(Self.denied)"])
        // A path listed as a single file.
        let file = inner + "/new"
        #expect(try Probe.run(["open", "broker", "1", file, file]) == ["0"])
    }

    @Test("a path that does not exist stops the confinement, by name")
    func missingPath() throws {
        #expect(throws: Probe.Failure.self) { try Probe.run(["open", "broker", "0", "/etc/passwd", "/no/such/path"]) }
    }

    @Test(
        "a spawner opens nothing but /proc, and that to read",
        arguments: [
            ("/proc/self/maps", 0, 0), ("/proc/self/mem", 2, denied), ("/etc/passwd", 0, denied),
            ("/dev/kvm", 2, denied),
            ("/", 0, denied), ("/tmp/new-file", 0o101, denied),
        ])
    func spawner(path: String, flags: Int, expected: Int) throws {
        #expect(try Probe.run(["open", "spawner", "\(flags)", path]) == ["\(expected)"])
    }
}
