/// What this host and this engine can run just now. It can lower a decision, never raise one.
package struct Availability: Equatable, Sendable {
    package var guest: EnclosureState
    package var child: EnclosureState
    /// The tiers that the engine has an implementation for, and for which the package holds what they run.
    package var eligible: TierSet
    /// Whether the host is in code-integrity mode, whatever the policies say.
    package var codeIntegrity: Bool

    package init(guest: EnclosureState, child: EnclosureState, eligible: TierSet, codeIntegrity: Bool = false) {
        self.guest = guest
        self.child = child
        self.eligible = eligible
        self.codeIntegrity = codeIntegrity
    }

    package func state(of enclosure: Tier.Enclosure) -> EnclosureState {
        switch enclosure {
        case .guest: guest
        case .child: child
        }
    }
}

/// Whether an enclosure can be made, and if not, why not.
package enum EnclosureState: Equatable, Sendable {
    case usable
    case unusable(String)

    /// A guest needs KVM, and nothing else will do.
    package init(hostKVM: Fact<HostKVM>) {
        switch hostKVM {
        case .known(.usable, _): self = .usable
        case .known(let state, _): self = .unusable("host.kvm is \(state.rawValue)")
        case .unknown(let cause): self = .unusable("host.kvm is unknown: \(cause)")
        }
    }

    /// A child needs a filter on its system calls.
    package init(hostSeccomp: Fact<HostFeature>) {
        switch hostSeccomp {
        case .known(.usable, _): self = .usable
        case .known(let state, _): self = .unusable("host.seccomp is \(state.rawValue)")
        case .unknown(let cause): self = .unusable("host.seccomp is unknown: \(cause)")
        }
    }
}

extension TierSet {
    /// The tiers that this engine has an implementation for. A policy may name the others; they come out as not
    /// offered.
    package static let offered = TierSet(Tier.running)
}
