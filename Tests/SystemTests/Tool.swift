import Foundation

/// The commands as a user has them: the executables beside the test runner, run as processes.
enum Tool {
    struct Ending {
        var status: Int32
        var output: String
        var errors: String
    }

    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// The top of the repository: where captures, programs and policies lie.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let capture = repository.appendingPathComponent("Tests/Captures/mixed.pcap").path

    static func process(
        _ name: String, _ arguments: [String], _ output: Any, _ errors: Any, in folder: URL = folder
    ) -> Process {
        let process = Process()
        process.executableURL = folder.appendingPathComponent(name)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        return process
    }

    static func run(_ name: String, _ arguments: [String], in folder: URL = folder) throws -> Ending {
        let output = Pipe()
        let errors = Pipe()
        let process = process(name, arguments, output, errors, in: folder)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Ending(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaints, as: UTF8.self))
    }
}

/// A folder of its own for a test, with a key, a signed policy and an object; removed afterwards.
struct Workshop: ~Copyable {
    let folder: URL

    /// - Parameter ceiling: the tier that the example policy permits, where it is to be another than its own.
    init(ceiling: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try Tool.run("ringfence", ["key", "new", "--out", path("dev")])
        var policy = Tool.repository.appendingPathComponent("Policies/example.toml").path
        if let ceiling {
            policy = path("policy.toml")
            try Self.policy(ceiling: ceiling).write(toFile: policy, atomically: false, encoding: .utf8)
        }
        _ = try Tool.run(
            "ringfence", ["policy", "sign", policy, "--key", path("dev.key"), "--out", path("policy.dsse")])
    }

    /// The example policy with another ceiling, generated code allowed in guests.
    static func policy(ceiling: String) throws -> String {
        let example = Tool.repository.appendingPathComponent("Policies/example.toml")
        let text = try String(contentsOf: example, encoding: .utf8)
        // The first rule is the permit; the self-tests that follow are those of the policy as it was.
        let rules = String(text.split(separator: "# Self-tests", maxSplits: 1)[0])
        return rules.replacing("tier = \"interp-guest\"", with: "tier = \"\(ceiling)\"", maxReplacements: 1)
            .replacing("guest_codegen = false", with: "guest_codegen = true")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// The arguments that every run needs.
    var trusted: [String] { ["--policy", path("policy.dsse"), "--trust", path("dev.pub"), "--pcap", Tool.capture] }
}
