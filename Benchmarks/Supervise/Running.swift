internal import Foundation

/// Commands that are run for what they print.
enum Running {
    struct Failure: Error, CustomStringConvertible { let description: String }

    static func output(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(words[0]) ended with status \(process.terminationStatus)")
        }
        return text
    }
}
