import Foundation

/// clang and llvm-objdump as they stand beside the `swift` that runs the tests.
///
/// Others on the search path may be older than CPU version 4 and are not asked.
struct Toolchain {
    let clang: URL
    let objdump: URL

    static let found: Toolchain? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in path.split(separator: ":") {
            let swift = URL(filePath: "\(directory)/swift").resolvingSymlinksInPath()
            let tools = swift.deletingLastPathComponent()
            let toolchain = Toolchain(
                clang: tools.appending(path: "clang"), objdump: tools.appending(path: "llvm-objdump"))
            if [swift, toolchain.clang, toolchain.objdump].allSatisfy({
                FileManager.default.isExecutableFile(atPath: $0.path)
            }) {
                return toolchain
            }
        }
        return nil
    }()

    struct Failure: Error {
        var command: String
        var output: String
    }

    /// What clang makes of assembly text and how objdump prints it.
    func assemble(_ text: String) throws -> (bytes: [UInt8], lines: [String]) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "bytecode-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let source = directory.appending(path: "text.s")
        let object = directory.appending(path: "text.o")
        try text.write(to: source, atomically: false, encoding: .utf8)
        _ = try run(clang, ["--target=bpf", "-mcpu=v4", "-c", source.path, "-o", object.path])
        let listing = try run(objdump, ["-d", object.path])
        return Self.parse(listing)
    }

    /// Lines such as `      18:\t25 01 03 00 05 00 00 00\tif r1 > 0x5 goto +0x3 <.text+0xb0>`.
    private static func parse(_ listing: String) -> (bytes: [UInt8], lines: [String]) {
        var bytes: [UInt8] = []
        var lines: [String] = []
        for line in listing.split(separator: "\n") {
            let columns = line.split(separator: "\t", maxSplits: 2)
            guard columns.count == 3, columns[0].hasSuffix(":") else { continue }
            bytes += columns[1].split(separator: " ").compactMap { UInt8($0, radix: 16) }
            lines.append(String(columns[2]))
        }
        return (bytes, lines)
    }

    private func run(_ tool: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = tool
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(command: "\(tool.path) \(arguments)", output: text)
        }
        return text
    }
}
