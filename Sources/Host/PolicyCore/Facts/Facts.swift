/// What an object's reader found out about one program.
package struct ProgramIdentity: Equatable, Sendable {
    package var digest: Fact<ProgramDigest>
    package var type: Fact<ProgramType>
    /// Every helper the program can call, callees included.
    package var helpers: Fact<Set<HelperFunction>>
    /// Instruction slots of the linked code.
    package var instructionCount: Fact<UInt64>
    /// What the verifier says of the program; unknown where it was not asked.
    package var verdict: Fact<ProgramVerdict>
    /// The verifier that said it, and what it was asked to prove.
    package var verifier: Fact<VerifierIdentity>

    package init(
        digest: Fact<ProgramDigest> = .unknown(.absent), type: Fact<ProgramType> = .unknown(.absent),
        helpers: Fact<Set<HelperFunction>> = .unknown(.absent), instructionCount: Fact<UInt64> = .unknown(.absent),
        verdict: Fact<ProgramVerdict> = .unknown(.absent), verifier: Fact<VerifierIdentity> = .unknown(.absent)
    ) {
        self.digest = digest
        self.type = type
        self.helpers = helpers
        self.instructionCount = instructionCount
        self.verdict = verdict
        self.verifier = verifier
    }

    /// Everything known, from the bytes of the program.
    package init(
        digest: ProgramDigest, type: ProgramType, helpers: Set<HelperFunction>, instructionCount: UInt64,
        verdict: ProgramVerdict, verifier: VerifierIdentity
    ) {
        self.init(
            digest: .known(digest, .proven), type: .known(type, .proven), helpers: .known(helpers, .proven),
            instructionCount: .known(instructionCount, .proven), verdict: .known(verdict, .proven),
            verifier: .known(verifier, .proven))
    }

    /// Whether the verifier is known to have proven the program safe. What is not known has not passed.
    package var isVerified: Bool { verdict.value?.isPass ?? false }
}

/// What the verifier says of a program.
package enum ProgramVerdict: String, CaseIterable, Hashable, Sendable {
    /// Safe, and ends.
    case accepted
    /// Safe; that it ends is left to its fuel.
    case needsFuel = "needs_fuel"
    case rejected
    /// The verifier's budget ended before its proof did.
    case tooComplex = "too_complex"

    package var isPass: Bool {
        switch self {
        case .accepted, .needsFuel: true
        case .rejected, .tooComplex: false
        }
    }
}

/// Which verifier spoke, and of what.
package struct VerifierIdentity: Equatable, Sendable {
    package var version: UInt32
    package var options: Options

    package init(version: UInt32, options: Options) {
        self.version = version
        self.options = options
    }

    /// Of the options, those that change what a verdict means; a budget changes only whether there is one.
    package enum Options: String, CaseIterable, Hashable, Sendable {
        case strict
        /// Addresses may leave the program.
        case addressLeaks = "address_leaks"
    }
}

/// What `/dev/kvm` turned out to be. Everything but ``usable`` means that no guest can run.
package enum HostKVM: String, CaseIterable, Sendable {
    case usable, absent, denied, error
}

/// Everything a rule may ask about.
package struct Facts: Equatable, Sendable {
    package var program: ProgramIdentity
    package var hostKVM: Fact<HostKVM>

    package init(program: ProgramIdentity = ProgramIdentity(), hostKVM: Fact<HostKVM> = .unknown(.absent)) {
        self.program = program
        self.hostKVM = hostKVM
    }
}
