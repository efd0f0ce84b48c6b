/// A table whose keys are known: anything else in it is refused, and every value is asked for by type.
struct SchemaTable {
    let table: TOMLTable
    /// As errors name it: `[options]`, `[[permit]]`, `when`.
    let name: String

    init(_ table: TOMLTable, name: String, keys: [String]) throws(PolicyTextError) {
        self.table = table
        self.name = name
        for entry in table.entries where !keys.contains(entry.key) {
            throw PolicyTextError(.unknownKey(entry.key, table: name, expected: keys), at: entry.position)
        }
    }

    func required(_ key: String) throws(PolicyTextError) -> SchemaValue {
        guard let value = optional(key) else {
            throw PolicyTextError(.missingKey(key, table: name), at: table.position)
        }
        return value
    }

    func optional(_ key: String) -> SchemaValue? {
        table[key].map { SchemaValue(key: key, value: $0) }
    }
}

/// A value, and the key whose value it is.
struct SchemaValue {
    let key: String
    let value: TOMLValue

    var position: SourcePosition { value.position }

    func string() throws(PolicyTextError) -> String {
        guard case .string(let text) = value.content else { throw wrongType("a string") }
        return text
    }

    func integer() throws(PolicyTextError) -> UInt64 {
        guard case .integer(let number) = value.content else { throw wrongType("an integer") }
        return number
    }

    func boolean() throws(PolicyTextError) -> Bool {
        guard case .boolean(let truth) = value.content else { throw wrongType("true or false") }
        return truth
    }

    func time() throws(PolicyTextError) -> UTCTime {
        guard case .time(let time) = value.content else { throw wrongType("a time") }
        return time
    }

    func table() throws(PolicyTextError) -> TOMLTable {
        guard case .table(let table) = value.content else { throw wrongType("a table") }
        return table
    }

    func tables() throws(PolicyTextError) -> [TOMLTable] {
        guard case .tables(let tables) = value.content else { throw wrongType("written with [[\(key)]] headers") }
        return tables
    }

    func items() throws(PolicyTextError) -> [SchemaValue] {
        guard case .list(let items) = value.content else { throw wrongType("a list") }
        return items.map { SchemaValue(key: key, value: $0) }
    }

    /// A list that has items, none of them twice: an empty list would match nothing, which nobody means.
    func distinct<Item: Equatable>(
        _ read: (SchemaValue) throws(PolicyTextError) -> Item
    ) throws(PolicyTextError) -> [Item] {
        let items = try items()
        guard !items.isEmpty else { throw invalid("an empty list matches nothing") }
        return try unique(items, read)
    }

    /// The items, none of them twice.
    func unique<Item: Equatable>(
        _ items: [SchemaValue], _ read: (SchemaValue) throws(PolicyTextError) -> Item
    ) throws(PolicyTextError) -> [Item] {
        var result: [Item] = []
        for item in items {
            let next = try read(item)
            guard !result.contains(next) else { throw item.invalid("is listed twice") }
            result.append(next)
        }
        return result
    }

    /// One of a closed set of words.
    func word<Word>(_ words: [(String, Word)]) throws(PolicyTextError) -> Word {
        let text = try string()
        guard let word = words.first(where: { $0.0 == text }) else {
            throw unknown(text, expected: "one of \(words.map(\.0).joined(separator: ", "))")
        }
        return word.1
    }

    func word<Word: CaseIterable & RawRepresentable<String>>() throws(PolicyTextError) -> Word {
        try word(Word.allCases.map { ($0.rawValue, $0) })
    }

    /// A name that people and records use: 1 to 64 of `A-Z a-z 0-9 _ . -`.
    func identifier() throws(PolicyTextError) -> String {
        let text = try string()
        let isIdentifier = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            case _: false
            }
        }
        guard isIdentifier, (1...64).contains(text.utf8.count) else {
            throw invalid("has to be 1 to 64 letters, digits, '_', '.' or '-'")
        }
        return text
    }

    func wrongType(_ expected: String) -> PolicyTextError {
        PolicyTextError(.wrongType(key: key, expected: expected, found: value.kind), at: position)
    }

    func unknown(_ text: String, expected: String) -> PolicyTextError {
        PolicyTextError(.unknownValue(key: key, value: text, expected: expected), at: position)
    }

    func invalid(_ reason: String) -> PolicyTextError {
        PolicyTextError(.invalid(key: key, reason: reason), at: position)
    }
}
