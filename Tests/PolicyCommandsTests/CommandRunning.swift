import ArgumentParser
import CommandSupport
import FoundationEssentials
import Linux
import PolicyCommands
import Testing

/// The commands as one command, as `ringfence` has them.
struct TestedRingfence: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringfence", subcommands: [TestedPolicy.self, KeyCommand.self])
}

struct TestedPolicy: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "policy", subcommands: PolicyVerbs.all)
}

struct CommandResult {
    var status: Int32
    var text: String
    var failure: Failure?
}

/// Runs what stands after `ringfence`.
func ringfence(_ arguments: String...) -> CommandResult { ringfence(arguments) }

func ringfence(_ arguments: [String]) -> CommandResult {
    let output = Output()
    do {
        try output.collecting {
            var command = try TestedRingfence.parseAsRoot(arguments)
            try command.run()
        }
        return CommandResult(status: 0, text: output.text)
    } catch let error as Failure {
        return CommandResult(status: error.exitStatus.rawValue, text: output.text, failure: error)
    } catch let error as ExitCode {
        return CommandResult(status: error.rawValue, text: output.text)
    } catch {
        return CommandResult(
            status: ExitStatus.badInput.rawValue, text: TestedRingfence.fullMessage(for: error))
    }
}

/// A directory that is there for one test.
struct Workshop: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "ringfence-\(UInt64.random(in: 0 ... .max))").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String, permissions: Int = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
        return file
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }
}

let policiesFolder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies").standardized
    .path

func shipped(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(policiesFolder)/\(name)")))
}

/// What a shell command ended with.
func runShell(_ command: String) throws -> Int32 { try runFilter(command, input: [], outputLimit: 0).status }
