/// A value of a YAML document, every scalar as text.
indirect enum YAML: Equatable {
    case scalar(String)
    case sequence([YAML])
    /// In the order of the file; a key stands once.
    case mapping([(key: String, value: YAML)])
    case nothing

    static func == (a: YAML, b: YAML) -> Bool {
        switch (a, b) {
        case (.scalar(let a), .scalar(let b)): a == b
        case (.sequence(let a), .sequence(let b)): a == b
        case (.mapping(let a), .mapping(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        case (.nothing, .nothing): true
        case (.scalar, _), (.sequence, _), (.mapping, _), (.nothing, _): false
        }
    }

    subscript(key: String) -> YAML? {
        guard case .mapping(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    var text: String? {
        guard case .scalar(let text) = self else { return nil }
        return text
    }

    /// The scalars of a sequence; none where there is nothing; nil for what holds anything else.
    var texts: [String]? {
        switch self {
        case .nothing: return []
        case .sequence(let items):
            let texts = items.compactMap(\.text)
            return texts.count == items.count ? texts : nil
        case .scalar, .mapping: return nil
        }
    }
}

/// Reads the part of YAML 1.2 that test documents are written in: block mappings and sequences, sequences and mappings
/// in brackets, literal blocks, plain and quoted scalars, comments. Anchors, tags and folded blocks are refused.
struct YAMLReader {
    struct Failure: Error, CustomStringConvertible {
        var line: Int
        var reason: String
        var description: String { "line \(line): \(reason)" }
    }

    private struct Line {
        var number: Int
        var indent: Int
        /// Without its indentation, its comment and the blanks at its end; empty lines stay, for literal blocks.
        var text: Substring
        var raw: Substring
    }

    private var lines: [Line] = []
    private var position = 0

    /// The documents of a stream, each with the number of its first line.
    static func documents(_ text: String) throws -> [(line: Int, value: YAML)] {
        var documents: [(line: Int, value: YAML)] = []
        var current: [Line] = []
        func finish() throws {
            var reader = YAMLReader()
            reader.lines = current
            guard let first = current.first(where: { !$0.text.isEmpty }) else { return }
            documents.append((first.number, try reader.document()))
        }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if raw.hasPrefix("---") {
                try finish()
                current = []
                continue
            }
            let indent = raw.prefix { $0 == " " }.count
            current.append(
                Line(number: index + 1, indent: indent, text: withoutComment(raw.dropFirst(indent)), raw: raw))
        }
        try finish()
        return documents
    }

    /// A comment starts at `#`, at the start of a line or behind a blank, outside of quotes.
    private static func withoutComment(_ text: Substring) -> Substring {
        var quote: Character?
        var previous: Character = " "
        var end = text.endIndex
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open, previous != "\\" { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#", previous == " " {
                end = index
                break
            }
            previous = character
        }
        var rest = text[..<end]
        while let last = rest.last, last == " " || last == "\t" || last == "\r" { rest.removeLast() }
        return rest
    }

    private mutating func document() throws -> YAML {
        skipEmpty()
        guard position < lines.count else { return .nothing }
        let value = try block(indent: lines[position].indent)
        skipEmpty()
        guard position == lines.count else { throw failure("stands outside of the document") }
        return value
    }

    private func failure(_ reason: String) -> Failure {
        Failure(line: position < lines.count ? lines[position].number : lines.last?.number ?? 0, reason: reason)
    }

    private mutating func skipEmpty() {
        while position < lines.count, lines[position].text.isEmpty { position += 1 }
    }

    /// The block whose first line is the current one, all of it indented by `indent` or more.
    private mutating func block(indent: Int) throws -> YAML {
        let isSequence = lines[position].text.hasPrefix("- ") || lines[position].text == "-"
        if isSequence { return .sequence(try sequence(indent: indent)) }
        if Self.key(of: lines[position].text) != nil { return .mapping(try mapping(indent: indent)) }
        return try inline(lines[position].text[...], indent: indent - 1)
    }

    private mutating func sequence(indent: Int) throws -> [YAML] {
        var items: [YAML] = []
        while true {
            skipEmpty()
            guard position < lines.count, lines[position].indent == indent,
                lines[position].text.hasPrefix("- ") || lines[position].text == "-"
            else { return items }
            let rest = lines[position].text.dropFirst()
            let item = rest.drop { $0 == " " }
            if Self.key(of: item) != nil {
                // A mapping that starts behind the dash: its keys stand where the first one does.
                let inner = indent + 1 + (rest.count - item.count)
                lines[position].text = item
                lines[position].indent = inner
                items.append(.mapping(try mapping(indent: inner)))
            } else {
                items.append(try value(item, indent: indent))
            }
        }
    }

    private mutating func mapping(indent: Int) throws -> [(key: String, value: YAML)] {
        var pairs: [(key: String, value: YAML)] = []
        while true {
            skipEmpty()
            guard position < lines.count, lines[position].indent == indent,
                let (key, rest) = Self.key(of: lines[position].text)
            else { return pairs }
            guard !pairs.contains(where: { $0.key == key }) else { throw failure("'\(key)' stands twice") }
            pairs.append((key, try value(rest, indent: indent)))
        }
    }

    /// What follows a key or a dash: on the same line, or as a block below.
    private mutating func value(_ rest: Substring, indent: Int) throws -> YAML {
        if rest == "|" { return .scalar(literal(indent: indent)) }
        if let first = rest.first, "&*!>%@`|".contains(first) { throw failure("'\(first)' is not supported") }
        if !rest.isEmpty { return try inline(rest, indent: indent) }
        position += 1
        skipEmpty()
        guard position < lines.count else { return .nothing }
        let isSequence = lines[position].text.hasPrefix("- ") || lines[position].text == "-"
        guard lines[position].indent > indent || (isSequence && lines[position].indent == indent) else {
            return .nothing
        }
        return try block(indent: lines[position].indent)
    }

    /// A scalar or a bracketed value, which may go on over the lines below as long as they are indented.
    private mutating func inline(_ rest: Substring, indent: Int) throws -> YAML {
        var text = String(rest)
        position += 1
        var flow = Flow(text)
        var value = try? flow.value()
        while value == nil || !flow.isAtEnd {
            guard text.hasPrefix("[") || text.hasPrefix("{") || text.hasPrefix("\""), position < lines.count else {
                if text.hasPrefix("[") || text.hasPrefix("{") || text.hasPrefix("\"") {
                    throw failure("'\(text)' does not end")
                }
                return .scalar(text)
            }
            text += " " + lines[position].text
            position += 1
            flow = Flow(text)
            value = try? flow.value()
        }
        return value ?? .nothing
    }

    /// The lines of a literal block, without the indentation that they share, each with its end.
    private mutating func literal(indent: Int) -> String {
        position += 1
        var content: [Substring] = []
        var margin: Int?
        while position < lines.count {
            let line = lines[position]
            let isBlank = line.raw.allSatisfy { $0 == " " }
            guard isBlank || line.raw.prefix(while: { $0 == " " }).count > indent else { break }
            if !isBlank, margin == nil { margin = line.raw.prefix { $0 == " " }.count }
            content.append(line.raw.dropFirst(min(margin ?? 0, line.raw.count)))
            position += 1
        }
        while let last = content.last, last.allSatisfy({ $0 == " " }) { content.removeLast() }
        return content.map { $0 + "\n" }.joined()
    }

    /// The key of `key: value` or `key:`, and what follows.
    private static func key(of text: Substring) -> (key: String, rest: Substring)? {
        guard let first = text.first, !"[{\"'-".contains(first) || (first == "-" && !text.hasPrefix("- ")) else {
            return nil
        }
        var search = text.startIndex
        while let colon = text[search...].firstIndex(of: ":") {
            let after = text.index(after: colon)
            if after == text.endIndex || text[after] == " " {
                return (String(text[..<colon]), text[after...].drop { $0 == " " })
            }
            search = after
        }
        return nil
    }
}

/// A value written within one line: `[a, "b", [c]]`, `{a: b}`, `"text"`, `text`.
private struct Flow {
    struct Unfinished: Error {}

    private let characters: [Character]
    private var position = 0
    private var depth = 0

    init(_ text: String) { characters = Array(text) }

    var isAtEnd: Bool { characters[position...].allSatisfy { $0 == " " } }

    mutating func value() throws -> YAML {
        skipBlanks()
        guard position < characters.count else { throw Unfinished() }
        switch characters[position] {
        case "[": return .sequence(try items(until: "]") { flow in try flow.value() })
        case "{":
            return .mapping(
                try items(until: "}") { flow in
                    guard let key = try flow.value().text, flow.take(":") else { throw Unfinished() }
                    return (key, try flow.value())
                })
        case "\"", "'": return .scalar(try quoted())
        default: return .scalar(plain())
        }
    }

    private mutating func items<Item>(until end: Character, _ read: (inout Flow) throws -> Item) throws -> [Item] {
        guard depth < 16 else { throw Unfinished() }
        depth += 1
        defer { depth -= 1 }
        position += 1
        var items: [Item] = []
        while !take(end) {
            items.append(try read(&self))
            guard take(",") else {
                guard take(end) else { throw Unfinished() }
                break
            }
        }
        return items
    }

    private mutating func quoted() throws -> String {
        let quote = characters[position]
        position += 1
        var text = ""
        while position < characters.count {
            let character = characters[position]
            position += 1
            if character == quote { return text }
            if character == "\\", quote == "\"", position < characters.count {
                text.append(characters[position])
                position += 1
            } else {
                text.append(character)
            }
        }
        throw Unfinished()
    }

    private mutating func plain() -> String {
        let start = position
        while position < characters.count {
            let character = characters[position]
            if depth > 0, ",]}".contains(character) { break }
            if depth > 0, character == ":", position + 1 < characters.count, characters[position + 1] == " " { break }
            position += 1
        }
        var end = position
        while end > start, characters[end - 1] == " " { end -= 1 }
        return String(characters[start..<end])
    }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < characters.count, characters[position] == " " { position += 1 }
    }
}
