import FoundationEssentials
import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("The policies in Policies/")
struct ShippedPolicyTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies")
    static let names = [
        "example.toml", "by-digest.toml", "development.toml", "production.toml", "performance-jit.toml",
        "air-gapped.toml",
    ]

    private func snapshot(_ name: String) throws -> PolicySnapshot {
        let text = Array(try Data(contentsOf: Self.folder.appending(path: name)))
        let envelope = try Envelope(signing: text, as: .base, with: [rfcKey]).json
        let issued = try PolicyFile(parsing: text).issued
        return try PolicySnapshot.load(envelope, trusted: trusting(rfcKey), eligible: .offered, now: issued)
    }

    @Test("each can be signed and loaded, tests itself, and claims nothing that lint calls unsafe", arguments: names)
    func loads(name: String) throws {
        let file = try snapshot(name).bases[0].file
        #expect(!file.expectations.isEmpty)
        #expect(file.lint(offered: .offered) == [])
    }

    @Test("none is left out of these tests")
    func complete() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files.filter { $0.hasSuffix(".toml") }) == Set(Self.names))
    }

    @Test("under the example, an XDP program runs in a guest, and without KVM it does not run at all")
    func example() throws {
        let snapshot = try snapshot("example.toml")
        let digest = try #require(ContentDigest([UInt8](repeating: 5, count: 32)))
        let program = ProgramIdentity(
            digest: ProgramDigest(digest), type: .xdp, helpers: [HelperFunction(number: 1)], instructionCount: 20,
            verdict: .accepted, verifier: VerifierIdentity(version: 1, options: .strict))
        func outcome(_ kvm: HostKVM, requested: Tier? = nil) -> Decision {
            let state = Fact.known(kvm, .observed)
            return snapshot.decide(
                Facts(program: program, hostKVM: state),
                availability: Availability(
                    guest: EnclosureState(hostKVM: state), child: .unusable("no child"), eligible: .offered),
                requested: requested, now: snapshot.bases[0].file.issued)
        }
        #expect(outcome(.usable).outcome == .interpGuest)
        #expect(outcome(.usable).onFailure == .closed)
        #expect(outcome(.absent).code == .tierUnavailable)
        #expect(outcome(.denied).outcome == .deny)
        #expect(outcome(.usable, requested: .jitGuest).code == .requestAboveCeiling)
    }

    /// Everything a policy could wish for, but who signed.
    private func facts(_ change: (inout Facts) throws -> Void = { _ in }) throws -> Facts {
        var facts = Facts(
            program: ProgramIdentity(
                digest: ProgramDigest(try #require(ContentDigest([UInt8](repeating: 9, count: 32)))), type: .xdp,
                helpers: [],
                instructionCount: 20, verdict: .accepted, verifier: VerifierIdentity(version: 1, options: .strict)),
            hostKVM: .known(.usable, .observed))
        facts[.hostSeccomp] = .known(.usable, .observed)
        facts[.loops] = .known(false, .proven)
        try change(&facts)
        return facts
    }

    private func key(_ byte: String) throws -> KeyID {
        try #require(KeyID(text: "k:" + String(repeating: "0", count: 62) + byte))
    }

    private func decide(_ snapshot: PolicySnapshot, _ facts: Facts, at now: UTCTime? = nil, revoked: UTCTime? = nil)
        -> Decision
    {
        var set = snapshot.policies
        set.revocationsIssued = revoked
        let availability = Availability(
            guest: EnclosureState(hostKVM: facts[.hostKVM]), child: .usable, eligible: .offered)
        return PolicyCore.decide(
            set, facts: facts, availability: availability, now: now ?? snapshot.bases[0].file.issued)
    }

    @Test("in production it takes two of three people, and what they sign is interpreted in a guest")
    func production() throws {
        let snapshot = try snapshot("production.toml")
        let people = try ["a1", "a2", "a3"].map(key)
        for count in 0...3 {
            let decision = decide(snapshot, try facts { $0[.signer] = .known(Set(people.prefix(count)), .attested) })
            #expect(decision.outcome == (count >= 2 ? .interpGuest : .deny))
        }
        #expect(snapshot.bases[0].file.options.codeIntegrity)
        #expect(snapshot.bases[0].file.options.logRequired)
    }

    @Test("under the policy for fast paths machine code runs in guests alone, and holds nobody's constants")
    func performance() throws {
        let snapshot = try snapshot("performance-jit.toml")
        let signed = try facts { $0[.signer] = .known(Set(try ["b1", "b2"].map(key)), .attested) }
        #expect(decide(snapshot, signed).outcome == .jitGuest)
        #expect(decide(snapshot, signed).blindsConstants)
        var withoutGuests = signed
        withoutGuests[.hostKVM] = .known(.absent, .observed)
        #expect(decide(snapshot, withoutGuests).outcome == .deny)
        let end = snapshot.bases[0].file.expires
        #expect(decide(snapshot, signed, at: end).outcome == .interpGuest)
    }

    @Test("without a connection: a year, and permits that end with an old list of revocations")
    func airGapped() throws {
        let snapshot = try snapshot("air-gapped.toml")
        let file = snapshot.bases[0].file
        let day: Int64 = 86_400
        #expect((file.expires.secondsSince1970 - file.issued.secondsSince1970) / day == 365)
        let signed = try facts { $0[.signer] = .known(Set(try ["c1", "c2"].map(key)), .attested) }
        let later = UTCTime(secondsSince1970: file.issued.secondsSince1970 + 100 * day)
        for (age, outcome) in [(0, Tier.interpGuest), (35, .interpGuest), (36, .deny)] as [(Int64, Tier)] {
            let issued = UTCTime(secondsSince1970: later.secondsSince1970 - age * day)
            #expect(decide(snapshot, signed, at: later, revoked: issued).outcome == outcome, "\(age) days")
        }
        let essential = try facts {
            $0[.program] = .known(ProgramDigest(try #require(ContentDigest([UInt8](repeating: 6, count: 32)))), .proven)
        }
        #expect(decide(snapshot, essential, at: later).outcome == .interpGuest)
        #expect(decide(snapshot, essential, at: file.expires).code == .expired)
    }

    @Test("in development the rule that is tried out is recorded, and does not count")
    func development() throws {
        let snapshot = try snapshot("development.toml")
        let looping = try facts {
            $0[.signer] = .known([try key("d1")], .attested)
            $0[.loops] = .known(true, .proven)
        }
        let decision = decide(snapshot, looping)
        #expect(decision.outcome == .jitGuest)
        #expect(decision.shadow?.outcome == .interpGuest)
    }
}
