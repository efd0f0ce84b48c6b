internal import CellImage
internal import Foundation
internal import Measuring

/// Counts over the image: they do not depend on the machine.
enum ImageFigure {
    static func measure() throws -> Figure {
        let bytes = Double(CellImage.bytes.count)
        guard let tools = ProcessInfo.processInfo.environment["RINGFENCE_LLVM"] else {
            throw FixtureError.refused("RINGFENCE_LLVM does not say where llvm-objdump is; `make bench` does")
        }
        guard let image = linkedImage() else {
            throw FixtureError.refused("there is no linked image beneath .build")
        }
        let headers = try output(of: tools + "/llvm-objdump", ["--private-headers", image]).split(separator: "\n")
        let segments = headers.filter { $0.hasSuffix("flags rwx") }.count
        let symbols = try output(of: tools + "/llvm-objdump", ["--syms", image]).split(separator: "\n")
        let undefined = symbols.filter { $0.contains("*UND*") }.count
        let code = try output(of: tools + "/llvm-objdump", ["-d", "--no-show-raw-insn", image]).split(separator: "\n")
        // An instruction's line is its address, a colon, and a tab before the mnemonic.
        let instructions = code.filter { line in
            guard let colon = line.firstIndex(of: ":") else { return false }
            return line[..<colon].allSatisfy { $0 == " " || $0.isHexDigit } && line[colon...].contains("\t")
        }
        guard instructions.count > 1000 else {
            throw FixtureError.refused(
                "the disassembly has \(instructions.count) instructions, so it was not understood")
        }
        // The registers of MMX, SSE and its widenings, and the x87 stack.
        let wide = ["%xmm", "%ymm", "%zmm", "%mm", "%st"]
        let vectors = instructions.filter { line in wide.contains { line.contains($0) } }.count
        return figure(
            bytes,
            [
                ("instructions", Double(instructions.count), nil),
                ("segments both writable and executable", Double(segments), 0),
                ("undefined symbols", Double(undefined), 0), ("vector and x87 instructions", Double(vectors), 0),
            ])
    }

    private static func figure(
        _ bytes: Double, _ counts: [(String, Double, Double?)]
    ) -> Figure {
        let rows = [("bytes", bytes, 65536 as Double?)] + counts
        return Figure(
            "S10", "", "the image",
            rows.compactMap { row in Summary([row.1]).map { Figure.Series(row.0, "", $0) } },
            targets: rows.compactMap { row in row.2.map { Figure.Target(row.0, limit: $0, value: row.1) } })
    }

    private static func linkedImage() -> String? {
        let root = ".build/plugins/outputs"
        guard let walk = FileManager.default.enumerator(atPath: root) else { return nil }
        for case let path as String in walk where path.hasSuffix("/cell.elf") { return "\(root)/\(path)" }
        return nil
    }

    private static func output(of tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FixtureError.refused("\(tool) ended with status \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
