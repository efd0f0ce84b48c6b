import Foundation
import ObjectFile
import ProgramPackage
import TestSupport

/// Reads the programs of one `.bpf.c` file, and compiles it.
enum CCorpus {
    static func programs(in text: String, file: String) throws -> [CorpusProgram] {
        var drafts: [(header: CorpusHeader, function: String?)] = []
        var isProgram = false
        for (offset, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = offset + 1
            if content.hasPrefix("// == ") {
                drafts.append((CorpusHeader(file: file, line: line, name: String(content.dropFirst(6))), nil))
                continue
            }
            guard let last = drafts.indices.last else { continue }
            if content.hasPrefix("// "), try drafts[last].header.take(content.dropFirst(3), line: line) { continue }
            try drafts[last].header.takeMarker(of: content, line: line)
            if content.hasPrefix("SEC(") {
                isProgram = !content.contains("\".maps\"")
            }
            guard isProgram, let parenthesis = content.range(of: "(struct")?.lowerBound else { continue }
            let name = content[..<parenthesis].split(separator: " ").last.map(String.init)
            guard drafts[last].function == nil else {
                throw CorpusError(file: file, line: line, reason: "a second program under one name")
            }
            drafts[last].function = name
            isProgram = false
        }
        return try drafts.map { header, function in
            guard let function else { throw header.failure("no program", line: header.line) }
            return try header.finished(.function(function))
        }
    }

    static func package(of text: String, in folder: URL) throws -> ObjectPackage {
        let prelude = try Data(contentsOf: folder.appendingPathComponent("prelude.h"))
        // Objects are kept by source and flags: the prelude has to be part of either.
        let digest = prelude.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let flags = BPFCompiler.usualFlags + ["-Wall", "-Werror", "-I", folder.path, "-DPRELUDE=\(digest)"]
        return try ObjectReader.read(BPFCompiler.object(text, flags: flags))
    }
}
