import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Putting files in place, and seeing that they changed")
struct InstallTests {
    @Test("a file that would be taken is put where it counts, and is in force")
    func installs() throws {
        let host = try TestHost.begun()
        let store = host.store()
        let files: [([UInt8], String)] = [
            (base(2), "policy/base/fleet.dsse"), (base(1, id: "more"), "policy/base/more.dsse"),
            (supplemental(1, rules: permitTC), "policy/sup/net.dsse"), (revocations(1, ""), "policy/revoke.dsse"),
            (labels(1, "\"dev\""), "policy/host.dsse"), (tombstone(2, "base/more"), "policy/tombstone/base-more.dsse"),
            (RootText(version: 2).signed(by: "ann", "ben"), "trust/root.2.dsse"),
        ]
        for (file, name) in files {
            let installed = try store.install(file)
            #expect(installed.path == "\(host.policies)/\(name)")
            #expect(host.exists(name))
            #expect(installed.policy.alarms.isEmpty)
        }
        #expect(store.active?.versions == ["base/fleet 2", "host 1", "revoke 1", "root 2", "sup/net 1"])
    }

    @Test(
        "a file that would be refused is put nowhere, and lowers no floor",
        arguments: [
            (base(1, tier: "jit-child"), PolicyCode.equivocation), (base(20_000), .limit),
            (base(6, by: ["ann"]), .signatureThreshold), (base(6, rules: "[["), .parse),
            (supplemental(1, rules: permitTC, by: ["ann"]), .signatureThreshold),
            (RootText(version: 3).signed(by: "ann", "ben"), .rootChain),
            (RootText(version: 2).signed(by: "ann"), .rootChain), (tombstone(1, "base/fleet"), .equivocation),
            (labels(1, "\"dev\"", machine: String(repeating: "c", count: 32)), .state), (bytes("{}"), .parse),
            (signed(bytes("{}"), as: .attestation, by: ["ann"]), .schema), (base(2, id: ".hidden"), .schema),
        ])
    func refuses(file: [UInt8], code: PolicyCode) throws {
        let host = try TestHost.begun()
        let before = try host.store().state()
        #expect(failure { () throws(StoreError) in try host.store().install(file) }?.code == code)
        #expect(try host.store().state() == before)
        #expect(try host.store().load().alarms.isEmpty)
        #expect(try host.store().load().versions == ["base/fleet 1", "root 1"])
    }

    @Test("T44: an older version is not installed")
    func older() throws {
        let host = try TestHost.begun(base: base(5))
        #expect(
            failure { () throws(StoreError) in try host.store().install(base(4)) }
                == .trust(
                    "\(host.policies)/policy/base/fleet.dsse", .floor(.base("fleet"), .rollback(version: 4, floor: 5))))
        #expect(try host.store().load().alarms.isEmpty)
    }

    @Test("what waits for its time is installed, and waits")
    func waits() throws {
        let host = try TestHost.begun()
        let installed = try host.store().install(
            base(2, tier: "interp-guest", extra: "not_before = 2026-07-01T00:00:00Z"))
        #expect(installed.policy.codes == [.clock])
        #expect(installed.policy.outcome().outcome == .jitGuest)
    }

    @Test("a load is made again when something changed, and only then")
    func reloads() throws {
        let host = try TestHost.begun()
        let store = host.store()
        func look(_ now: UTCTime? = nil) throws -> ActivePolicy? {
            ContinuousClock().sleep(PolicyStore.minimumReloadNanoseconds)
            return try store.reloadIfChanged(now: now)
        }
        _ = try store.load()
        #expect(try look() == nil)
        host.write("policy/base/fleet.dsse", base(2, tier: "interp-guest", extra: "not_before = 2026-07-01T00:00:00Z"))
        let staged = try #require(try look())
        #expect(staged.nextStart == time("2026-07-01T00:00:00Z"))
        #expect(try look() == nil)
        let due = try #require(try look(time("2026-07-01T00:00:00Z")))
        #expect(due.outcome().outcome == .interpGuest)
        #expect(store.active == due)
        // A storm of changes is looked at now and then, and its last is seen.
        for version in 3...12 as ClosedRange<UInt64> {
            host.write("policy/base/fleet.dsse", base(version))
            _ = try store.reloadIfChanged()
        }
        #expect(try look()?.versions.first ?? store.active?.versions.first == "base/fleet 12")
    }

    @Test("what another process made of the state is seen too")
    func stateChanges() throws {
        let host = try TestHost.begun()
        let (store, other) = (host.store(), host.store())
        _ = try store.load()
        ContinuousClock().sleep(PolicyStore.minimumReloadNanoseconds)
        #expect(try store.reloadIfChanged() == nil)
        try store.recordLogHead(.init(sequence: 1, sha256: sha256([1])))
        ContinuousClock().sleep(PolicyStore.minimumReloadNanoseconds)
        #expect(try store.reloadIfChanged() == nil)
        try other.recordLogHead(.init(sequence: 2, sha256: sha256([2])))
        ContinuousClock().sleep(PolicyStore.minimumReloadNanoseconds)
        #expect(try store.reloadIfChanged()?.state.log?.sequence == 2)
    }

    @Test("a snapshot's digest changes with whatever decides, and with nothing else")
    func digests() throws {
        let host = try TestHost.begun()
        let first = try host.store().load().snapshot.sha256
        #expect(try host.store().load(now: time("2026-07-01T00:00:00Z")).snapshot.sha256 == first)
        var seen = [first]
        for file in [
            base(2), revocations(1, ""), labels(1, "\"dev\""), supplemental(1, rules: permitTC),
            RootText(version: 2).signed(by: "ann", "ben"), tombstone(2, "sup/net"),
        ] {
            let digest = try host.store().install(file).policy.snapshot.sha256
            #expect(!seen.contains(digest))
            seen.append(digest)
        }
    }
}

extension ContinuousClock {
    fileprivate func sleep(_ nanoseconds: UInt64) {
        let end = now + .nanoseconds(Int64(nanoseconds) + 1_000_000)
        while now < end {}
    }
}
