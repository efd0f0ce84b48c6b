/// An input that breaks a program, and how.
package struct Witness: Equatable, Sendable {
    package var input: Input
    /// What happens at the instruction, in a sentence.
    package var outcome: String
    /// Whether it can be seen without a shadow: the interpreter, or the call of a helper, stops there.
    package var isFault: Bool
}

extension Confirmation {
    /// What a search may spend. Counted, not timed, so that it ends alike everywhere.
    package struct Budget: Equatable, Sendable {
        /// Instructions, over all runs.
        package var instructions: UInt64 = 150_000
        /// Of one run.
        package var instructionsOfRun: UInt64 = 20_000
        /// Expressions evaluated while solving.
        package var work = 4_000_000
        package var runs = 96

        package init() {}
    }
}
