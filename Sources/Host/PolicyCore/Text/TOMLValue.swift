/// A value of policy text, with the place it was written.
package struct TOMLValue: Equatable, Sendable {
    package var content: Content
    package var position: SourcePosition

    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    package enum Content: Equatable, Sendable {
        /// Printable ASCII, so that equal means the same bytes; a note alone may hold more.
        case string(String)
        case integer(UInt64)
        case boolean(Bool)
        case time(UTCTime)
        case list([TOMLValue])
        case table(TOMLTable)
        /// What `[[name]]` headers make.
        case tables([TOMLTable])
    }

    /// The kind of value, as an error names it.
    package var kind: String {
        switch content {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "a boolean"
        case .time: "a time"
        case .list: "a list"
        case .table: "a table"
        case .tables: "an array of tables"
        }
    }
}

/// Keys with their values, in the order of the text. No key occurs twice.
package struct TOMLTable: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var key: String
        package var position: SourcePosition
        package var value: TOMLValue
    }

    package var entries: [Entry] = []
    /// Where the table begins: its header, its brace, or the start of the file.
    package var position: SourcePosition

    package init(at position: SourcePosition) { self.position = position }

    package subscript(key: String) -> TOMLValue? { entry(key)?.value }

    func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }
}
