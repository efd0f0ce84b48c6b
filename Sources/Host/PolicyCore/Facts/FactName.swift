/// Everything that a rule may ask about, by the name that policies, records and explanations use.
package enum FactName: String, CaseIterable, Hashable, Sendable {
    // The program, from its bytes.
    case program
    case object
    case verdict
    case verifierID = "verifier.id"
    case verifierOptions = "verifier.options"
    case platform
    case helpers
    case maps
    case mapFlags = "map_flags"
    case mapBytes = "map_bytes"
    case instructions = "insns"
    case loops
    case subprograms = "subprogs"
    case stack
    case tailCalls = "tail_calls"
    case btf
    case coreRelocations = "core_relos"
    case license

    // Who vouches for it.
    case signer
    case attestation

    // What is to be done with it, as the caller or the object says.
    case type
    case attach
    case attachTarget = "attach_target"

    // Who asks.
    case requesterUID = "requester.uid"
    case requesterCgroup = "requester.cgroup"
    case requesterExecutable = "requester.exe_digest"

    // The host.
    case hostKVM = "host.kvm"
    case hostSeccomp = "host.seccomp"
    case hostLandlock = "host.landlock"
    case hostUserNamespaces = "host.userns"
    case hostLockdown = "host.lockdown"
    case hostMDWE = "host.mdwe"
    case hostSecureBoot = "host.secure_boot"
    case hostKernel = "host.kernel"
    case hostJITHardening = "host.jit_harden"
    case hostNested = "host.nested"
    case hostTPM = "host.tpm"
    case hostLabel = "host.label"

    // How old what decides is.
    case policyAge = "age.policy"
    case revocationAge = "age.revoke"

    /// Whether the fact is one of the program, whatever host it is on and whoever asks.
    package var isOfProgram: Bool {
        switch self {
        case .program, .object, .verdict, .verifierID, .verifierOptions, .platform, .helpers, .maps, .mapFlags,
            .mapBytes, .instructions, .loops, .subprograms, .stack, .tailCalls, .btf, .coreRelocations, .license,
            .signer, .attestation, .type:
            true
        case .attach, .attachTarget, .requesterUID, .requesterCgroup, .requesterExecutable, .hostKVM, .hostSeccomp,
            .hostLandlock, .hostUserNamespaces, .hostLockdown, .hostMDWE, .hostSecureBoot, .hostKernel,
            .hostJITHardening, .hostNested, .hostTPM, .hostLabel, .policyAge, .revocationAge:
            false
        }
    }

    /// Whether the fact says who wrote the program, or which one it is: what a permit should rest on.
    package var namesAuthor: Bool { self == .program || self == .object || self == .signer }

    /// Facts that change by waiting. A forbid may not ask for them: it would end with time.
    package var isAge: Bool { self == .policyAge || self == .revocationAge }

    /// What its values are.
    package var shape: FactShape { Self.shapes[index] }

    private static let shapes = allCases.map(\.freshShape)

    private var freshShape: FactShape {
        switch self {
        case .program: .digest(prefix: ProgramDigest.prefix)
        case .object, .platform, .requesterExecutable: .digest(prefix: ContentDigest.prefix)
        case .verdict: .word(ProgramVerdict.allCases.map(\.rawValue))
        case .verifierOptions: .word(VerifierIdentity.Options.allCases.map(\.rawValue))
        case .type: .word(ProgramType.allCases.map(\.rawValue))
        case .attach: .word(AttachType.allCases.map(\.rawValue))
        case .hostKVM: .word(HostKVM.allCases.map(\.rawValue))
        case .hostSeccomp, .hostLandlock, .hostUserNamespaces, .hostTPM:
            .word(HostFeature.allCases.map(\.rawValue))
        case .hostLockdown: .word(HostLockdown.allCases.map(\.rawValue))
        case .hostMDWE, .hostSecureBoot: .word(HostSwitch.allCases.map(\.rawValue))
        case .verifierID, .license, .attachTarget, .requesterCgroup: .text
        case .instructions, .subprograms, .stack, .mapBytes, .requesterUID, .hostJITHardening: .number
        case .hostKernel: .release
        case .policyAge, .revocationAge: .duration
        case .loops, .tailCalls, .btf, .coreRelocations, .hostNested: .flag
        case .helpers: .helpers
        case .maps: .words(MapKind.allCases.map(\.rawValue))
        case .mapFlags: .words(MapFlag.allCases.map(\.rawValue))
        case .hostLabel: .labels
        case .signer: .keys
        case .attestation: .digests
        }
    }
}
