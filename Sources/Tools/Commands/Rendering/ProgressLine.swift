package import CommandSupport

/// One line that says how far a run has come, over and over, on a terminal and nowhere else.
///
/// ```
/// running  ━━━━━━━━━━━━━━━━━━                  45.2 %  1,247 of 2,759 packets
/// ```
package struct ProgressLine {
    private let terminal: Terminal
    private let label: String
    private let unit: String
    private let total: UInt64
    private let write: (String) -> Void
    private var lastShown: ContinuousClock.Instant?

    /// Often enough to move, seldom enough to cost nothing.
    package static let interval = Duration.milliseconds(100)

    /// - Parameter write: writes to standard error; never called where that is no terminal.
    package init(
        _ label: String, total: UInt64, unit: String, terminal: Terminal, write: @escaping (String) -> Void
    ) {
        self.label = Printable.text(label, limit: 30)
        self.unit = unit
        self.total = total
        self.terminal = terminal
        self.write = write
    }

    /// Shows `done` if the last showing is long enough ago. Call it once for many events: it reads the clock.
    package mutating func update(_ done: UInt64, now: ContinuousClock.Instant = .now) {
        guard terminal.isTerminal else { return }
        if let lastShown, now - lastShown < Self.interval { return }
        lastShown = now
        write("\r" + line(done) + "\u{1B}[K")
    }

    /// Takes the line away, so that the result stands alone.
    package mutating func finish() {
        guard lastShown != nil else { return }
        lastShown = nil
        write("\r\u{1B}[K")
    }

    func line(_ done: UInt64) -> String {
        let share = Quantity.share(min(done, total), of: total)
        let counts = "\(Quantity.grouped(done)) of \(Quantity.grouped(total)) \(unit)"
        // The bar takes what the words leave, and one column stays free, so that no terminal wraps.
        let room = terminal.columns - 1 - Printable.width(label) - 2 - 2 - 7 - 2 - Printable.width(counts)
        let width = min(max(room, 0), 40)
        let filled = total == 0 ? 0 : Int(Double(width) * Double(min(done, total)) / Double(total))
        let bar = String(repeating: "━", count: filled) + String(repeating: " ", count: width - filled)
        let text = "\(label)  \(bar)  \(String(repeating: " ", count: max(0, 7 - share.count)))\(share)  \(counts)"
        return String(text.prefix(terminal.columns - 1))
    }
}
