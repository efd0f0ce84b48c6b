extension TOMLReader {
    /// Lines of `key = value`, `[table]` and `[[array of tables]]`.
    mutating func readDocument() throws(PolicyTextError) -> TOMLTable {
        var root = TOMLTable(at: .start)
        // Arrays of tables grow apart from the root and join it at the end, in the order of their first headers.
        var arrays: [(name: String, position: SourcePosition, tables: [TOMLTable])] = []
        // The table whose lines are being read: the root until the first header.
        var table = root
        var header: Header?

        func close() {
            guard let header else {
                root = table
                return
            }
            if !header.isArray {
                let value = TOMLValue(.table(table), at: header.position)
                root.entries.append(.init(key: header.name, position: header.position, value: value))
            } else if let array = arrays.firstIndex(where: { $0.name == header.name }) {
                arrays[array].tables.append(table)
            } else {
                arrays.append((header.name, header.position, [table]))
            }
        }

        while true {
            skipSpacesCommentsAndLines()
            guard current != nil else { break }
            if current == UInt8(ascii: "[") {
                close()
                let next = try readHeader()
                if let earlier = root.entry(next.name) {
                    throw PolicyTextError(.duplicate("\"\(next.name)\"", first: earlier.position), at: next.position)
                }
                if let array = arrays.first(where: { $0.name == next.name }) {
                    guard next.isArray else {
                        throw PolicyTextError(
                            .duplicate("[[\(next.name)]]", first: array.position), at: next.position)
                    }
                    guard array.tables.count < StrictTOML.maximumTablesPerName else {
                        throw PolicyTextError(
                            .limit("more [[\(next.name)]]", limit: StrictTOML.maximumTablesPerName),
                            at: next.position)
                    }
                } else {
                    try checkKeyCount(root.entries.count + arrays.count, at: next.position)
                }
                header = next
                table = TOMLTable(at: next.position)
            } else {
                try readEntry(into: &table)
            }
            try finishLine()
        }
        close()
        for array in arrays {
            root.entries.append(
                .init(
                    key: array.name, position: array.position,
                    value: TOMLValue(.tables(array.tables), at: array.position)))
        }
        return root
    }

    struct Header {
        var name: String
        var isArray: Bool
        var position: SourcePosition
    }

    private mutating func readHeader() throws(PolicyTextError) -> Header {
        let position = position
        try expect(UInt8(ascii: "["), "a table")
        let isArray = take(UInt8(ascii: "["))
        skipSpaces()
        let name = try readKey()
        skipSpaces()
        try expect(UInt8(ascii: "]"), "']'")
        if isArray { try expect(UInt8(ascii: "]"), "a second ']'") }
        return Header(name: name, isArray: isArray, position: position)
    }

    /// One `key = value` of a table that is not inline or is: the caller knows what ends it.
    mutating func readEntry(into table: inout TOMLTable, depth: Int = 0) throws(PolicyTextError) {
        let position = position
        let key = try readKey()
        if let earlier = table.entry(key) {
            throw PolicyTextError(.duplicate("key \"\(key)\"", first: earlier.position), at: position)
        }
        try checkKeyCount(table.entries.count, at: position)
        skipSpaces()
        try expect(UInt8(ascii: "="), "'='")
        skipSpaces()
        let value = try readValue(isNote: key == "note", isInList: false, depth: depth)
        table.entries.append(.init(key: key, position: position, value: value))
    }

    private func checkKeyCount(_ count: Int, at position: SourcePosition) throws(PolicyTextError) {
        guard count < StrictTOML.maximumKeysPerTable else {
            throw PolicyTextError(.limit("more keys in one table", limit: StrictTOML.maximumKeysPerTable), at: position)
        }
    }

    /// A bare key of `A-Z a-z 0-9 _ -`, or a quoted one that may hold dots too. Both spell the same key.
    mutating func readKey() throws(PolicyTextError) -> String {
        let start = position
        let isQuoted = take(UInt8(ascii: "\""))
        let first = index
        var dot: SourcePosition?
        while let byte = current, isKeyByte(byte) || byte == UInt8(ascii: ".") {
            // The length comes before the dots: a key of 50,000 parts is refused for its size, at once.
            guard index - first < StrictTOML.maximumKeyBytes else {
                throw PolicyTextError(.limit("a key of more bytes", limit: StrictTOML.maximumKeyBytes), at: start)
            }
            if byte == UInt8(ascii: "."), dot == nil { dot = position }
            advance()
        }
        let key = bytes[first..<index]
        guard !key.isEmpty else { throw failure(.expected("a key", found: current)) }
        if isQuoted {
            try expect(UInt8(ascii: "\""), "a key of letters, digits, '_', '.', '-' and then '\"'")
        } else if let dot {
            throw PolicyTextError(
                .unsupported("dotted keys are not part of policy text; a key with a dot is written in quotes"), at: dot)
        }
        return String(decoding: key, as: UTF8.self)
    }

    private func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        case _: false
        }
    }
}
