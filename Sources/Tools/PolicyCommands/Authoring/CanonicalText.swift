internal import PolicyCore

/// Policy text in its one form: the same keys, values and comments in the same places, with spaces and line ends as everybody has them.
///
/// Lines that follow each other have their `=` and their comments in one column. A list is on one line, unless it holds a comment or is too
/// long: then each item has its own. At most one line is empty between two that are not.
struct CanonicalText {
    static let maximumColumns = 120

    private var tokens: ArraySlice<TOMLToken>
    private var lines: [Line] = []

    private enum Line {
        case empty
        /// A header, or a comment that stands alone: it lines up with nothing.
        case alone(String)
        case entry(key: String, value: [String], comment: String?)
    }

    /// - Parameter bytes: text that its reader accepts.
    static func of(_ bytes: [UInt8]) throws(PolicyTextError) -> [UInt8] {
        let before = try StrictTOML.parse(bytes)
        let tokens = TOMLToken.tokens(of: bytes)
        var text = CanonicalText(tokens: tokens[...])
        text.readLines()
        let result = Array(text.joined.utf8)
        // What would say something else, or lose a word that somebody wrote, is our mistake, and not handed out.
        let after = try StrictTOML.parse(result)
        precondition(after.hasSameMeaning(as: before), "canonical text says what the text said")
        precondition(
            Self.comments(TOMLToken.tokens(of: result)) == Self.comments(tokens), "canonical text keeps each comment")
        return result
    }

    private init(tokens: ArraySlice<TOMLToken>) { self.tokens = tokens }

    private static func comments(_ tokens: [TOMLToken]) -> [[UInt8]] {
        tokens.compactMap { token in
            if case .comment(let text) = token { text } else { nil }
        }
    }

    // MARK: reading

    private mutating func readLines() {
        while let token = tokens.first {
            switch token {
            case .newline:
                tokens.removeFirst()
                lines.append(.empty)
            case .comment(let text):
                tokens.removeFirst()
                lines.append(.alone(Self.string(text)))
                endLine()
            case .mark:
                var header = takeHeader()
                if let comment = takeComment() { header += "  \(comment)" }
                lines.append(.alone(header))
                endLine()
            case .atom(let key):
                tokens.removeFirst()
                tokens.removeFirst()  // =
                let value = readValue(room: Self.maximumColumns - Self.key(key).utf8.count - 3, indent: "")
                lines.append(.entry(key: Self.key(key), value: value, comment: takeComment()))
                endLine()
            }
        }
    }

    private mutating func takeHeader() -> String {
        var header = ""
        while let token = tokens.first {
            switch token {
            case .mark(let mark): header += Self.string([mark])
            case .atom(let name): header += Self.key(name)
            case .newline, .comment: return header
            }
            tokens.removeFirst()
        }
        return header
    }

    private mutating func takeComment() -> String? {
        guard case .comment(let text) = tokens.first else { return nil }
        tokens.removeFirst()
        return Self.string(text)
    }

    private mutating func endLine() {
        if tokens.first == .newline { tokens.removeFirst() }
    }

    /// The lines of a value; the first goes on after what stands before it, the last before what follows.
    private mutating func readValue(room: Int, indent: String) -> [String] {
        let whole = tokens
        if let line = readOneLine(), line.utf8.count <= room { return [line] }
        tokens = whole
        return readSpread(indent: indent)
    }

    /// A value on one line, or nil where a comment stands in it.
    private mutating func readOneLine() -> String? {
        guard let token = tokens.popFirst() else { return nil }
        switch token {
        case .atom(let atom): return Self.string(atom)
        case .newline, .comment: return nil
        case .mark(let open):
            let isTable = open == UInt8(ascii: "{")
            var items: [String] = []
            while let next = tokens.first {
                switch next {
                case .newline, .mark(UInt8(ascii: ",")): tokens.removeFirst()
                case .comment: return nil
                case .mark(UInt8(ascii: "]")), .mark(UInt8(ascii: "}")):
                    tokens.removeFirst()
                    let list = items.joined(separator: ", ")
                    return isTable ? (list.isEmpty ? "{}" : "{ \(list) }") : "[\(list)]"
                case .atom(let key) where isTable:
                    tokens.removeFirst()
                    tokens.removeFirst()  // =
                    guard let value = readOneLine() else { return nil }
                    items.append("\(Self.key(key)) = \(value)")
                case .atom, .mark:
                    guard let value = readOneLine() else { return nil }
                    items.append(value)
                }
            }
            return nil
        }
    }

    /// A list with a line for each item. An inline table may have no line ends but in its lists, so only those are spread.
    private mutating func readSpread(indent: String) -> [String] {
        guard let token = tokens.popFirst() else { return [""] }
        switch token {
        case .atom(let atom): return [Self.string(atom)]
        case .newline, .comment: return [""]
        case .mark(UInt8(ascii: "{")): return readSpreadTable(indent: indent)
        case .mark: return readSpreadList(indent: indent)
        }
    }

    private mutating func readSpreadList(indent: String) -> [String] {
        let inner = indent + "    "
        var lines = ["["]
        var isAfterItem = false
        while let next = tokens.first {
            switch next {
            case .newline:
                tokens.removeFirst()
                isAfterItem = false
            case .mark(UInt8(ascii: ",")): tokens.removeFirst()
            case .comment(let text):
                tokens.removeFirst()
                // On the line of an item it belongs to the item.
                if isAfterItem {
                    lines[lines.count - 1] += "  \(Self.string(text))"
                } else {
                    lines.append(inner + Self.string(text))
                }
                isAfterItem = false
            case .mark(UInt8(ascii: "]")):
                tokens.removeFirst()
                return lines + [indent + "]"]
            case .atom, .mark:
                let item = readValue(room: Self.maximumColumns - inner.utf8.count - 1, indent: inner)
                lines.append(inner + item[0])
                lines += item.dropFirst()
                lines[lines.count - 1] += ","
                isAfterItem = true
            }
        }
        return lines
    }

    private mutating func readSpreadTable(indent: String) -> [String] {
        var lines = ["{ "]
        var isFirst = true
        while let next = tokens.first {
            switch next {
            case .mark(UInt8(ascii: "}")):
                tokens.removeFirst()
                lines[lines.count - 1] += isFirst ? "}" : " }"
                return lines
            case .atom(let key):
                tokens.removeFirst()
                tokens.removeFirst()  // =
                let name = Self.key(key)
                let used = lines[lines.count - 1].utf8.count + name.utf8.count + 5
                let value = readValue(room: Self.maximumColumns - used, indent: indent)
                lines[lines.count - 1] += (isFirst ? "" : ", ") + "\(name) = \(value[0])"
                lines += value.dropFirst()
                isFirst = false
            case .newline, .comment, .mark: tokens.removeFirst()
            }
        }
        return lines
    }

    // MARK: writing

    private var joined: String {
        var text: [String] = []
        var block: [(key: String, value: [String], comment: String?)] = []
        func flush() {
            let width = block.map(\.key.utf8.count).max() ?? 0
            let written = block.map { entry -> [String] in
                var lines = entry.value
                lines[0] = entry.key + String(repeating: " ", count: width - entry.key.utf8.count) + " = " + lines[0]
                return lines
            }
            // Comments of lines that are long stand where they can.
            let ends = zip(block, written).filter { $0.0.comment != nil }.map { $0.1[$0.1.count - 1].utf8.count }
            let column = ends.filter { $0 <= 60 }.max() ?? 0
            for (entry, lines) in zip(block, written) {
                var lines = lines
                if let comment = entry.comment {
                    let end = lines[lines.count - 1].utf8.count
                    lines[lines.count - 1] += String(repeating: " ", count: max(0, column - end)) + "  \(comment)"
                }
                text += lines
            }
            block = []
        }
        for line in lines {
            switch line {
            case .empty:
                flush()
                if let last = text.last, !last.isEmpty { text.append("") }
            case .alone(let content):
                flush()
                text.append(content)
            case .entry(let key, let value, let comment): block.append((key, value, comment))
            }
        }
        flush()
        while text.last?.isEmpty == true { text.removeLast() }
        return text.map { $0 + "\n" }.joined()
    }

    private static func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Quoted only where it has to be: where it holds a dot.
    private static func key(_ bytes: [UInt8]) -> String {
        guard bytes.first == UInt8(ascii: "\""), !bytes.contains(UInt8(ascii: ".")), bytes.count > 2 else {
            return string(bytes)
        }
        return string(Array(bytes.dropFirst().dropLast()))
    }
}

extension TOMLTable {
    /// The same keys with the same values, wherever they stand.
    func hasSameMeaning(as other: TOMLTable) -> Bool {
        entries.count == other.entries.count
            && zip(entries, other.entries).allSatisfy {
                $0.key == $1.key && $0.value.content.hasSameMeaning(as: $1.value.content)
            }
    }
}

extension TOMLValue.Content {
    fileprivate func hasSameMeaning(as other: TOMLValue.Content) -> Bool {
        switch (self, other) {
        case (.list(let some), .list(let others)):
            some.count == others.count && zip(some, others).allSatisfy { $0.content.hasSameMeaning(as: $1.content) }
        case (.table(let some), .table(let others)): some.hasSameMeaning(as: others)
        case (.tables(let some), .tables(let others)):
            some.count == others.count && zip(some, others).allSatisfy { $0.hasSameMeaning(as: $1) }
        case (.string(let some), .string(let others)): Array(some.utf8) == Array(others.utf8)
        case (.integer, _), (.boolean, _), (.time, _): self == other
        case (.string, _), (.list, _), (.table, _), (.tables, _): false
        }
    }
}
