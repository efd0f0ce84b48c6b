import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Revocations, labels and supplementals on a host")
struct ListTests {
    private func program(_ byte: UInt8) -> String {
        "bpf-prog:v1:sha256:" + String(repeating: "0\(byte)", count: 32)
    }

    private func revoke(_ entry: String) -> String { "[[revoke]]\nreason = \"a test\"\n\(entry)\n" }

    @Test("one signature takes back a program, in every tier")
    func revoked() throws {
        let host = try TestHost.begun()
        host.write("policy/revoke.dsse", revocations(1, revoke("programs = [\"\(program(7))\"]")))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.outcome(.xdp, 7).code == .revoked)
        #expect(policy.outcome(.xdp, 8).outcome == .jitGuest)
        // Deleting the list gives nothing back.
        host.erase("policy/revoke.dsse")
        let after = try host.store().load()
        #expect(after.alarms == [PolicyAlarm("revoke", .deleted, .effectKept)])
        #expect(after.outcome(.xdp, 7).code == .revoked)
    }

    @Test(
        "a list of revocations only grows: one that gives something back is E_ROLLBACK, but after a root that says so")
    func grows() throws {
        let host = try TestHost.begun()
        let one = revoke("programs = [\"\(program(7))\"]")
        host.write("policy/revoke.dsse", revocations(1, one))
        _ = try host.store().load()
        for other in ["", revoke("programs = [\"\(program(8))\"]")] {
            host.write("policy/revoke.dsse", revocations(2, other))
            let policy = try host.store().load()
            #expect(policy.codes == [.rollback])
            #expect(policy.outcome(.xdp, 7).code == .revoked)
            #expect(policy.outcome(.xdp, 8).outcome == .jitGuest)
        }
        host.write("policy/revoke.dsse", revocations(2, one + revoke("programs = [\"\(program(8))\"]")))
        #expect(try host.store().load().outcome(.xdp, 8).code == .revoked)
        host.write(
            "trust/root.2.dsse", RootText(version: 2, extra: "reset_floor = [\"revoke\"]").signed(by: "ann", "ben"))
        host.write("policy/revoke.dsse", revocations(1, ""))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.outcome(.xdp, 7).outcome == .jitGuest)
    }

    @Test(
        "a list that is refused, or old, or expired keeps what is revoked",
        arguments: [
            (revocations(2, "", by: ["ann"]), PolicyCode.signatureThreshold), (revocations(2, "nonsense"), .parse),
            (revocations(2, "[[revoke]]\nreason = \"x\"\n"), .schema),
            (revocations(2, "[[revoke]]\nreason = \"x\"\nkeys = [\"k:00\"]\n"), .schema),
            (revocations(2, "[[revoke]]\nreason = \"x\"\nverifiers = [0]\n"), .schema),
            (revocations(2, "[[revoke]]\nkeys = []\n"), .schema),
        ])
    func refused(file: [UInt8], code: PolicyCode) throws {
        let host = try TestHost.begun()
        host.write("policy/revoke.dsse", revocations(1, revoke("programs = [\"\(program(7))\"]")))
        _ = try host.store().load()
        host.write("policy/revoke.dsse", file)
        host.write("policy/base/fleet.dsse", base(2))
        let policy = try host.store().load()
        #expect(policy.codes == [code])
        #expect(policy.versions.first == "base/fleet 1")
        #expect(policy.outcome(.xdp, 7).code == .revoked)
    }

    @Test("a revoked key counts in no role but the root's own, at once")
    func keys() throws {
        let host = try TestHost.begun()
        let ann = person("ann").verificationKey.id
        host.write("policy/revoke.dsse", revocations(1, revoke("keys = [\"\(ann)\"]")))
        let policy = try host.store().load()
        #expect(policy.alarms == [PolicyAlarm("base/fleet", .unsigned, .ceilingLowered)])
        #expect(policy.outcome().outcome == .interpGuest)
        host.write("policy/base/fleet.dsse", base(2))
        #expect(try host.store().load().codes.contains(.signatureThreshold))
        host.write("policy/base/fleet.dsse", base(2, by: ["ben", "card"]))
        #expect(try host.store().load().outcome().outcome == .jitGuest)
        // Who holds a key that may revoke cannot keep the root from being replaced.
        host.write("trust/root.2.dsse", RootText(version: 2).signed(by: "ann", "ben"))
        #expect(try host.store().load().versions.contains("root 2"))
    }

    @Test("a key that revoked itself revokes nothing more")
    func selfRevoked() throws {
        let host = try TestHost.begun()
        let cat = revoke("keys = [\"\(person("cat").verificationKey.id)\"]")
        host.write("policy/revoke.dsse", revocations(1, cat))
        #expect(try host.store().load().alarms.isEmpty)
        host.write("policy/revoke.dsse", revocations(2, cat + revoke("programs = [\"\(program(7))\"]")))
        let policy = try host.store().load()
        #expect(policy.codes.contains(.signatureThreshold))
        #expect(policy.outcome(.xdp, 7).outcome == .jitGuest)
    }

    @Test("labels are of the hosts that the file names, until it expires")
    func host() throws {
        let host = try TestHost.begun()
        #expect(try host.store().load().snapshot.labels(now: time("2026-06-01T00:00:00Z")) == .unknown(.absent))
        host.write("policy/host.dsse", labels(1, "\"dev\", \"rack-7\""))
        let policy = try host.store().load()
        #expect(policy.snapshot.labels(now: policy.now) == .known(["dev", "rack-7"], .attested))
        #expect(policy.snapshot.labels(now: time("2027-01-01T00:00:00Z")).value == nil)
        // Files that do not count change nothing.
        for (file, code) in [
            (labels(2, "\"prod\"", machine: String(repeating: "b", count: 32)), PolicyCode.state),
            (labels(2, "\"prod\"", by: ["ann"]), .signatureThreshold), (labels(2, "\"prod\", \"prod\""), .schema),
            (labels(1, "\"prod\""), .equivocation),
        ] {
            host.write("policy/host.dsse", file)
            let policy = try host.store().load()
            #expect(policy.codes == [code])
            #expect(policy.snapshot.labels(now: policy.now) == .known(["dev", "rack-7"], .attested))
        }
        host.write("policy/host.dsse", labels(2, ""))
        #expect(try host.store().load().snapshot.labels(now: policy.now) == .known([], .attested))
    }

    @Test("a supplemental that the base lets in permits up to the base's ceiling")
    func supplementals() throws {
        let host = try TestHost.begun()
        #expect(try host.store().load().outcome(.schedCls).code == .noPermit)
        host.write("policy/sup/net.dsse", supplemental(1, rules: permitTC))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.outcome(.schedCls).outcome == .interpGuest)
        #expect(policy.versions == ["base/fleet 1", "root 1", "sup/net 1"])
        // Once it has expired, or is gone, it permits nothing.
        #expect(policy.outcome(.schedCls, now: time("2027-01-01T00:00:00Z")).outcome == .deny)
        host.erase("policy/sup/net.dsse")
        #expect(try host.store().load().outcome(.schedCls).code == .noPermit)
        // Nor does it come back with the old set, when something else is wrong with the new one.
        host.write("policy/base/bad.dsse", bytes("{"))
        #expect(try host.store().load().outcome(.schedCls).code == .noPermit)
        host.erase("policy/base/bad.dsse")
        host.write("policy/sup/net.dsse", supplemental(1, rules: permitTC))
        #expect(try host.store().load().outcome(.schedCls).outcome == .interpGuest)
        host.write("policy/base/bad.dsse", bytes("{"))
        #expect(try host.store().load().outcome(.schedCls).outcome == .interpGuest)
    }

    @Test(
        "T88: a supplemental by somebody else, of another base, or of no kind has no say, and harms nothing",
        arguments: [
            (supplemental(1, rules: permitTC, by: ["ann", "ben"]), PolicyCode.signatureThreshold),
            (supplemental(1, rules: permitTC, by: []), .signatureThreshold),
            (supplemental(1, extends: "other", rules: permitTC), .schema),
            (base(1, id: "net", by: ["eve"]), .signatureType),
            (signed(bytes(baseText(1, id: "net")), as: .supplemental, by: ["eve"]), .schema),
            (supplemental(1, rules: permitTC, extra: "\n[options]\non_expiry = \"jit-guest\"\n"), .schema),
            (
                supplemental(
                    1, rules: permitTC, extra: "targets = [\"machine-id:\(String(repeating: "b", count: 32))\"]"),
                .state
            ),
        ])
    func uninvited(file: [UInt8], code: PolicyCode) throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2))
        host.write("policy/sup/net.dsse", file)
        let policy = try host.store().load()
        #expect(policy.codes == [code])
        #expect(policy.alarms.map(\.effect) == [.fileIgnored])
        #expect(policy.versions == ["base/fleet 2", "root 1"])
        #expect(policy.outcome(.schedCls).outcome == .deny)
    }

    @Test("what an admitted supplemental forbids stays forbidden when its file is spoilt, deleted or signed by nobody")
    func forbids() throws {
        let spoil: [(TestHost) -> Void] = [
            { $0.write("policy/sup/net.dsse", bytes("{")) }, { $0.erase("policy/sup/net.dsse") },
            { $0.write("policy/sup/net.dsse", supplemental(2, rules: permitTC, by: ["ann"])) },
            { $0.write("trust/keys/eve.pub", bytes("x")) },
            {
                $0.write(
                    "policy/base/fleet.dsse",
                    signed(bytes(baseText(2).replacing("supplemental =", with: "# ")), as: .base, by: ["ann", "ben"]))
            },
            {
                $0.write(
                    "policy/revoke.dsse",
                    revocations(1, "[[revoke]]\nreason = \"x\"\nkeys = [\"\(person("eve").verificationKey.id)\"]\n"))
            },
        ]
        for (index, change) in spoil.enumerated() {
            let host = try TestHost.begun()
            host.write("policy/sup/net.dsse", supplemental(1, rules: permitTC + forbidXDP))
            #expect(try host.store().load().outcome(.xdp).code == .forbidden)
            change(host)
            for _ in 0..<2 {
                let policy = try host.store().load()
                #expect(!policy.alarms.isEmpty, "\(index)")
                #expect(policy.outcome(.xdp).outcome == .deny, "\(index)")
                // Who has no say any more permits nothing.
                if index >= 3 { #expect(policy.outcome(.schedCls).outcome == .deny, "\(index)") }
            }
            // Those whose base it is can end it.
            host.erase("policy/sup/net.dsse")
            host.write("policy/tombstone/net.dsse", tombstone(3, "sup/net"))
            #expect(try host.store().load().outcome(.xdp).outcome == .jitGuest, "\(index)")
        }
    }

    @Test("T44, T46: floors hold for supplementals, whose older file is left away alone")
    func floors() throws {
        let host = try TestHost.begun()
        host.write("policy/sup/net.dsse", supplemental(5, rules: forbidXDP))
        _ = try host.store().load()
        for (file, code) in [
            (supplemental(4, rules: permitTC), PolicyCode.rollback), (supplemental(5, rules: permitTC), .equivocation),
            (supplemental(10_006, rules: permitTC), .limit),
        ] {
            host.write("policy/sup/net.dsse", file)
            let policy = try host.store().load()
            #expect(policy.codes == [code])
            #expect(policy.alarms.map(\.effect) == [.fileIgnored])
            #expect(policy.outcome(.xdp).code == .forbidden)
        }
        host.write("policy/base/fleet.dsse", base(2))
        #expect(try host.store().load().versions == ["base/fleet 2", "root 1", "sup/net 5"])
    }

    @Test("a base for other hosts is none of this one")
    func targets() throws {
        let host = try TestHost.begun()
        host.write(
            "policy/base/other.dsse",
            base(
                1, id: "other", extra: "targets = [\"machine-id:\(String(repeating: "b", count: 32))\"]",
                rules: forbidXDP))
        host.write(
            "policy/base/own.dsse", base(1, id: "own", extra: "targets = [\"machine-id:\(TestHost.machine.text)\"]"))
        let policy = try host.store().load()
        #expect(policy.codes == [.state])
        #expect(policy.versions == ["base/fleet 1", "base/own 1", "root 1"])
    }
}

@Suite("Recovery")
struct RecoveryTests {
    private let nonce = String(repeating: "77", count: 16)

    private func recovery(
        _ host: TestHost, machine: String = TestHost.machine.text, install: Nonce? = nil, nonce: String? = nil,
        issued: String = "2026-05-31T12:00:00Z", expires: String = "2026-06-01T12:00:00Z", extra: String = "",
        by names: [String] = ["cat", "card"]
    ) throws -> [UInt8] {
        let install = try install ?? host.store().state().install
        return signed(
            document(
                "recovery", 1,
                "expires = \(expires)\nmachine = \"machine-id:\(machine)\"\ninstall = \"\(install)\"\n"
                    + "nonce = \"\(nonce ?? self.nonce)\"\nreason = \"locked out\"\n\(extra)", issued: issued),
            as: .recovery, by: names)
    }

    @Test("a recovery lets verified programs run in the safest tier, once, until it ends, across restarts")
    func once() throws {
        let host = try TestHost.begun(base: base(1, rules: forbidXDP))
        let store = host.store()
        #expect(try store.load().outcome().outcome == .deny)
        let file = try recovery(host)
        let policy = try store.useRecovery(file)
        #expect(policy.outcome().outcome == .interpGuest)
        #expect(policy.versions.contains("recovery 1"))
        #expect(try host.store().load().outcome().outcome == .interpGuest)
        #expect(policy.outcome(now: time("2026-06-01T12:00:00Z")).outcome == .deny)
        let after = try host.store().load(now: time("2026-06-01T12:00:00Z"))
        #expect(after.outcome().outcome == .deny)
        #expect(after.codes == [.expired])
        #expect(try host.store().load(now: time("2026-06-01T12:00:01Z")).alarms.isEmpty)
        for now in ["2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z"] {
            #expect(failure { () throws(StoreError) in try host.store().useRecovery(file, now: time(now)) } != nil)
        }
    }

    @Test("the same recovery a second time is E_STATE")
    func twice() throws {
        let host = try TestHost.begun()
        let file = try recovery(host)
        _ = try host.store().useRecovery(file)
        let error = failure { () throws(StoreError) in try host.store().useRecovery(file) }
        #expect(error == .trust("the recovery", .recoveryUsed(must(Nonce(text: nonce)))))
        #expect(error?.code == .state)
    }

    @Test("a recovery brings back nothing that is revoked")
    func revoked() throws {
        let host = try TestHost.begun()
        host.write(
            "policy/revoke.dsse",
            revocations(
                1,
                "[[revoke]]\nreason = \"x\"\nprograms = [\"bpf-prog:v1:sha256:\(String(repeating: "07", count: 32))\"]\n"
            ))
        let policy = try host.store().useRecovery(try recovery(host))
        #expect(policy.outcome(.xdp, 7).code == .revoked)
        #expect(policy.outcome(.kprobe, 8).outcome == .interpGuest)
    }

    @Test("a recovery that names programs is for those")
    func programs() throws {
        let host = try TestHost.begun()
        let digest = "bpf-prog:v1:sha256:\(String(repeating: "07", count: 32))"
        let policy = try host.store().useRecovery(try recovery(host, extra: "programs = [\"\(digest)\"]"))
        #expect(policy.outcome(.kprobe, 7).outcome == .interpGuest)
        #expect(policy.outcome(.kprobe, 8).outcome == .deny)
    }

    @Test("a recovery for another host or installation, for too long, too early, too late or by too few is refused")
    func refused() throws {
        let host = try TestHost.begun()
        let stranger = try TestHost.begun()
        let other = try stranger.store().state().install
        let files: [([UInt8], PolicyCode)] = [
            (try recovery(host, machine: String(repeating: "b", count: 32)), .state),
            (try recovery(host, install: other), .state),
            (try recovery(host, expires: "2026-06-01T12:00:01Z"), .schema),
            (try recovery(host, issued: "2026-06-01T00:00:01Z"), .clock),
            (try recovery(host, issued: "2026-05-30T12:00:00Z", expires: "2026-05-31T12:00:00Z"), .expired),
            (try recovery(host, by: ["cat"]), .signatureThreshold),
            (try recovery(host, by: ["cat", "cat"]), .signatureThreshold),
            (try recovery(host, by: ["ann", "ben"]), .signatureThreshold),
            (try recovery(host, extra: "tier = \"jit-guest\"\n"), .schema),
            (base(9), .signatureType), (bytes("{"), .parse),
        ]
        for (file, code) in files {
            #expect(failure { () throws(StoreError) in try host.store().useRecovery(file) }?.code == code)
        }
        #expect(try host.store().state().usedRecoveries.isEmpty)
    }
}
