import Bytecode
import BytecodeText

extension Vector {
    /// The vectors of one file.
    package static func vectors(in text: String, file: String) throws -> [Vector] {
        var drafts: [Draft] = []
        for (offset, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = offset + 1
            if content.hasPrefix("== ") {
                drafts.append(Draft(file: file, line: line, name: String(content.dropFirst(3))))
            } else if !content.isEmpty, !content.hasPrefix("#") {
                guard !drafts.isEmpty else {
                    throw VectorError(file: file, line: line, reason: "a vector starts with '== name'")
                }
                try drafts[drafts.count - 1].add(content, line: line)
            }
        }
        let assembler = Assembler()
        return try drafts.map { try $0.finished(by: assembler) }
    }

    private struct Draft {
        var file: String
        var line: Int
        var name: String
        var programLine = 0
        var program: [String] = []
        var memory: [UInt8] = []
        var after: [UInt8]?
        var fuel = Vector.defaultFuel
        var expectation: Expectation?

        mutating func add(_ content: Substring, line: Int) throws {
            func fail(_ reason: String) -> VectorError { VectorError(file: file, line: line, reason: reason) }
            if content.hasPrefix(" ") || content.hasSuffix(":") {
                if program.isEmpty { programLine = line }
                program.append(String(content))
                return
            }
            let words = content.split(separator: " ")
            switch words.first {
            case "memory": memory += try bytes(words.dropFirst(), fail)
            case "after": after = (after ?? []) + (try bytes(words.dropFirst(), fail))
            case "fuel":
                guard words.count == 2, let fuel = UInt64(words[1]) else { throw fail("fuel is a decimal number") }
                self.fuel = fuel
            case "result":
                guard words.count == 2, let result = number(words[1]), expectation == nil else {
                    throw fail("a vector has one outcome, and a result is a number")
                }
                expectation = .result(result)
            case "fault":
                guard expectation == nil, let fault = fault(words) else {
                    throw fail("expected one 'fault kind at N', then 'address A' and 'size N' as they apply")
                }
                expectation = .fault(fault)
            default: throw fail("a line that is no memory, after, fuel, result, fault or program")
            }
        }

        func finished(by assembler: Assembler) throws -> Vector {
            func fail(_ reason: String) -> VectorError { VectorError(file: file, line: line, reason: reason) }
            guard let expectation else { throw fail("no outcome") }
            if let after, after.count != memory.count { throw fail("the memory has \(memory.count) bytes") }
            let assembly = program.joined(separator: "\n") + "\n"
            let slots: [Slot]
            do { slots = try assembler.assemble(assembly) } catch {
                throw VectorError(
                    file: file, line: programLine + error.line - 1, reason: "\(error.column): \(error.reason)")
            }
            return Vector(
                name: name, file: file, line: line, memory: memory, fuel: fuel, assembly: assembly, slots: slots,
                expectation: expectation, memoryAfter: after)
        }
    }

    private static func bytes(_ words: ArraySlice<Substring>, _ fail: (String) -> VectorError) throws -> [UInt8] {
        try words.map { word in
            guard word.utf8.count == 2, let byte = UInt8(word, radix: 16) else {
                throw fail("bytes are two hexadecimal digits each")
            }
            return byte
        }
    }

    private static func number(_ text: Substring) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    private static func fault(_ words: [Substring]) -> Fault? {
        guard words.count >= 4, words.count % 2 == 0, words[2] == "at", let index = Int(words[3]),
            let kind = FaultKind(rawValue: String(words[1]))
        else { return nil }
        var fault = Fault(kind: kind, index: index)
        for position in stride(from: 4, to: words.count, by: 2) {
            switch words[position] {
            case "address":
                guard let address = address(words[position + 1]) else { return nil }
                fault.address = address
            case "size":
                guard let size = Int(words[position + 1]) else { return nil }
                fault.size = size
            default: return nil
            }
        }
        return fault
    }

    private static func address(_ text: Substring) -> Address? {
        if let offset = offset(text, after: "memory") { return .memory(offset) }
        if let offset = offset(text, after: "frame") { return .frame(offset) }
        return number(text).map(Address.absolute)
    }

    private static func offset(_ text: Substring, after base: String) -> Int64? {
        guard text.hasPrefix(base) else { return nil }
        let rest = text.dropFirst(base.count)
        guard let magnitude = number(rest.dropFirst()), let value = Int64(exactly: magnitude) else { return nil }
        return rest.hasPrefix("+") ? value : rest.hasPrefix("-") ? -value : nil
    }
}
