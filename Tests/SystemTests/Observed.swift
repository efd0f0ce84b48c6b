import CKernelRun
import Foundation
import TestSupport
import Testing

/// A host that is observed by one object.
final class Observed {
    /// Loading programs into the kernel is root's.
    static let isPossible = geteuid() == 0 && kernelrun_count_programs("") >= 0
    static let reason = "needs root, and a kernel that lets it use bpf(2)"

    let workshop: Workshop
    private let hooks: [String]
    private var live: String { workshop.path("live") }

    init(_ object: [UInt8], hooks: [String]) throws {
        workshop = try Workshop()
        self.hooks = hooks
        let text = try Workshop.policy(ceiling: "jit-child")
            .replacing("[\"xdp\"]", with: "[\"tracepoint\", \"cgroup_sock_addr\", \"cgroup_sock\"]")
            .replacing("{ xdp = \"closed\" }", with: "{ tracepoint = \"open\" }")
        _ = try workshop.write("own.toml", Array(text.utf8))
        let signed = try Tool.run(
            "ringfence",
            [
                "policy", "sign", workshop.path("own.toml"), "--key", workshop.path("dev.key"), "--out",
                workshop.path("own.dsse"),
            ])
        try #require(signed.status == 0, "\(signed.errors)")
        _ = try workshop.write("object.bpf.o", object)
    }

    static func compile(_ source: String) throws -> [UInt8] {
        let folder = Tool.repository.appendingPathComponent("Images/programs").path
        return try BPFCompiler.object(
            source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu", "-I\(folder)"])
    }

    func arguments(_ more: [String]) -> [String] {
        ["observe"] + hooks.flatMap { ["--hook", "\($0)=\(workshop.path("object.bpf.o"))"] }
            + [
                "--policy", workshop.path("own.dsse"), "--trust", workshop.path("dev.pub"), "--json", "--live", live,
            ] + more
    }

    /// Starts it, and comes back once it looks.
    func start(_ more: [String]) throws -> BackgroundTool {
        let running = try BackgroundTool("ringfence", arguments(more))
        for _ in 0..<600 {
            if try running.hasEnded || !commands().isEmpty { break }
            usleep(50_000)
        }
        // It shows itself before it throws away what was there before.
        usleep(300_000)
        return running
    }

    private func commands() throws -> [[String: Any]] {
        let ending = try Tool.run("ringfence", ["top", "--live", live, "--json", "--interval", "0.1"])
        let report = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        return report?["commands"] as? [[String: Any]] ?? []
    }

    /// The process of the only program's cell.
    func cell() throws -> pid_t? {
        let programs = try commands().first?["programs"] as? [[String: Any]]
        return (programs?.first?["cellProcess"] as? Int).map(pid_t.init)
    }

    func end(_ running: BackgroundTool) throws -> [String: Any] {
        usleep(300_000)
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)\(running.output.prefix(500))")
        return try #require(try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any])
    }

    /// Runs a program to its end; the number that its process had.
    static func execute(_ path: String, _ arguments: [String] = []) throws -> pid_t {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.processIdentifier
    }

    /// The elements of a map in a report, which are hexadecimal there.
    static func elements(of map: String, in report: [String: Any]) throws -> [[UInt8]: [UInt8]] {
        let maps = try #require(report["maps"] as? [[String: Any]])
        let found = try #require(maps.first { $0["name"] as? String == map })
        var elements: [[UInt8]: [UInt8]] = [:]
        for entry in try #require(found["entries"] as? [[String: Any]]) {
            elements[try bytes(entry["key"])] = try bytes((entry["values"] as? [Any])?.first)
        }
        return elements
    }

    private static func bytes(_ value: Any?) throws -> [UInt8] {
        let text = try #require((value as? [String: Any])?["hex"] as? String)
        let digits = Array(text.filter(\.isHexDigit))
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}

/// A cgroup of version 2 that a test has for itself.
final class OwnCgroup {
    let path: String

    private static let root: String? = {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 2, words[2] == "cgroup2" { return String(words[1]) }
        }
        return nil
    }()

    static let isPossible = root != nil

    init() throws {
        path = "\(try #require(Self.root))/ringfence-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { rmdir(path) }

    /// Runs a command in it.
    func run(_ command: [String]) throws -> Tool.Ending {
        try Tool.run(
            "sh", ["-c", "echo $$ > \(path)/cgroup.procs && exec \"$@\"", "sh"] + command,
            in: URL(fileURLWithPath: "/bin"))
    }
}
