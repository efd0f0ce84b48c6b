extension FactName {
    /// Where the fact stands in a table of all facts, in the order of ``allCases``. A switch, and no search by name: a decision asks for
    /// it once for each condition of each rule.
    package var index: Int {
        switch self {
        case .program: 0
        case .object: 1
        case .verdict: 2
        case .verifierID: 3
        case .verifierOptions: 4
        case .platform: 5
        case .helpers: 6
        case .maps: 7
        case .mapFlags: 8
        case .mapBytes: 9
        case .instructions: 10
        case .loops: 11
        case .subprograms: 12
        case .stack: 13
        case .tailCalls: 14
        case .btf: 15
        case .coreRelocations: 16
        case .license: 17
        case .signer: 18
        case .attestation: 19
        case .type: 20
        case .attach: 21
        case .attachTarget: 22
        case .requesterUID: 23
        case .requesterCgroup: 24
        case .requesterExecutable: 25
        case .hostKVM: 26
        case .hostSeccomp: 27
        case .hostLandlock: 28
        case .hostUserNamespaces: 29
        case .hostLockdown: 30
        case .hostMDWE: 31
        case .hostSecureBoot: 32
        case .hostKernel: 33
        case .hostJITHardening: 34
        case .hostNested: 35
        case .hostTPM: 36
        case .hostLabel: 37
        case .policyAge: 38
        case .revocationAge: 39
        }
    }

    static let count = 40
}
