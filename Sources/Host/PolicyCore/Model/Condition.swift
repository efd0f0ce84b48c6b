/// One condition of a rule: a fact, and what has to hold of it.
package struct Condition: Hashable, Sendable {
    package let key: Key
    package let operand: Operand

    package init(_ key: Key, _ operand: Operand) {
        self.key = key
        self.operand = operand
    }

    package enum Operand: Hashable, Sendable {
        /// In the order of the text, none of them twice.
        case atoms([FactAtom])
        case limit(UInt64)
        case flag(Bool)
        /// Names that the policy's `[signers]` gives to keys.
        case aliases([String])
    }

    /// What a condition asks.
    package enum Relation: Sendable {
        /// The fact is one of the operand's atoms.
        case isOneOf
        /// The fact and the operand have something in common, nothing in common, or the fact lies in the operand.
        case intersects
        case isDisjoint
        case isWithin
        case isAtMost
        case isAtLeast
        case isFlag
        /// Enough of an alias' keys signed.
        case isSignedBy
    }

    /// The key in `when`.
    package enum Key: String, CaseIterable, Hashable, Sendable {
        case program
        case object
        case signer
        case attestation
        case verdict
        case verifierID = "verifier.id"
        case verifierOptions = "verifier.options"
        case platform
        case type
        case attach
        case attachTarget = "attach_target"
        case helpersAny = "helpers_any"
        case helpersNone = "helpers_none"
        case helpersSubset = "helpers_subset"
        case mapsAny = "maps_any"
        case mapsSubset = "maps_subset"
        case mapFlagsAny = "map_flags_any"
        case mapBytesAtMost = "map_bytes.max"
        case instructionsAtMost = "insns.max"
        case subprogramsAtMost = "subprogs.max"
        case stackAtMost = "stack.max"
        case loops
        case tailCalls = "tail_calls"
        case btf
        case coreRelocations = "core_relos"
        case license
        case requesterUID = "requester.uid"
        case requesterCgroup = "requester.cgroup"
        case requesterExecutable = "requester.exe_digest"
        case hostKVM = "host.kvm"
        case hostSeccomp = "host.seccomp"
        case hostLandlock = "host.landlock"
        case hostUserNamespaces = "host.userns"
        case hostLockdown = "host.lockdown"
        case hostMDWE = "host.mdwe"
        case hostSecureBoot = "host.secure_boot"
        case hostKernelAtLeast = "host.kernel.min"
        case hostJITHardeningAtLeast = "host.jit_harden.min"
        case hostNested = "host.nested"
        case hostTPM = "host.tpm"
        case hostLabel = "host.label"
        case policyAgeAtMost = "age.policy.max"
        case revocationAgeAtMost = "age.revoke.max"

        static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

        package var fact: FactName {
            switch self {
            case .program: .program
            case .object: .object
            case .signer: .signer
            case .attestation: .attestation
            case .verdict: .verdict
            case .verifierID: .verifierID
            case .verifierOptions: .verifierOptions
            case .platform: .platform
            case .type: .type
            case .attach: .attach
            case .attachTarget: .attachTarget
            case .helpersAny, .helpersNone, .helpersSubset: .helpers
            case .mapsAny, .mapsSubset: .maps
            case .mapFlagsAny: .mapFlags
            case .mapBytesAtMost: .mapBytes
            case .instructionsAtMost: .instructions
            case .subprogramsAtMost: .subprograms
            case .stackAtMost: .stack
            case .loops: .loops
            case .tailCalls: .tailCalls
            case .btf: .btf
            case .coreRelocations: .coreRelocations
            case .license: .license
            case .requesterUID: .requesterUID
            case .requesterCgroup: .requesterCgroup
            case .requesterExecutable: .requesterExecutable
            case .hostKVM: .hostKVM
            case .hostSeccomp: .hostSeccomp
            case .hostLandlock: .hostLandlock
            case .hostUserNamespaces: .hostUserNamespaces
            case .hostLockdown: .hostLockdown
            case .hostMDWE: .hostMDWE
            case .hostSecureBoot: .hostSecureBoot
            case .hostKernelAtLeast: .hostKernel
            case .hostJITHardeningAtLeast: .hostJITHardening
            case .hostNested: .hostNested
            case .hostTPM: .hostTPM
            case .hostLabel: .hostLabel
            case .policyAgeAtMost: .policyAge
            case .revocationAgeAtMost: .revocationAge
            }
        }

        package var relation: Relation {
            switch self {
            case .signer: .isSignedBy
            case .helpersAny, .mapsAny, .mapFlagsAny, .hostLabel, .attestation: .intersects
            case .helpersNone: .isDisjoint
            case .helpersSubset, .mapsSubset: .isWithin
            case .mapBytesAtMost, .instructionsAtMost, .subprogramsAtMost, .stackAtMost, .policyAgeAtMost,
                .revocationAgeAtMost:
                .isAtMost
            case .hostKernelAtLeast, .hostJITHardeningAtLeast: .isAtLeast
            case .loops, .tailCalls, .btf, .coreRelocations, .hostNested: .isFlag
            case .program, .object, .verdict, .verifierID, .verifierOptions, .platform, .type, .attach, .attachTarget,
                .license, .requesterUID, .requesterCgroup, .requesterExecutable, .hostKVM, .hostSeccomp,
                .hostLandlock, .hostUserNamespaces, .hostLockdown, .hostMDWE, .hostSecureBoot, .hostTPM:
                .isOneOf
            }
        }
    }

    /// The operand, word by word, as the text has it.
    package var operandWords: [String] {
        switch operand {
        case .atoms(let atoms): atoms.map(key.fact.shape.text)
        case .limit(let limit): [key.fact.shape.text(.number(limit))]
        case .flag(let flag): ["\(flag)"]
        case .aliases(let aliases): aliases
        }
    }
}

extension Condition {
    package static func program(_ digests: [ProgramDigest]) -> Self {
        Self(.program, .atoms(digests.map { .digest($0.digest) }))
    }
    package static func type(_ types: [ProgramType]) -> Self {
        Self(.type, .atoms(types.map { .word($0.rawValue) }))
    }
    package static func helpersAny(_ helpers: [HelperFunction]) -> Self {
        Self(.helpersAny, .atoms(helpers.map { .number(UInt64($0.number)) }))
    }
    package static func instructionsAtMost(_ limit: UInt64) -> Self { Self(.instructionsAtMost, .limit(limit)) }
    package static func verdict(_ verdicts: [ProgramVerdict]) -> Self {
        Self(.verdict, .atoms(verdicts.map { .word($0.rawValue) }))
    }
    package static func verifierOptions(_ options: [VerifierIdentity.Options]) -> Self {
        Self(.verifierOptions, .atoms(options.map { .word($0.rawValue) }))
    }
    package static func hostKVM(_ states: [HostKVM]) -> Self {
        Self(.hostKVM, .atoms(states.map { .word($0.rawValue) }))
    }
    package static func signer(_ aliases: [String]) -> Self { Self(.signer, .aliases(aliases)) }
}
