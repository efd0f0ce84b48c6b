import Foundation
import Testing

@testable import Confinement

/// A run of `confinement-probe`, which lies beside the executable of the tests.
enum Probe {
    struct Failure: Error { let text: String }

    static var path: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("confinement-probe").path
    }

    /// The lines it printed. Fails if it did not end by itself with 0.
    static func run(_ arguments: [String], input: String = "") throws -> [String] {
        let (process, output) = try start(arguments, input: input)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(text: "\(arguments) ended with \(process.terminationStatus): \(text)")
        }
        return text.split(separator: "\n").map(String.init)
    }

    /// Runs `body` with the id of a probe that is confined and waits, then kills it.
    static func holding(_ role: String, _ body: (Int32) throws -> Void) throws {
        let (process, output) = try start(["hold", role], input: nil)
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard line == "ready\n" else { throw Failure(text: "\(role): \(line)") }
        try body(process.processIdentifier)
    }

    private static func start(_ arguments: [String], input: String?) throws -> (Process, Pipe) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        if let input {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID().uuidString)")
            try input.write(to: file, atomically: false, encoding: .utf8)
            process.standardInput = try FileHandle(forReadingFrom: file)
            try FileManager.default.removeItem(at: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        return (process, output)
    }
}
