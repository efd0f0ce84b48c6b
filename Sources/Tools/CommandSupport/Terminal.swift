/// What is known about where text goes: whether a person watches it, and how.
package struct Terminal: Sendable, Equatable {
    package var isTerminal: Bool
    /// Whether colours may be used: only on a terminal, and not where the user said no.
    package var hasColor: Bool
    package var columns: Int

    /// A file or a pipe: no colour, no progress.
    package static let none = Terminal(isTerminal: false, hasColor: false, columns: 80)

    package init(isTerminal: Bool, hasColor: Bool, columns: Int) {
        self.isTerminal = isTerminal
        self.hasColor = hasColor
        self.columns = columns
    }

    /// Follows no-color.org: any `NO_COLOR` that is not empty means none.
    package init(isTerminal: Bool, environment: [String: String]) {
        let isDumb = environment["TERM"] == "dumb"
        self.isTerminal = isTerminal && !isDumb
        hasColor = self.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
        columns = environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 40), 400) } ?? 80
    }

    /// The text in a tone, where there are colours.
    package func toned(_ text: String, _ tone: Tone) -> String {
        guard hasColor, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// What a piece of text wants to say beyond its words; never the only thing that says it.
package enum Tone: Sendable, Equatable {
    case plain, strong, faint, good, warning, bad

    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        }
    }
}
