/// A table in plain text: aligned columns, one rule under the heading, nothing else.
///
/// ```
/// verdict   packets    share
/// ──────────────────────────
/// XDP_PASS    2,381   86.3 %
/// XDP_DROP      258    9.4 %
/// ```
package struct Table: Sendable {
    package enum Alignment: Sendable { case left, right }

    package struct Column: Sendable {
        package let title: String
        package let alignment: Alignment

        /// A column of words.
        package static func left(_ title: String = "") -> Column { Column(title: title, alignment: .left) }
        /// A column of numbers.
        package static func right(_ title: String = "") -> Column { Column(title: title, alignment: .right) }
    }

    package struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        package let text: String
        package let tone: Tone

        /// - Parameter text: any text; what a terminal would act on is escaped.
        package init(_ text: String, _ tone: Tone = .plain) {
            self.text = Printable.text(text, limit: 400)
            self.tone = tone
        }

        package init(stringLiteral text: String) { self.init(text) }
    }

    private enum Line: Sendable {
        case cells([Cell])
        case rule
    }

    private let columns: [Column]
    private var lines: [Line] = []

    /// Where no column has a title, there is no heading: a list of facts and their values.
    package init(_ columns: Column...) { self.init(columns) }

    package init(_ columns: [Column]) {
        precondition(!columns.isEmpty, "a table has columns")
        self.columns = columns
    }

    package var isEmpty: Bool { lines.isEmpty }

    package mutating func add(_ cells: Cell...) { add(cells) }

    package mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        lines.append(.cells(cells))
    }

    /// A rule between what is above, such as the parts, and what is below, such as their sum.
    package mutating func addRule() { lines.append(.rule) }

    /// The table's lines, each ended by a newline, none with spaces at its end.
    package func text(for terminal: Terminal = .none, indent: Int = 0) -> String {
        var widths = columns.map { Printable.width($0.title) }
        for case .cells(let cells) in lines {
            for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], Printable.width(cell.text)) }
        }
        let margin = String(repeating: " ", count: indent)
        let gap = "  "
        let total = widths.reduce(0, +) + gap.count * (columns.count - 1)
        let rule = margin + terminal.toned(String(repeating: "─", count: total), .faint) + "\n"

        func line(_ cells: [Cell]) -> String {
            var text = margin
            var owed = ""  // spaces that are written only once something follows them
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - Printable.width(cell.text))
                if index > 0 { owed += gap }
                if columns[index].alignment == .right { owed += padding }
                if !cell.text.isEmpty {
                    text += owed + terminal.toned(cell.text, cell.tone)
                    owed = ""
                }
                if columns[index].alignment == .left { owed += padding }
            }
            return text + "\n"
        }

        var text = ""
        if columns.contains(where: { !$0.title.isEmpty }) {
            text += line(columns.map { Cell($0.title, .strong) }) + rule
        }
        for entry in lines {
            switch entry {
            case .cells(let cells): text += line(cells)
            case .rule: text += rule
            }
        }
        return text
    }
}
