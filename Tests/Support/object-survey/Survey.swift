import Foundation

/// What became of a program, or of a whole object.
struct Outcome {
    enum Step: Int {
        case notLoaded, notProven, notRun, ran
    }
    var object: String
    /// Nil: of the object as a whole.
    var program: String?
    var step: Step
    var reason: String

    var line: String {
        let fields = ["object": object, "program": program ?? "", "step": "\(step)", "reason": reason]
        let data = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

struct Survey {
    let ringfence: String
    /// Has the key and the policy of this run.
    private let folder: String
    private let policy: [String]

    /// An Ethernet frame with a TCP segment from 10.0.0.1 to 10.0.0.2, port 80.
    private static let frame =
        "020000000002020000000001080045000028000040004006"
        + "26ce0a0000010a000002303900500000000000000000500220000000"
        + "0000000000000000000000000000"

    /// Makes a policy that permits everything in every tier, which a survey may: what runs is contained all the same.
    init(ringfence: String) throws {
        self.ringfence = ringfence
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("survey-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let types =
            Self.ask(ringfence, ["test-run", "none.o", "--type", "none"]).errors
            .components(separatedBy: "write one of ").last?.split(separator: "\n").first ?? ""
        let names = types.components(separatedBy: ", ").map { "\"\($0)\"" }.joined(separator: ", ")
        let text = """
            schema  = "ringfence-policy/v1"
            kind    = "base"
            id      = "survey"
            version = 1
            issued  = 2020-01-01T00:00:00Z
            expires = 2120-01-01T00:00:00Z
            mode    = "enforce"

            [[permit]]
            id   = "everything"
            tier = "jit-child"
            when = { type = [\(names)] }
            unsafe_no_author = true
            """
        try text.write(toFile: "\(folder)/all.toml", atomically: true, encoding: .utf8)
        policy = ["--policy", "\(folder)/all.dsse", "--trust", "\(folder)/key.pub", "--tier", "jit-child"]
        let made = Self.ask(ringfence, ["key", "new", "--out", "\(folder)/key"])
        let signed = Self.ask(
            ringfence,
            ["policy", "sign", "\(folder)/all.toml", "--key", "\(folder)/key.key", "--out", "\(folder)/all.dsse"])
        guard made.status == 0, signed.status == 0 else {
            print(made.errors + signed.errors + signed.output)
            exit(2)
        }
    }

    /// To be called at the end: nothing of the key is left.
    func removePolicy() { try? FileManager.default.removeItem(atPath: folder) }

    func outcomes(of object: String) -> [Outcome] {
        let shown = Self.ask(ringfence, ["inspect", object, "--json"])
        guard let programs = shown.report["programs"] as? [[String: Any]] else {
            return [Outcome(object: object, program: nil, step: .notLoaded, reason: shown.problem)]
        }
        // What sections do not say, those of the same object with a telling section do.
        let types = programs.compactMap { $0["type"] as? String }
        let usual = Dictionary(grouping: types) { $0 }.max { $0.value.count < $1.value.count }?.key
        var outcomes = programs.compactMap { program in
            (program["name"] as? String).map {
                outcome(of: $0, in: object, program["type"] as? String ?? usual ?? "xdp")
            }
        }
        for omitted in shown.report["omitted"] as? [[String: Any]] ?? [] {
            outcomes.append(
                Outcome(
                    object: object, program: omitted["name"] as? String, step: .notProven,
                    reason: "not linked: \(Self.general("\(omitted["reason"] ?? "")"))"))
        }
        return outcomes
    }

    private func outcome(of program: String, in object: String, _ type: String) -> Outcome {
        var proof = Self.ask(ringfence, ["verify", object, "--program", program, "--json"])
        var typed: [String] = []
        if proof.output.contains("names no type of programs") || proof.output.contains("names no program type") {
            typed = ["--type", type]
            proof = Self.ask(ringfence, ["verify", object, "--program", program, "--json"] + typed)
        }
        let verdict = (proof.report["programs"] as? [[String: Any]])?.first
        guard proof.status == 0 else {
            let finding = (verdict?["findings"] as? [[String: Any]])?.first
            let reason = (finding?["title"] ?? verdict?["problem"] ?? verdict?["verdict"]).map { "\($0)" }
            return Outcome(object: object, program: program, step: .notProven, reason: reason ?? proof.problem)
        }
        let asked = ["test-run", object, "--program", program, "--json"] + typed + policy
        var run = Self.ask(ringfence, asked + ["--data-in", Self.frame])
        // Not every event has a packet.
        if run.status == 2, run.output.contains("have no packet") { run = Self.ask(ringfence, asked) }
        guard run.status == 0 else {
            return Outcome(object: object, program: program, step: .notRun, reason: run.problem)
        }
        return Outcome(object: object, program: program, step: .ran, reason: "")
    }

    // MARK: the command

    private struct Answer {
        var status: Int32
        var output: String
        var errors: String

        var report: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
        }

        /// Why it did not work, without the names in it.
        var problem: String {
            if let error = report["error"] as? [String: Any], let problem = error["problem"] as? String {
                return Survey.general(problem)
            }
            if let code = report["code"] as? String { return code }
            return "status \(status)"
        }
    }

    /// A reason without what is particular to one program.
    private static func general(_ reason: String) -> String {
        if let calls = reason.range(of: "calls what a cell does not have: ") {
            // bpf_a (why), bpf_b (why): one line for each.
            return reason[calls.upperBound...].replacing("), ", with: ")\n").split(separator: "\n")
                .map { "calls \($0)" }.joined(separator: "\n")
        }
        return reason.replacing(/'[^']*'|offset [0-9]+/, with: "…")
            .replacing(/program [^ ]+ is in section ([a-z_]+)[^ ]*,/, with: { "a section \($0.1)…," })
    }

    private static func ask(_ command: String, _ arguments: [String]) -> Answer {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = arguments
        let (output, errors) = (FileManager.default.temporaryDirectory, UUID().uuidString)
        let paths = (output.appendingPathComponent("\(errors).out"), output.appendingPathComponent("\(errors).err"))
        defer { for path in [paths.0, paths.1] { try? FileManager.default.removeItem(at: path) } }
        for path in [paths.0, paths.1] { _ = FileManager.default.createFile(atPath: path.path, contents: nil) }
        process.standardOutput = try? FileHandle(forWritingTo: paths.0)
        process.standardError = try? FileHandle(forWritingTo: paths.1)
        do { try process.run() } catch { return Answer(status: -1, output: "", errors: "\(error)") }
        process.waitUntilExit()
        func text(_ path: URL) -> String { (try? String(contentsOf: path, encoding: .utf8)) ?? "" }
        return Answer(status: process.terminationStatus, output: text(paths.0), errors: text(paths.1))
    }
}
