internal import CommandSupport

/// What an observation came to: of each program the run, and how much of it was lost.
struct ObserveReport: Encodable {
    private let runs: [RunReport]
    private let observation: Observed

    private struct Observed: Encodable {
        /// Of each program, in their order.
        let hooks: [String]
        /// Events for which the kernel's ring had no room.
        let lost: UInt64
        /// How often a program took another's place.
        let replacements: Int
    }

    private enum Key: String, CodingKey { case observation, others }

    init(_ runs: [RunReport], hooks: [String], lost: UInt64, replacements: Int) {
        precondition(!runs.isEmpty, "somebody looked on")
        self.runs = runs
        observation = Observed(hooks: hooks, lost: lost, replacements: replacements)
    }

    /// The keys of the first program's run, `observation` beside them, and `others`: the runs of the others, where there are any.
    func encode(to encoder: any Encoder) throws {
        try runs[0].encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(observation, forKey: .observation)
        if runs.count > 1 { try container.encode(Array(runs.dropFirst()), forKey: .others) }
    }

    func text(for terminal: Terminal) -> String {
        let losses =
            observation.lost == 0
            ? "" : "\n\(Quantity.grouped(observation.lost)) events were lost: the kernel's ring was full\n"
        return zip(observation.hooks, runs).map { "\($0)\n\($1.text(for: terminal))" }.joined(separator: "\n") + losses
    }
}
