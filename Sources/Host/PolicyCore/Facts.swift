/// What an object's reader found out about one program.
package struct ProgramIdentity: Equatable, Sendable {
    package var digest: Fact<ProgramDigest>
    package var type: Fact<ProgramType>
    /// Every helper the program can call, callees included.
    package var helpers: Fact<Set<HelperFunction>>
    /// Instruction slots of the linked code.
    package var instructionCount: Fact<UInt64>

    package init(
        digest: Fact<ProgramDigest> = .unknown(.absent), type: Fact<ProgramType> = .unknown(.absent),
        helpers: Fact<Set<HelperFunction>> = .unknown(.absent), instructionCount: Fact<UInt64> = .unknown(.absent)
    ) {
        self.digest = digest
        self.type = type
        self.helpers = helpers
        self.instructionCount = instructionCount
    }

    /// Everything known, from the bytes of the program.
    package init(digest: ProgramDigest, type: ProgramType, helpers: Set<HelperFunction>, instructionCount: UInt64) {
        self.init(
            digest: .known(digest, .proven), type: .known(type, .proven), helpers: .known(helpers, .proven),
            instructionCount: .known(instructionCount, .proven))
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
