import FoundationEssentials
import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("The policies in Policies/")
struct ShippedPolicyTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies")
    static let names = ["example.toml", "by-digest.toml"]

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
        let findings = file.lint(offered: .offered).map(\.code)
        #expect(findings.allSatisfy { $0 == .permitWithoutAuthor })
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
}
