import Bytecode
import Foundation

/// One program of the public BPF conformance suite (`tests/*.data`): its code, the memory that it gets and what it
/// returns.
struct ConformanceProgram {
    struct Malformed: Error, CustomStringConvertible {
        var file: String
        var reason: String
        var description: String { "\(file): \(reason)" }
    }

    var name: String
    var slots: [Slot]
    var memory: [UInt8]
    var result: UInt64

    /// Every program of a folder that says what it returns, by name.
    static func all(in folder: URL) throws -> [ConformanceProgram] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "data" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map {
                try ConformanceProgram(
                    String(contentsOf: $0, encoding: .utf8), name: $0.deletingPathExtension().lastPathComponent)
            }
    }

    init(_ text: String, name: String) throws {
        self.name = name
        var sections: [String: [Substring]] = [:]
        var section = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("-- ") { section = String(line.dropFirst(3)).trimmingCharacters(in: .whitespaces) }
            sections[section, default: []].append(contentsOf: line.hasPrefix("-- ") ? [] : [line])
        }
        memory = try (sections["mem"] ?? []).flatMap { $0.split(whereSeparator: \.isWhitespace) }.map {
            guard let byte = UInt8($0, radix: 16) else { throw Malformed(file: name, reason: "memory '\($0)'") }
            return byte
        }
        let texts = sections["result"] ?? []
        guard let text = texts.first?.trimmingCharacters(in: .whitespaces), let result = Self.number(text) else {
            throw Malformed(file: name, reason: "no result")
        }
        self.result = result
        do {
            slots = try ConformanceAssembler.assemble(sections["asm"] ?? [])
        } catch { throw Malformed(file: name, reason: "\(error)") }
    }

    /// Decimal, or hexadecimal behind 0x; of either sign.
    static func number(_ text: some StringProtocol) -> UInt64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        let value = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
        return value.map { isNegative ? 0 &- $0 : $0 }
    }
}

/// The dialect of those files: `add32 %r0, 1`, `ldxw %r0, [%r1+4]`, `jne %r0, 5, label`, `lock fetch add [%r10-8],
/// %r1`. The label `exit` is the first such instruction.
enum ConformanceAssembler {
    struct Unread: Error, CustomStringConvertible {
        var line: String
        var description: String { "cannot read '\(line)'" }
    }

    static func assemble(_ lines: [Substring]) throws -> [Slot] {
        var slots: [Slot] = []
        var labels: [String: Int] = [:]
        var targets: [(slot: Int, label: String, isImmediate: Bool)] = []
        for line in lines {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "\r" }
            guard let mnemonic = words.first else { continue }
            if mnemonic.hasSuffix(":") {
                labels[String(mnemonic.dropLast())] = slots.count
                continue
            }
            if mnemonic == "exit", labels["exit"] == nil { labels["exit"] = slots.count }
            guard let statement = Statement(words.map(String.init)) else { throw Unread(line: String(line)) }
            if let target = statement.target {
                targets.append((slots.count, target, statement.isTargetImmediate))
            }
            slots += statement.slots
        }
        for (slot, label, isImmediate) in targets {
            let distance: Int
            if label.hasPrefix("+") || label.hasPrefix("-") {
                guard let number = Int(label) else { throw Unread(line: label) }
                distance = number
            } else {
                guard let place = labels[label] else { throw Unread(line: label) }
                distance = place - slot - 1
            }
            if isImmediate { slots[slot].immediate = Int32(distance) } else { slots[slot].offset = Int16(distance) }
        }
        return slots
    }

    private struct Statement {
        var slots: [Slot] = []
        var target: String?
        /// The distance to the target is the immediate.
        var isTargetImmediate = false

        private static let arithmetic: [String: UInt8] = [
            "add": 0x00, "sub": 0x10, "mul": 0x20, "div": 0x30, "sdiv": 0x30, "or": 0x40, "and": 0x50, "lsh": 0x60,
            "rsh": 0x70, "neg": 0x80, "mod": 0x90, "smod": 0x90, "xor": 0xa0, "mov": 0xb0, "arsh": 0xc0,
        ]
        private static let jumps: [String: UInt8] = [
            "jeq": 0x10, "jgt": 0x20, "jge": 0x30, "jset": 0x40, "jne": 0x50, "jsgt": 0x60, "jsge": 0x70, "jlt": 0xa0,
            "jle": 0xb0, "jslt": 0xc0, "jsle": 0xd0,
        ]
        private static let atomics: [String: Int32] = [
            "add": 0x00, "or": 0x40, "and": 0x50, "xor": 0xa0, "xchg": 0xe1, "cmpxchg": 0xf1,
        ]
        private static let loads: [String: UInt8] = [
            "ldxw": 0x61, "ldxh": 0x69, "ldxb": 0x71, "ldxdw": 0x79, "ldxsw": 0x81, "ldxsh": 0x89, "ldxsb": 0x91,
        ]
        private static let stores: [String: UInt8] = [
            "stw": 0x62, "sth": 0x6a, "stb": 0x72, "stdw": 0x7a, "stxw": 0x63, "stxh": 0x6b, "stxb": 0x73,
            "stxdw": 0x7b,
        ]
        private static let swaps: [(prefix: String, opcode: UInt8)] = [
            ("be", 0xdc), ("le", 0xd4), ("bswap", 0xd7), ("swap", 0xd7),
        ]

        init?(_ words: [String]) {
            let mnemonic = words[0]
            let operands = Array(words.dropFirst())
            let isHalf = mnemonic.hasSuffix("32")
            let stem = String(isHalf || mnemonic.hasSuffix("64") ? mnemonic.dropLast(2) : mnemonic[...])
            let isRead =
                plain(mnemonic, operands) || memory(mnemonic, operands) || atomic(mnemonic, operands)
                || swap(mnemonic, operands) || jump(stem, isHalf: isHalf, operands)
                || arithmetic(stem, isHalf: isHalf, operands)
            if !isRead { return nil }
        }

        private mutating func add(
            _ opcode: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
        ) -> Bool {
            slots.append(
                Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate))
            return true
        }

        private mutating func plain(_ mnemonic: String, _ operands: [String]) -> Bool {
            switch (mnemonic, operands.count) {
            case ("exit", 0): return add(0x95)
            case ("ja", 1):
                target = operands[0]
                return add(0x05)
            case ("ja32", 1):
                (target, isTargetImmediate) = (operands[0], true)
                return add(0x06)
            case ("call", 1):
                if let register = Self.register(operands[0]) { return add(0x8d, destination: register) }
                guard let id = Self.immediate(operands[0]) else { return false }
                return add(0x85, immediate: id)
            case ("call", 2) where operands[0] == "local":
                (target, isTargetImmediate) = (operands[1], true)
                return add(0x85, source: 1)
            case ("lddw", 2):
                guard let register = Self.register(operands[0]), let value = ConformanceProgram.number(operands[1])
                else { return false }
                return add(0x18, destination: register, immediate: Int32(truncatingIfNeeded: value))
                    && add(0, immediate: Int32(truncatingIfNeeded: value >> 32))
            case (_, _): return false
            }
        }

        private mutating func memory(_ mnemonic: String, _ operands: [String]) -> Bool {
            guard operands.count == 2 else { return false }
            if let opcode = Self.loads[mnemonic], let register = Self.register(operands[0]),
                let (base, offset) = Self.address(operands[1])
            {
                return add(opcode, destination: register, source: base, offset: offset)
            }
            guard let opcode = Self.stores[mnemonic], let (base, offset) = Self.address(operands[0]) else {
                return false
            }
            if mnemonic.hasPrefix("stx") {
                guard let register = Self.register(operands[1]) else { return false }
                return add(opcode, destination: base, source: register, offset: offset)
            }
            guard let value = Self.immediate(operands[1]) else { return false }
            return add(opcode, destination: base, offset: offset, immediate: value)
        }

        private mutating func atomic(_ mnemonic: String, _ operands: [String]) -> Bool {
            guard mnemonic == "lock", operands.count >= 3 else { return false }
            let fetches = operands[0] == "fetch"
            let rest = operands.suffix(3)
            guard let name = rest.first, rest.count == operands.count - (fetches ? 1 : 0) else { return false }
            let isHalf = name.hasSuffix("32")
            guard let operation = Self.atomics[String(isHalf ? name.dropLast(2) : name[...])],
                let (base, offset) = Self.address(operands[operands.count - 2]),
                let register = Self.register(operands[operands.count - 1])
            else { return false }
            return add(
                isHalf ? 0xc3 : 0xdb, destination: base, source: register, offset: offset,
                immediate: operation | (fetches ? 1 : 0))
        }

        private mutating func swap(_ mnemonic: String, _ operands: [String]) -> Bool {
            guard operands.count == 1, let register = Self.register(operands[0]),
                let swap = Self.swaps.first(where: { mnemonic.hasPrefix($0.prefix) }),
                let bits = Int32(mnemonic.dropFirst(swap.prefix.count))
            else { return false }
            return add(swap.opcode, destination: register, immediate: bits)
        }

        private mutating func jump(_ stem: String, isHalf: Bool, _ operands: [String]) -> Bool {
            guard let code = Self.jumps[stem], operands.count == 3, let left = Self.register(operands[0]) else {
                return false
            }
            target = operands[2]
            let opcode = code | (isHalf ? 0x06 : 0x05)
            if let right = Self.register(operands[1]) { return add(opcode | 0x08, destination: left, source: right) }
            guard let value = Self.immediate(operands[1]) else { return false }
            return add(opcode, destination: left, immediate: value)
        }

        private mutating func arithmetic(_ stem: String, isHalf: Bool, _ operands: [String]) -> Bool {
            var code = Self.arithmetic[stem]
            var offset: Int16 = stem == "sdiv" || stem == "smod" ? 1 : 0
            if stem.hasPrefix("movsx"), let bits = Int16(stem.dropFirst(5)) { (code, offset) = (0xb0, bits) }
            guard let code, let register = operands.first.flatMap(Self.register) else { return false }
            let opcode = code | (isHalf ? 0x04 : 0x07)
            guard operands.count == 2 else {
                return operands.count == 1 && add(opcode, destination: register, offset: offset)
            }
            if let source = Self.register(operands[1]) {
                return add(opcode | 0x08, destination: register, source: source, offset: offset)
            }
            guard let value = Self.immediate(operands[1]) else { return false }
            return add(opcode, destination: register, offset: offset, immediate: value)
        }

        private static func register(_ text: String) -> UInt8? {
            guard text.hasPrefix("%r"), let number = UInt8(text.dropFirst(2)), number <= 10 else { return nil }
            return number
        }

        private static func immediate(_ text: String) -> Int32? {
            ConformanceProgram.number(text).map { Int32(truncatingIfNeeded: $0) }
        }

        /// `[%r1]`, `[%r1+4]`, `[%r10-8]`
        private static func address(_ text: String) -> (UInt8, Int16)? {
            guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
            let inside = text.dropFirst().dropLast()
            let sign = inside.firstIndex { $0 == "+" || $0 == "-" }
            guard let base = register(String(inside[..<(sign ?? inside.endIndex)])) else { return nil }
            guard let sign else { return (base, 0) }
            let digits = inside[sign] == "+" ? inside[inside.index(after: sign)...] : inside[sign...]
            guard let number = ConformanceProgram.number(digits), let offset = Int16(exactly: Int64(bitPattern: number))
            else { return nil }
            return (base, offset)
        }
    }
}
