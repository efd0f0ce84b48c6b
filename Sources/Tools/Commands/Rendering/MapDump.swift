package import CommandSupport

/// The contents of a map at one moment, as a table or as JSON. Keys and values are little-endian, as BPF has them.
package struct MapDump: Sendable {
    package struct Entry: Sendable {
        /// Empty where the map has no keys.
        package let key: [UInt8]
        /// One value, or one for each lane.
        package let values: [[UInt8]]
        /// The program that the value stands for, in an array of programs.
        package let program: String?

        package init(key: [UInt8], values: [[UInt8]], program: String? = nil) {
            self.key = key
            self.values = values
            self.program = program
        }
    }

    package let name: String
    /// As `bpftool` says it: `array`, `percpu_array`, `hash`.
    package let type: String
    package let capacity: Int
    package let entries: [Entry]
    /// Of a Bloom filter, which has no entries to show: how many bits are set, of how many.
    package let filterBits: (set: UInt64, bits: UInt64)?

    package init(
        name: String, type: String, capacity: Int, entries: [Entry], filterBits: (set: UInt64, bits: UInt64)? = nil
    ) {
        self.name = name
        self.type = type
        self.capacity = capacity
        self.entries = entries
        self.filterBits = filterBits
    }

    /// - Parameters:
    ///   - hidesZeros: leaves out entries whose values are all zero, and says how many: an array has all its keys always.
    ///   - limit: the most entries shown.
    package func text(for terminal: Terminal = .none, hidesZeros: Bool = true, limit: Int = 256) -> String {
        // Where there are no keys, what is left out would change the numbers of the others.
        let shown = hidesZeros && hasKeys ? entries.filter { !$0.isZero } : entries
        let filled =
            filterBits.map { "\(Quantity.grouped($0.set)) of \(Quantity.grouped($0.bits)) bits set" }
            ?? "\(Quantity.grouped(entries.count)) of \(Quantity.grouped(capacity)) entries"
        let heading = "map \(Printable.text(name, limit: 64)) (\(Printable.text(type, limit: 32)), \(filled))"
        var text = terminal.toned(heading, .strong) + "\n"
        if !shown.isEmpty { text += table(shown.prefix(limit)).text(for: terminal, indent: 2) }
        let zeros = entries.count - shown.count, more = shown.count - limit
        if zeros > 0 { text += "  not shown, all zero: \(Quantity.grouped(zeros))\n" }
        if more > 0 { text += "  not shown, beyond the limit: \(Quantity.grouped(more))\n" }
        return text
    }

    private var hasKeys: Bool { entries.contains { !$0.key.isEmpty } }

    private func table(_ entries: ArraySlice<Entry>) -> Table {
        let hasLanes = entries.contains { $0.values.count > 1 }
        // A queue's or stack's entries have no key: they are numbered in the order in which they would be popped.
        var columns: [Table.Column] = hasKeys ? [.left("key"), .right("as integer")] : [.right("pop")]
        if hasLanes { columns.append(.left("lane")) }
        var table = Table(columns + [.left("value"), .right("as integer")])
        let none = [Table.Cell](repeating: "", count: hasKeys ? 2 : 1)
        for (place, entry) in entries.enumerated() {
            let key =
                hasKeys
                ? [Table.Cell(hexadecimal(entry.key)), Table.Cell(integers(entry.key) ?? "", .strong)]
                : [Table.Cell("\(place + 1)", .faint)]
            for (lane, value) in entry.values.enumerated() {
                let middle = hasLanes ? [Table.Cell("\(lane)", .faint)] : []
                let meaning = entry.program.map { Printable.text($0, limit: 64) } ?? integers(value) ?? ""
                let cells = [Table.Cell(hexadecimal(value)), Table.Cell(meaning, .strong)]
                table.add((lane == 0 ? key : none) + middle + cells)
            }
            if hasLanes, let sum = sum(of: entry.values) {
                table.add([Table.Cell(""), "", Table.Cell("sum", .faint), "", Table.Cell(sum, .strong)])
            }
        }
        return table
    }
}

extension MapDump.Entry {
    var isZero: Bool { values.allSatisfy { $0.allSatisfy { $0 == 0 } } }
}

extension MapDump: Encodable {
    private enum Key: String, CodingKey { case name, type, capacity, bits, entries }
    private struct Number: Encodable {
        let hex: String
        let integers: [UInt64]?
    }
    private struct Line: Encodable {
        let key: Number?
        let values: [Number]
        let program: String?
    }

    package func encode(to encoder: any Encoder) throws {
        func number(_ bytes: [UInt8]) -> Number { Number(hex: hexadecimal(bytes), integers: words(bytes)) }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(capacity, forKey: .capacity)
        if let filterBits { try container.encode([filterBits.set, filterBits.bits], forKey: .bits) }
        let lines = entries.map {
            Line(key: $0.key.isEmpty ? nil : number($0.key), values: $0.values.map(number), program: $0.program)
        }
        try container.encode(lines, forKey: .entries)
    }
}

/// `0a 00 00 00`
private func hexadecimal(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    return bytes.count > 64 ? shown + " … (\(bytes.count) bytes)" : shown
}

/// Bytes of an integer's size as that integer; of two to four 64-bit words, as a structure of counters has, as those.
private func words(_ bytes: [UInt8]) -> [UInt64]? {
    func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    return switch bytes.count {
    case 1, 2, 4, 8: [word(bytes[...])]
    case 16, 24, 32: stride(from: 0, to: bytes.count, by: 8).map { word(bytes[$0..<$0 + 8]) }
    default: nil
    }
}

private func integers(_ bytes: [UInt8]) -> String? {
    words(bytes)?.map { Quantity.grouped($0) }.joined(separator: " · ")
}

/// The sum over all lanes, word by word, wrapping as the program's own additions do.
private func sum(of values: [[UInt8]]) -> String? {
    let lanes = values.compactMap(words)
    guard lanes.count == values.count, let first = lanes.first else { return nil }
    guard lanes.allSatisfy({ $0.count == first.count }) else { return nil }
    let sums = lanes.dropFirst().reduce(first) { zip($0, $1).map { $0 &+ $1 } }
    return sums.map { Quantity.grouped($0) }.joined(separator: " · ")
}
