import PolicyCore
import Sandbox
import Testing

@testable import Confinement

/// What the state of /dev/kvm is to policy.
@Suite("Hosts that lost KVM, or only look as if they had it")
struct SpoofedPostureTests {
    /// Each way in which KVM is not to be had, and how the explanation names it.
    static let states: [(KVMPosture.State, String)] = [
        (.absent, "absent"), (.denied, "denied"),
        // EMFILE, ENFILE; ENOMEM of KVM_CREATE_VM; ENOTTY.
        (.error(call: .open, errno: 24), "error"), (.error(call: .open, errno: 23), "error"),
        (.error(call: .createMachine, errno: 12), "error"), (.error(call: .version, errno: 25), "error"),
        (.spoofed(.notACharacterDevice), "E_POSTURE_SPOOFED"),
        (.spoofed(.deviceNumber(major: 1, minor: 3)), "E_POSTURE_SPOOFED"),
        (.spoofed(.deviceNumber(major: 10, minor: 231)), "E_POSTURE_SPOOFED"),
        (.spoofed(.version(11)), "E_POSTURE_SPOOFED"),
    ]

    private func decide(_ rules: [Rule], _ kvm: Fact<HostKVM>) throws -> Decision {
        let file = PolicyFile(
            id: "test", version: 1, issued: try UTCTime(text: "2026-01-01T00:00:00Z".utf8),
            expires: try UTCTime(text: "2027-01-01T00:00:00Z".utf8), options: PolicyOptions(guestCodegen: true),
            rules: rules)
        let program = ProgramIdentity(
            digest: ProgramDigest(ContentDigest(sha256Of: [7])), type: .xdp, helpers: [], instructionCount: 2,
            verdict: .accepted, verifier: VerifierIdentity(version: 4, options: .strict))
        return PolicyCore.decide(
            [PolicyBase(file: file, sha256: ContentDigest(sha256Of: [1]))],
            facts: Facts(program: program, hostKVM: kvm),
            availability: Availability(guest: EnclosureState(hostKVM: kvm), child: .usable, eligible: .offered),
            now: try UTCTime(text: "2026-06-01T00:00:00Z".utf8))
    }

    @Test(
        "T85, T112: whatever it is that KVM lacks, permits of guest tiers come to E_TIER_UNAVAILABLE and never to a child; a spoofed device is E_POSTURE_SPOOFED",
        arguments: states)
    func unusable(state: KVMPosture.State, word: String) throws {
        let fact = KVMPosture(state: state, backend: nil).fact
        #expect(fact.value != .usable)
        for tier in [Tier.interpGuest, .jitGuest] {
            let permit = Rule(.permit, id: "p", tier: tier, when: [.type([.xdp])])
            #expect(try decide([permit], .known(.usable, .observed)).outcome == tier)
            let decision = try decide([permit], fact)
            #expect(decision.outcome == .deny && decision.code == .tierUnavailable && decision.ceiling == tier)
            #expect(decision.explanation.contains(word))
        }
        // It is no fact either that a permit could rest on, and a forbid that asks for it holds.
        let resting = Rule(.permit, id: "p", tier: .jitChild, when: [.type([.xdp]), .hostKVM([.usable])])
        #expect(try decide([resting], fact).code == .noPermit)
        if fact.value == nil {
            let guarded = [
                Rule(.permit, id: "p", tier: .interpChild, when: [.type([.xdp])]),
                Rule(.forbid, id: "f", tier: .interpGuest, when: [.hostKVM([.denied])]),
            ]
            #expect(try decide(guarded, fact).code == .forbidden)
        }
    }
}
