/// The addresses of the words that a child may sleep on or wake others at.
package struct ChildWords: Equatable, Sendable {
    /// Raised by the broker for a cell that sleeps.
    package let wakeGeneration: UInt64
    /// The run that the broker wants.
    package let order: UInt64
    /// What the broker sleeps on.
    package let wakeCounter: UInt64

    package init(wakeGeneration: UInt64, order: UInt64, wakeCounter: UInt64) {
        self.wakeGeneration = wakeGeneration
        self.order = order
        self.wakeCounter = wakeCounter
    }
}

extension Filter {
    /// A child: hostile code runs in this very process.
    ///
    /// Two calls, and of the first only what its arguments are here. There is no `rt_sigreturn`, by which a program sets all of its
    /// registers and the signals that it takes, and no `restart_syscall`, because nothing here sleeps with a time limit.
    package static func child(_ words: ChildWords) -> Filter {
        let wait: UInt64 = 0
        let wake: UInt64 = 1
        return Filter(
            name: "child",
            rules: [
                .allow(
                    .futex, .argument(0, equals: words.wakeGeneration), .argument(1, equals: wait),
                    .argument(3, equals: 0),
                    reason: "FUTEX_WAIT, not private: a cell that parks sleeps until the broker has an event"),
                .allow(
                    .futex, .argument(0, equals: words.order), .argument(1, equals: wait), .argument(3, equals: 0),
                    reason: "FUTEX_WAIT, not private: a cell that was stopped sleeps until it is to run again"),
                .allow(
                    .futex, .argument(0, equals: words.wakeCounter), .argument(1, equals: wake),
                    reason: "FUTEX_WAKE, not private: tells the broker that there is a verdict, or an end"),
                .allow(.exitGroup, reason: "ends, after a report"),
            ],
            defaultAction: .kill)
    }
}
