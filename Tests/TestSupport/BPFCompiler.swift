import Foundation

/// Compiles C for BPF with the toolchain's clang. Objects are kept by content under the temporary directory, so a
/// test run compiles each source once.
public enum BPFCompiler {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    /// The flags of an ordinary program: optimised, with types and line info.
    public static let usualFlags = ["-O2", "-g"]

    /// The bytes of the object that clang makes of a source.
    public static func object(_ source: String, flags: [String] = usualFlags) throws -> [UInt8] {
        let arguments = ["--target=bpf"] + flags
        return try cached("\(clang.path)\u{0}\(arguments)\u{0}\(source)") { output, temporary in
            // A file and not standard input: line info has the text of each line only where clang can read it again.
            let input = output.deletingPathExtension().appendingPathExtension("c")
            try Data(source.utf8).write(to: input, options: .atomic)
            try run(clang, arguments + ["-c", input.path, "-o", temporary.path])
        }
    }

    /// Whether gcc compiles for BPF here.
    public static let hasGNU = FileManager.default.isExecutableFile(atPath: gnu.path)

    private static let gnu = URL(fileURLWithPath: "/usr/bin/bpf-gcc")

    /// The bytes of the object that gcc makes of a source; nil where there is no gcc for BPF.
    public static func gnuObject(_ source: String, flags: [String] = []) throws -> [UInt8]? {
        guard hasGNU else { return nil }
        let arguments = ["-O2", "-gbtf", "-mcpu=v3"] + flags
        return try cached("\(gnu.path)\u{0}\(arguments)\u{0}\(source)") { output, temporary in
            let input = output.deletingPathExtension().appendingPathExtension("c")
            try Data(source.utf8).write(to: input, options: .atomic)
            try run(gnu, arguments + ["-c", input.path, "-o", temporary.path])
        }
    }

    /// An object as llvm-objcopy with these flags (`-g`, `--strip-all`, …) leaves it.
    public static func stripped(_ object: [UInt8], flags: [String]) throws -> [UInt8] {
        let tool = clang.deletingLastPathComponent().appendingPathComponent("llvm-objcopy")
        let input = try folder().appendingPathComponent("\(UUID().uuidString).o")
        try Data(object).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let output = input.appendingPathExtension("out")
        try run(tool, flags + [input.path, output.path])
        defer { try? FileManager.default.removeItem(at: output) }
        return try Array(Data(contentsOf: output))
    }

    /// The disassembly that the toolchain prints, or nil where it has no llvm-objdump.
    public static func objdump(_ object: [UInt8], flags: [String]) throws -> String? {
        let tool = clang.deletingLastPathComponent().appendingPathComponent("llvm-objdump")
        guard FileManager.default.isExecutableFile(atPath: tool.path) else { return nil }
        let input = try folder().appendingPathComponent("\(UUID().uuidString).o")
        try Data(object).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        return String(decoding: try run(tool, flags + [input.path]), as: UTF8.self)
    }

    /// `$RINGFENCE_CLANG`, or the clang beside `swift` on the path.
    private static let clang: URL = {
        if let path = ProcessInfo.processInfo.environment["RINGFENCE_CLANG"] { return URL(fileURLWithPath: path) }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders where FileManager.default.isExecutableFile(atPath: folder + "/swift") {
            let swift = URL(fileURLWithPath: folder + "/swift").resolvingSymlinksInPath()
            for place in [URL(fileURLWithPath: folder), swift.deletingLastPathComponent()] {
                let clang = place.appendingPathComponent("clang")
                if FileManager.default.isExecutableFile(atPath: clang.path) { return clang }
            }
        }
        return URL(fileURLWithPath: "/usr/bin/clang")
    }()

    private static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-test-objects")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func cached(_ key: String, make: (_ final: URL, _ temporary: URL) throws -> Void) throws -> [UInt8] {
        // FNV-1a, twice with different starts: names for files, not security.
        var name = ""
        for start: UInt64 in [0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15] {
            name += String(key.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
        }
        let final = try folder().appendingPathComponent("\(name).o")
        if let data = try? Data(contentsOf: final), !data.isEmpty { return Array(data) }
        let temporary = final.appendingPathExtension(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: temporary) }
        try make(final, temporary)
        let bytes = try Array(Data(contentsOf: temporary))
        // Tests run side by side: the file appears whole or not at all.
        try? FileManager.default.moveItem(at: temporary, to: final)
        return bytes
    }

    @discardableResult private static func run(
        _ tool: URL, _ arguments: [String]
    ) throws -> [UInt8] {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(tool.lastPathComponent) \(arguments.joined(separator: " ")): \(complaint)")
        }
        return Array(text)
    }
}
