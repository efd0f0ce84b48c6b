import Foundation

/// The folder of the `swift` that the search path finds, where its clang, linker and object tools lie.
public enum ToolchainFolder {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    public static func tool(_ name: String) throws -> URL {
        for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            let swift = URL(fileURLWithPath: "\(folder)/swift").resolvingSymlinksInPath()
            guard FileManager.default.isExecutableFile(atPath: swift.path) else { continue }
            for place in [swift.deletingLastPathComponent(), URL(fileURLWithPath: String(folder))] {
                let tool = place.appendingPathComponent(name)
                if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
            }
        }
        throw Failure(description: "no \(name) beside a swift on the search path")
    }

    /// Runs a tool and returns what it printed; throws what it printed where it failed.
    @discardableResult public static func run(_ tool: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(tool.lastPathComponent) \(arguments.joined(separator: " ")): \(text)")
        }
        return text
    }
}

/// A folder of its own that goes with the closure's end.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
