/// One condition of a rule. A list is satisfied by any of its items.
package enum Condition: Equatable, Sendable {
    case program([ProgramDigest])
    case type([ProgramType])
    case helpersAny([HelperFunction])
    case instructionsAtMost(UInt64)
    case verdict([ProgramVerdict])
    case verifierOptions([VerifierIdentity.Options])
    case hostKVM([HostKVM])

    /// The key in `when`.
    package var key: Key {
        switch self {
        case .program: .program
        case .type: .type
        case .helpersAny: .helpersAny
        case .instructionsAtMost: .instructionsAtMost
        case .verdict: .verdict
        case .verifierOptions: .verifierOptions
        case .hostKVM: .hostKVM
        }
    }

    package enum Key: String, CaseIterable, Sendable {
        case program
        case type
        case helpersAny = "helpers_any"
        case instructionsAtMost = "insns.max"
        case verdict
        case verifierOptions = "verifier.options"
        case hostKVM = "host.kvm"
    }

    /// True where the condition says which programs are meant, by something read from the program itself.
    var identifiesProgram: Bool {
        switch self {
        case .program, .type: true
        case .helpersAny, .instructionsAtMost, .verdict, .verifierOptions, .hostKVM: false
        }
    }

    package func truth(given facts: Facts) -> Truth {
        switch self {
        case .program(let wanted): facts.program.digest.satisfies(wanted.contains)
        case .type(let wanted): facts.program.type.satisfies(wanted.contains)
        case .helpersAny(let wanted): facts.program.helpers.satisfies { used in wanted.contains(where: used.contains) }
        case .instructionsAtMost(let limit): facts.program.instructionCount.satisfies { $0 <= limit }
        case .verdict(let wanted): facts.program.verdict.satisfies(wanted.contains)
        case .verifierOptions(let wanted): facts.program.verifier.satisfies { wanted.contains($0.options) }
        case .hostKVM(let wanted): facts.hostKVM.satisfies(wanted.contains)
        }
    }
}
