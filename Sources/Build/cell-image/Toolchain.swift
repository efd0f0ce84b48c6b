import Foundation

/// The tools that lie beside the compiler.
struct Toolchain {
    let swiftc: String

    func run(_ tool: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: swiftc).deletingLastPathComponent().appending(path: tool)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BuildError.toolFailed(tool, status: process.terminationStatus)
        }
    }
}

/// Bytes as a Swift source: a string literal compiles a hundred times faster than an array literal of the same bytes.
struct GeneratedSource {
    let name: String
    let meaning: String

    func write(_ bytes: Data, to path: String) throws {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("/// \(meaning)\nlet \(name): StaticString = \"".utf8)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        text += Array("\"\n".utf8)
        try Data(text).write(to: URL(filePath: path), options: .atomic)
    }
}
