import Bytecode
import BytecodeText
import ProgramPackage
import Prototypes

/// Reads the programs of one `.s` file.
enum AssemblyCorpus {
    static func programs(in text: String, file: String) throws -> [CorpusProgram] {
        var drafts: [Draft] = []
        for (offset, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = offset + 1
            if content.hasPrefix("== ") {
                drafts.append(Draft(header: CorpusHeader(file: file, line: line, name: String(content.dropFirst(3)))))
            } else if !content.isEmpty, !content.hasPrefix("#") {
                guard !drafts.isEmpty else {
                    throw CorpusError(file: file, line: line, reason: "a program starts with '== name'")
                }
                try drafts[drafts.count - 1].take(content, line: line)
            }
        }
        let assembler = Assembler()
        return try drafts.map { try $0.finished(by: assembler) }
    }

    private struct Draft {
        var header: CorpusHeader
        var section = "xdp"
        var licence = "GPL"
        var maps: [MapDefinition] = []
        var code: [(line: Int, text: Substring)] = []

        init(header: CorpusHeader) { self.header = header }

        mutating func take(_ content: Substring, line: Int) throws {
            if content.hasPrefix(" ") || content.hasSuffix(":") {
                try header.takeMarker(of: content, line: line)
                code.append((line, content))
                return
            }
            if try header.take(content, line: line) { return }
            let words = content.split(separator: " ").map(String.init)
            switch words[0] {
            case "program" where words.count == 2: section = words[1]
            case "licence" where words.count <= 2: licence = words.count == 2 ? words[1] : ""
            case "map": maps.append(try map(words, line: line))
            case "contents": try fill(words, line: line)
            default: throw header.failure("a line that is nothing of a program", line: line)
            }
        }

        /// `map name type key value entries`, then `flags N` and `readOnly` as they apply.
        private func map(_ words: [String], line: Int) throws -> MapDefinition {
            guard words.count >= 6, let type = MapType.allCases.first(where: { "\($0)" == words[2] }),
                let key = UInt32(words[3]), let value = UInt32(words[4]), let entries = UInt32(words[5])
            else { throw header.failure("a map is a name, a type, sizes of key and value, and entries", line: line) }
            var map = MapDefinition(
                name: words[1], type: type.rawValue, keySize: key, valueSize: value, maximumEntries: entries)
            var rest = words.dropFirst(6)
            while let word = rest.popFirst() {
                switch word {
                case "readOnly": map.isReadOnly = true
                case "flags":
                    guard let flags = rest.popFirst().flatMap({ UInt32($0) }) else {
                        throw header.failure("flags are a number", line: line)
                    }
                    map.flags = flags
                default: throw header.failure("a map has no \(word)", line: line)
                }
            }
            return map
        }

        /// `contents map 01 02 …`: what a map holds from the start, once or more.
        private mutating func fill(_ words: [String], line: Int) throws {
            guard words.count > 2, let index = maps.firstIndex(where: { $0.name == words[1] }) else {
                throw header.failure("contents are a map and bytes", line: line)
            }
            for word in words.dropFirst(2) {
                guard let byte = UInt8(word, radix: 16) else {
                    throw header.failure("bytes are two hexadecimal digits each", line: line)
                }
                maps[index].initialValue.append(byte)
            }
        }

        func finished(by assembler: Assembler) throws -> CorpusProgram {
            var lines: [LineInfo] = []
            var functions: [String: Int] = [:]
            var count = 0
            var text = ""
            for (line, content) in code {
                let statement = try Statement(content, maps: maps, failure: { header.failure($0, line: line) })
                for label in statement.labels { functions[label] = count }
                text += statement.labels.map { $0 + ": " }.joined() + statement.instruction + "\n"
                guard statement.slots > 0 else { continue }
                lines.append(
                    LineInfo(
                        instruction: count, file: header.file, line: UInt32(line), column: 1,
                        text: statement.written))
                count += statement.slots
            }
            let slots: [Slot]
            do { slots = try assembler.assemble(text) } catch {
                throw header.failure("\(error.column): \(error.reason)", line: code[error.line - 1].line)
            }
            guard slots.count == count else { throw header.failure("slots were miscounted", line: header.line) }
            // A label is a function where something calls it or takes its address.
            let called = Set(
                slots.enumerated().compactMap { index, slot in
                    let isCall = slot.opcode == 0x85 && slot.source == 1
                    let isAddress = slot.opcode == Program.wideImmediateOpcode && slot.source == 4
                    return isCall || isAddress ? index + 1 + Int(slot.immediate) : nil
                })
            var ranges = [FunctionRange(name: "entry", start: 0)]
            for (name, start) in functions.sorted(by: { $0.value < $1.value }) where called.contains(start) {
                if start != ranges.last?.start { ranges.append(FunctionRange(name: name, start: start)) }
            }
            let package = ObjectPackage(
                licence: licence, maps: maps,
                programs: [
                    Program(name: "entry", section: section, code: slots, functions: ranges, lines: lines)
                ], hasBTF: true, hasLineInfo: true)
            return try header.finished(.assembled(package))
        }
    }
}
