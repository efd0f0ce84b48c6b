/// What confinement really obtained, step by step, as the kernel answered.
package struct ConfinementReport: Equatable, Sendable {
    package let role: Role
    /// One entry per `ConfinementStep`, in its order.
    package private(set) var outcomes: [StepOutcome]
    /// Nanoseconds that each step took, in the same order.
    package private(set) var costs: [UInt32]
    /// The mappings, counted right before the filter went on.
    package var mappings: MappingAudit?

    init(role: Role) {
        self.role = role
        outcomes = Array(repeating: .notRequested, count: ConfinementStep.allCases.count)
        costs = Array(repeating: 0, count: ConfinementStep.allCases.count)
    }

    package subscript(step: ConfinementStep) -> StepOutcome { outcomes[Int(step.rawValue)] }

    /// The ABI of Landlock that holds this process's files, if any does.
    package var landlockABI: UInt32? {
        if case .obtained(let abi) = self[.landlock] { abi } else { nil }
    }

    /// The time all steps took together.
    package var nanoseconds: UInt64 { costs.reduce(0) { $0 + UInt64($1) } }

    mutating func record(_ step: ConfinementStep, _ outcome: StepOutcome, nanoseconds: UInt64) {
        outcomes[Int(step.rawValue)] = outcome
        costs[Int(step.rawValue)] = UInt32(clamping: nanoseconds)
    }
}
