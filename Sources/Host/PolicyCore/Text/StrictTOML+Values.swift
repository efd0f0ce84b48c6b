extension TOMLReader {
    /// The value at the cursor. `depth` is the number of inline tables around it, which bounds the recursion.
    mutating func readValue(isNote: Bool, isInList: Bool, depth: Int) throws(PolicyTextError) -> TOMLValue {
        let start = position
        switch current {
        case UInt8(ascii: "\""):
            return TOMLValue(.string(try readString(isNote: isNote)), at: start)
        case UInt8(ascii: "["):
            guard !isInList else { throw PolicyTextError(.limit("a list within lists", limit: 1), at: start) }
            return TOMLValue(.list(try readList(depth: depth)), at: start)
        case UInt8(ascii: "{"):
            guard depth < StrictTOML.maximumInlineDepth else {
                throw PolicyTextError(
                    .limit("inline tables this deep", limit: StrictTOML.maximumInlineDepth), at: start)
            }
            return TOMLValue(.table(try readInlineTable(depth: depth + 1)), at: start)
        case UInt8(ascii: "'"):
            throw PolicyTextError(.unsupported("literal strings are not part of policy text; use '\"'"), at: start)
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            throw PolicyTextError(.unsupported("numbers in policy text have no sign"), at: start)
        case let byte?:
            guard isWordByte(byte) else { break }
            return TOMLValue(try readWord(), at: start)
        case nil: break
        }
        throw failure(.expected("a value", found: current))
    }

    /// `"…"` on one line. Two escapes exist: `\"` and `\\`.
    private mutating func readString(isNote: Bool) throws(PolicyTextError) -> String {
        let start = position
        try expect(UInt8(ascii: "\""), "a string")
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"): throw failure(.expected("'\"' before the line ends", found: byte))
            case UInt8(ascii: "\""):
                advance()
                if text.isEmpty, current == UInt8(ascii: "\"") {
                    throw PolicyTextError(.unsupported("multi-line strings are not part of policy text"), at: start)
                }
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                advance()
                guard let escaped = current, escaped == UInt8(ascii: "\\") || escaped == UInt8(ascii: "\"") else {
                    throw failure(.expected("'\\' or '\"' after '\\', the only escapes", found: current))
                }
                text.append(escaped)
                advance()
            case _:
                guard byte < 0x80 || isNote else { throw failure(.expected("ASCII", found: byte)) }
                text.append(byte)
                advance()
            }
        }
        throw failure(.expected("'\"'", found: nil))
    }

    private mutating func readList(depth: Int) throws(PolicyTextError) -> [TOMLValue] {
        try expect(UInt8(ascii: "["), "a list")
        var items: [TOMLValue] = []
        while true {
            skipSpacesCommentsAndLines()
            if take(UInt8(ascii: "]")) { return items }
            guard items.count < StrictTOML.maximumListItems else {
                throw PolicyTextError(
                    .limit("more items in one list", limit: StrictTOML.maximumListItems), at: position)
            }
            items.append(try readValue(isNote: false, isInList: true, depth: depth))
            skipSpacesCommentsAndLines()
            if take(UInt8(ascii: "]")) { return items }
            try expect(UInt8(ascii: ","), "',' or ']'")
        }
    }

    private mutating func readInlineTable(depth: Int) throws(PolicyTextError) -> TOMLTable {
        var table = TOMLTable(at: position)
        try expect(UInt8(ascii: "{"), "an inline table")
        skipSpaces()
        if take(UInt8(ascii: "}")) { return table }
        while true {
            try readEntry(into: &table, depth: depth)
            skipSpaces()
            if take(UInt8(ascii: "}")) { return table }
            try expect(UInt8(ascii: ","), "',' or '}'")
            skipSpaces()
        }
    }

    /// `true`, `false`, a decimal integer or a time: whatever has no brackets and no quotes.
    private mutating func readWord() throws(PolicyTextError) -> TOMLValue.Content {
        let start = position
        let first = index
        while let byte = current, isWordByte(byte) {
            guard index - first < StrictTOML.maximumKeyBytes else {
                throw PolicyTextError(.limit("a value of more bytes", limit: StrictTOML.maximumKeyBytes), at: start)
            }
            advance()
        }
        let word = bytes[first..<index]
        if word.elementsEqual("true".utf8) { return .boolean(true) }
        if word.elementsEqual("false".utf8) { return .boolean(false) }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if word.allSatisfy(digits.contains) {
            guard word.count == 1 || word.first != UInt8(ascii: "0") else {
                throw PolicyTextError(.unsupported("integers have no leading zero"), at: start)
            }
            return .integer(try integer(word, at: start))
        }
        if digits.contains(word[first]),
            word.contains(UInt8(ascii: ":")) || word.count(where: { $0 == UInt8(ascii: "-") }) > 1
        {
            do throws(UTCTime.Malformation) {
                return .time(try UTCTime(text: word))
            } catch {
                throw PolicyTextError(.malformedTime(error), at: start)
            }
        }
        let text = shortened(String(decoding: word, as: UTF8.self))
        throw PolicyTextError(
            .unsupported("'\(text)' is no value; write a \"string\", a decimal integer, true, false or a time"),
            at: start)
    }

    private func integer(_ digits: ArraySlice<UInt8>, at start: SourcePosition) throws(PolicyTextError) -> UInt64 {
        var value: UInt64 = 0
        for digit in digits {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else {
                throw PolicyTextError(.limit("an integer of more bits", limit: 64), at: start)
            }
            value = sum
        }
        return value
    }

    /// Everything that may be part of a TOML number, time or boolean, so that a wrong one is refused whole.
    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        case _: false
        }
    }
}
