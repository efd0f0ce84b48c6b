/// Why a command ends without its result: what broke, where, and what the user can do.
///
/// ```
/// error: mixed.pcap@24: a record claims 9,999 bytes, and the limit is 2,048
///   remedy: the file is damaged, or was made to be; capture again
/// ```
package struct Failure: Error, Equatable, Sendable {
    package enum Location: Equatable, Sendable {
        /// The thing as a whole.
        case whole
        case line(Int, column: Int)
        /// Bytes from the start of the file.
        case offset(Int)
    }

    package let exitStatus: ExitStatus
    /// A file, as the user named it, or what else the sentence is about.
    package let subject: String
    package let location: Location
    package let problem: String
    package let remedy: String?

    /// All texts may be hostile: what a terminal would act on is escaped when they are printed.
    package init(
        _ exitStatus: ExitStatus, _ subject: String, at location: Location = .whole, _ problem: String,
        remedy: String? = nil
    ) {
        self.exitStatus = exitStatus
        self.subject = subject
        self.location = location
        self.problem = problem
        self.remedy = remedy
    }

    /// For standard error, with a newline at its end.
    package func text(for terminal: Terminal = .none) -> String {
        let place =
            switch location {
            case .whole: ""
            case .line(let line, let column): ":\(line):\(column)"
            case .offset(let offset): "@\(offset)"
            }
        var text = terminal.toned("error:", .bad) + " "
        if !subject.isEmpty { text += Printable.text(subject, limit: 400) + place + ": " }
        text += Printable.text(problem, limit: 1_000) + "\n"
        if let remedy { text += "  remedy: \(Printable.text(remedy, limit: 1_000))\n" }
        return text
    }
}

extension Failure: Encodable {
    private enum Key: String, CodingKey { case error, code, kind, subject, line, column, offset, problem, remedy }

    package func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Key.self)
        var container = outer.nestedContainer(keyedBy: Key.self, forKey: .error)
        try container.encode(exitStatus.rawValue, forKey: .code)
        try container.encode(exitStatus.name, forKey: .kind)
        try container.encode(subject, forKey: .subject)
        switch location {
        case .whole: break
        case .line(let line, let column):
            try container.encode(line, forKey: .line)
            try container.encode(column, forKey: .column)
        case .offset(let offset): try container.encode(offset, forKey: .offset)
        }
        try container.encode(problem, forKey: .problem)
        try container.encodeIfPresent(remedy, forKey: .remedy)
    }
}
