/// One condition of a rule. A list is satisfied by any of its items.
package enum Condition: Equatable, Sendable {
    case program([ProgramDigest])
    case type([ProgramType])
    case helpersAny([HelperFunction])
    case instructionsAtMost(UInt64)
    case hostKVM([HostKVM])

    /// The key in `when`.
    package var key: Key {
        switch self {
        case .program: .program
        case .type: .type
        case .helpersAny: .helpersAny
        case .instructionsAtMost: .instructionsAtMost
        case .hostKVM: .hostKVM
        }
    }

    package enum Key: String, CaseIterable, Sendable {
        case program
        case type
        case helpersAny = "helpers_any"
        case instructionsAtMost = "insns.max"
        case hostKVM = "host.kvm"
    }

    /// True where the condition says which programs are meant, by something read from the program itself.
    var identifiesProgram: Bool {
        switch self {
        case .program, .type: true
        case .helpersAny, .instructionsAtMost, .hostKVM: false
        }
    }

    package func truth(given facts: Facts) -> Truth {
        switch self {
        case .program(let wanted): facts.program.digest.satisfies(wanted.contains)
        case .type(let wanted): facts.program.type.satisfies(wanted.contains)
        case .helpersAny(let wanted): facts.program.helpers.satisfies { used in wanted.contains(where: used.contains) }
        case .instructionsAtMost(let limit): facts.program.instructionCount.satisfies { $0 <= limit }
        case .hostKVM(let wanted): facts.hostKVM.satisfies(wanted.contains)
        }
    }
}
